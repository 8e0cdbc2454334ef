#include "drivers/terraform/program_search.hpp"

#include "drivers/terraform/command.hpp"
#include "drivers/terraform/output.hpp"

#include <string_view>

namespace cts::terraform::program_search {

namespace {

constexpr auto incompatible
  = "incompatible Terraform binary: remove Terraform from the configured path "
    "or specify a new path to safely install a compatible version.";
constexpr auto unsupported
  = "unsupported Terraform version: remove Terraform from the configured path "
    "or specify a new path to safely install a compatible version.";

transition fail_with(state s, error reason) {
  auto path = s.candidates.front().path;
  return {std::move(s), failed{.reason = std::move(reason), .path = path}};
}

/// A candidate of PATH that does not fit is passed over.
transition refuse(state s, error reason) {
  if (s.candidates.front().configured)
    return fail_with(std::move(s), std::move(reason));
  s.candidates.erase(s.candidates.begin());
  return step(std::move(s));
}

transition judge(state s, const version& x) {
  if (!is_supported(x)) {
    auto out = refuse(std::move(s), fail(errc::driver, unsupported));
    if (auto* failure = std::get_if<failed>(&out.decision))
      if (failure->unsupported.empty() && !failure->path.empty())
        failure->unsupported = to_string(x);
    return out;
  }
  if (s.backend == "pg" && !at_least(x, 0, 14))
    return refuse(std::move(s),
                  fail(errc::driver,
                       "Consul-Terraform-Sync does not support pg backend in "
                       "automation with Terraform <= 0.13: ",
                       to_string(x)));
  auto program
    = terraform::program{.path = s.candidates.front().path, .version = x};
  return {std::move(s), found{std::move(program)}};
}

} // namespace

state begin(const config::terraform_driver& driver,
            const std::vector<std::string>& environment) {
  auto s = state{.folder = driver.path, .backend = driver.backend.type};
  s.candidates.push_back(
    {.path = driver.path + "/terraform", .configured = true});
  s.searches_path = !driver.path_configured;
  auto folders = variable_in(environment, "PATH");
  while (s.searches_path && !folders.empty()) {
    auto folder = folders.substr(0, folders.find(':'));
    folders.erase(0, folder.size() + 1);
    // A relative folder would mean another program in each task's directory.
    if (folder.starts_with('/'))
      s.candidates.push_back({.path = folder + "/terraform"});
  }
  return s;
}

// Nothing is downloaded yet, whatever `install` says.
constexpr auto advice
  = "put terraform on PATH, or name its folder as `path` of driver "
    "\"terraform\"";

transition step(state s) {
  if (s.candidates.empty()) {
    auto where = s.searches_path ? s.folder + " or PATH" : s.folder;
    auto reason = fail(errc::driver, "terraform not found in ", where,
                       " and installation is disabled: ", advice);
    return {std::move(s), failed{.reason = std::move(reason)}};
  }
  s.plain = false;
  auto path = s.candidates.front().path;
  return {std::move(s), ask{path, {"version", "-json"}}};
}

transition step(state s, const answered& event) {
  if (auto x = parse_version_output(event.end.output))
    return judge(std::move(s), *x);
  if (!s.plain) {
    s.plain = true;
    auto path = s.candidates.front().path;
    return {std::move(s), ask{path, {"version"}}};
  }
  return refuse(std::move(s), fail(errc::driver, cause_of(event.end, {})));
}

transition step(state s, const not_started& event) {
  if (event.reason.code == errc::not_found) {
    s.candidates.erase(s.candidates.begin());
    return step(std::move(s));
  }
  if (event.reason.message.ends_with("exec format error"))
    return refuse(std::move(s), fail(errc::driver, incompatible));
  return refuse(std::move(s), fail(errc::driver, event.reason.message));
}

} // namespace cts::terraform::program_search
