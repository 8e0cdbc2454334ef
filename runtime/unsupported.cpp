#include "runtime/unsupported.hpp"

namespace cts {

namespace {

using sentences = std::vector<std::string>;

constexpr auto not_yet = " is not supported by this version yet";

// The setting is named as the operator wrote it.
void refuse_if(sentences& out, bool wanted, const std::string& setting,
               const std::string& advice = "remove it") {
  if (wanted)
    out.push_back(setting + not_yet + ": " + advice);
}

void check_top_level(sentences& out, const config::settings& x) {
  refuse_if(out, x.cloud.has_value(), "driver \"terraform-cloud\"",
            "use driver \"terraform\"");
  refuse_if(out, x.syslog.enabled, "syslog",
            "logs go to standard error, from where a service manager takes "
            "them");
  refuse_if(out, x.once_parallelism != 1, "once_parallelism");
  refuse_if(out, x.health_strict, "health.strict");
}

void check_consul(sentences& out, const config::consul& x) {
  refuse_if(out, x.use_cache, "consul.use_cache");
}

void check_driver(sentences& out, const config::terraform_driver& x) {
  const auto standard = config::terraform_driver{};
  auto name
    = [](const char* key) { return std::string{"driver.terraform."} + key; };
  refuse_if(out, x.version_constraint != standard.version_constraint,
            name("version_constraint"));
  refuse_if(out, x.binary != standard.binary, name("binary"),
            "link the program as `terraform` into the folder of `path`");
  refuse_if(out, !x.log_level.empty(), name("log_level"));
  refuse_if(out, !x.releases_url.empty(), name("releases_url"));
  refuse_if(out, x.steal_locks_after != standard.steal_locks_after,
            name("steal_locks_after"));
  refuse_if(out, x.cancel_grace != standard.cancel_grace, name("cancel_grace"));
  refuse_if(out, x.detach, name("detach"));
  refuse_if(out, x.migrate != standard.migrate, name("migrate"));
  refuse_if(out, x.progress, name("progress"));
}

void check_task(sentences& out, const config::task& x) {
  auto name = [&x](const std::string& key) {
    return "task \"" + x.name + "\": " + key;
  };
  refuse_if(out, x.retry_failed, name("retry_failed"));
  refuse_if(out, x.run_timeout.count() != 0, name("run_timeout"),
            "set driver.terraform.apply_timeout");
  refuse_if(out, x.terraform_parallelism.has_value(),
            name("terraform_parallelism"), "set driver.terraform.parallelism");
  refuse_if(out, !x.terraform_refresh, name("terraform_refresh"));
  refuse_if(out, x.apply_timeout.has_value(), name("apply_timeout"),
            "set driver.terraform.apply_timeout");
  refuse_if(out, !x.renamed_from.empty(), name("renamed_from"));
  refuse_if(out, x.after_apply.has_value(), name("after_apply"));
}

} // namespace

std::vector<std::string> unsupported_in(const config::task& x) {
  auto out = sentences{};
  check_task(out, x);
  return out;
}

std::vector<std::string> unsupported_settings(const config::settings& x) {
  auto out = sentences{};
  check_top_level(out, x);
  check_consul(out, x.consul);
  check_driver(out, x.driver);
  for (const auto& task : x.tasks)
    check_task(out, task);
  for (const auto& provider : x.providers) {
    auto name = "terraform_provider \"" + provider.id() + "\": ";
    refuse_if(out, provider.arguments.contains("auto_commit"),
              name + "auto_commit");
  }
  return out;
}

} // namespace cts
