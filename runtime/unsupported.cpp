#include "runtime/unsupported.hpp"

namespace cts {

namespace {

using complaints = std::vector<config::complaint>;

/// A setting of one block that may be refused.
struct asked {
  bool wanted = false;
  const char* key = "";
  const char* advice = "remove it";
};

/// Where a block stands: as the configuration's paths call it, and as its
/// author does.
struct owner {
  std::string path{};
  std::string name{};
};

void refuse_if(complaints& out, const owner& of, const asked& x) {
  if (x.wanted)
    out.push_back(
      {.path = of.path + x.key,
       .message = of.name + x.key
                  + " is not supported by this version yet: " + x.advice});
}

void check_top_level(complaints& out, const config::settings& x) {
  refuse_if(out, {},
            {x.syslog.enabled, "syslog",
             "logs go to standard error, from where a service manager "
             "takes them"});
  refuse_if(out, {}, {x.once_parallelism != 1, "once_parallelism"});
  refuse_if(out, {}, {x.health_strict, "health.strict"});
  refuse_if(out, {}, {x.consul.use_cache, "consul.use_cache"});
  if (x.cloud)
    out.push_back({.path = "driver.terraform-cloud",
                   .message = "driver \"terraform-cloud\" is not supported by "
                              "this version yet: use driver \"terraform\""});
}

void check_driver(complaints& out, const config::terraform_driver& x) {
  const auto standard = config::terraform_driver{};
  const auto of
    = owner{.path = "driver.terraform.", .name = "driver.terraform."};
  for (const auto& each : {
         asked{x.version_constraint != standard.version_constraint,
               "version_constraint"},
         asked{x.binary != standard.binary, "binary",
               "link the program as `terraform` into the folder of `path`"},
         asked{!x.log_level.empty(), "log_level"},
         asked{!x.releases_url.empty(), "releases_url"},
         asked{x.steal_locks_after != standard.steal_locks_after,
               "steal_locks_after"},
         asked{x.cancel_grace != standard.cancel_grace, "cancel_grace"},
         asked{x.detach, "detach"},
         asked{x.migrate != standard.migrate, "migrate"},
         asked{x.progress, "progress"},
       })
    refuse_if(out, of, each);
}

void check_task(complaints& out, const config::task& x,
                const std::string& path) {
  const auto of
    = owner{.path = path + ".", .name = "task \"" + x.name + "\": "};
  for (const auto& each : {
         asked{x.retry_failed, "retry_failed"},
         asked{x.run_timeout.count() != 0, "run_timeout",
               "set driver.terraform.apply_timeout"},
         asked{x.terraform_parallelism.has_value(), "terraform_parallelism",
               "set driver.terraform.parallelism"},
         asked{!x.terraform_refresh, "terraform_refresh"},
         asked{x.apply_timeout.has_value(), "apply_timeout",
               "set driver.terraform.apply_timeout"},
         asked{!x.renamed_from.empty(), "renamed_from"},
         asked{x.after_apply.has_value(), "after_apply"},
       })
    refuse_if(out, of, each);
}

std::string indexed(const char* name, std::size_t i) {
  return std::string{name} + "[" + std::to_string(i) + "]";
}

} // namespace

std::vector<std::string> unsupported_in(const config::task& x) {
  auto found = complaints{};
  check_task(found, x, "task");
  auto out = std::vector<std::string>{};
  for (auto& each : found)
    out.push_back(std::move(each.message));
  return out;
}

std::vector<config::complaint> unsupported_settings(const config::settings& x) {
  auto out = complaints{};
  check_top_level(out, x);
  check_driver(out, x.driver);
  for (auto i = std::size_t{0}; i < x.tasks.size(); ++i)
    check_task(out, x.tasks[i], indexed("task", i));
  for (auto i = std::size_t{0}; i < x.providers.size(); ++i) {
    const auto& arguments = x.providers[i].arguments;
    auto found = arguments.find("auto_commit");
    if (found != arguments.end() && found->second == value{true})
      out.push_back({.path = indexed("terraform_provider", i),
                     .message = "terraform_provider \"" + x.providers[i].id()
                                + "\": auto_commit is not supported by this "
                                  "version yet: remove it"});
  }
  return out;
}

} // namespace cts
