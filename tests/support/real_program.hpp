#pragma once

#include <optional>
#include <string>

/// The programs that end-to-end tests run for real. A test that finds none is
/// skipped: `GTEST_SKIP() << why_no_consul;`
namespace cts::test {

inline constexpr auto why_no_consul
  = "no Consul: neither CTS_CONSUL nor PATH names one; see scripts/deps";

inline constexpr auto why_no_terraform
  = "no Terraform: neither CTS_TERRAFORM nor PATH names one; see scripts/deps";

/// The absolute path of Consul: what CTS_CONSUL names, else `consul` on PATH.
std::optional<std::string> find_consul();

/// The absolute path of Terraform: what CTS_TERRAFORM names, else `terraform`
/// or `tofu` on PATH.
std::optional<std::string> find_terraform();

} // namespace cts::test
