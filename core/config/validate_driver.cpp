#include "core/config/finalize_parts.hpp"
#include "core/config/suggest.hpp"
#include "core/config/validate_parts.hpp"

#include <re2/re2.h>

#include <algorithm>

namespace cts::config {

namespace {

constexpr std::string_view backends[]
  = {"azurerm", "consul", "cos", "gcs", "kubernetes",
     "local",   "manta",  "pg",  "s3"};

void validate_backend(const block& driver, report& to) {
  const auto* written = driver.any("backend");
  if (written == nullptr || written->members.empty())
    return;
  const auto& first = written->members.front();
  auto where = driver.place_of("backend");
  where.at = first.where;
  auto known = std::find(std::begin(backends), std::end(backends), first.name);
  if (known == std::end(backends)) {
    auto meant
      = did_you_mean(first.name, {std::begin(backends), std::end(backends)});
    to.error(stage::validate,
             {.message
              = "unsupported Terraform backend by Sync \"" + first.name + "\"",
              .where = where,
              .hint = meant.empty()
                        ? "write a label: backend \"consul\" { ... }"
                        : meant});
    return;
  }
  if (written->members.size() > 1)
    to.error(stage::validate,
             {.message = "only one Terraform backend can be configured: \""
                         + first.name + "\", \"" + written->members[1].name
                         + "\"",
              .where = where});
}

void validate_terraform(const candidate& x, const block& driver, report& to) {
  validate_backend(driver, to);
  const auto& version = x.value.driver.version;
  if (version.empty())
    return;
  auto any_release = driver.find("version_constraint") != nullptr;
  if (auto checked = check_version(version, any_release); !checked)
    to.error(stage::validate, {.message = checked.error().message,
                               .where = driver.place_of("version")});
}

void validate_workspaces(const candidate& x, const block& driver, report& to) {
  constexpr auto length_max = std::size_t{90};
  for (const auto& task : x.value.tasks) {
    auto name = x.value.cloud->workspace_name(task.name);
    auto allowed = [](char c) {
      return (c >= '0' && c <= '9') || c == '_' || c == '-'
             || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    };
    if (name.size() > length_max
        || !std::all_of(name.begin(), name.end(), allowed))
      to.error(stage::validate,
               {.message = "driver \"terraform-cloud\": invalid workspace name "
                           "\""
                           + name + "\" for task \"" + task.name + "\"",
                .where = driver.where,
                .hint = "at most 90 letters, digits, underscores and dashes"});
  }
}

/// Source: spec terraform-cloud-driver, 1.1.
bool sends_token_in_clear(const terraform_cloud_driver& cloud,
                          const block& driver) {
  constexpr auto scheme = std::string_view{"http://"};
  if (!cloud.hostname.starts_with(scheme)
      || nested(driver, "tls").boolean("enabled") == false)
    return false;
  auto host = std::string_view{cloud.hostname}.substr(scheme.size());
  constexpr std::string_view local[] = {"localhost", "127.", "[::1]"};
  return std::none_of(std::begin(local), std::end(local),
                      [&](auto name) { return host.starts_with(name); });
}

void validate_cloud(const candidate& x, const block& driver, report& to) {
  const auto& cloud = *x.value.cloud;
  if (driver.broken)
    return;
  const auto prefix = std::string{"driver \"terraform-cloud\": "};
  auto refuse = [&](const std::string& message, std::string_view field) {
    to.error(stage::validate,
             {.message = prefix + message, .where = driver.place_of(field)});
  };
  if (cloud.organization.empty())
    refuse("organization is required: set 'organization' or the "
           "TFC_ORGANIZATION environment variable",
           "organization");
  if (cloud.token.empty())
    refuse("token is required: set 'token' or the TFC_TOKEN environment "
           "variable",
           "token");
  auto web = cloud.hostname.starts_with("https://")
             || cloud.hostname.starts_with("http://");
  auto host = cloud.hostname.substr(
    std::min(cloud.hostname.find("://") + 3, cloud.hostname.size()));
  if (!web || host.empty() || host.starts_with('/')
      || !check_url(cloud.hostname))
    refuse("invalid hostname \"" + cloud.hostname + "\"", "hostname");
  else if (sends_token_in_clear(cloud, driver))
    refuse("hostname must be https unless it is this machine or tls.enabled is "
           "false: \""
             + cloud.hostname + "\"",
           "hostname");
  validate_workspaces(x, driver, to);
}

} // namespace

result<void> check_version(const std::string& version, bool any_release) {
  static const auto syntax
    = RE2{"v?([0-9]+(?:\\.[0-9]+)*)(-?[0-9A-Za-z\\-~.]+)?"
          "(\\+[0-9A-Za-z\\-~.]+)?"};
  auto numbers = std::string{};
  auto suffix = std::string{};
  if (!RE2::FullMatch(version, syntax, &numbers, &suffix))
    return fail(errc::configuration, "Malformed version: ", version);
  if (std::count(version.begin(), version.end(), '.') < 2)
    return fail(errc::configuration,
                "provide the exact Terraform version to install: ", version);
  auto major = 0;
  auto minor = 0;
  static const auto leading = RE2{"([0-9]{1,6})\\.([0-9]{1,6})"};
  auto read = RE2::PartialMatch(numbers, leading, &major, &minor);
  auto supported
    = read && suffix.empty() && (major == 1 || (major == 0 && minor >= 13));
  if (supported || any_release)
    return {};
  return fail(errc::configuration,
              "Terraform version is not supported by Consul-Terraform-Sync, "
              "try updating to a different version (>= 0.13.0, < 2.0.0): ",
              version);
}

void validate_driver(const candidate& x, report& to) {
  const auto& drivers = nested(x.root, "driver");
  const auto* terraform = drivers.child("terraform");
  const auto* cloud = drivers.child("terraform-cloud");
  if (terraform != nullptr && cloud != nullptr)
    to.error(stage::validate,
             {.message = "only one driver can be configured: \"terraform\", "
                         "\"terraform-cloud\"",
              .where = cloud->where});
  else if (cloud != nullptr)
    validate_cloud(x, *cloud, to);
  else if (terraform != nullptr)
    validate_terraform(x, *terraform, to);
}

} // namespace cts::config
