#pragma once

#include "core/error.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace cts::terraform {

/// The version of a Terraform program.
struct version {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t patch = 0;
  /// What follows `-`, for example `rc1`; empty for a release.
  std::string prerelease{};

  bool operator==(const version&) const = default;
};

/// Whether `x` is a release (or prerelease of one) `major`.`minor` or newer.
bool at_least(const version& x, std::uint32_t major, std::uint32_t minor);

/// `1.11.4`, `1.12.0-beta1`; build metadata is dropped. Fails with
/// `malformed`.
result<version> parse_version(std::string_view text);

std::string to_string(const version& x);

/// The range of Terraform versions that we work with; it is `required_version`
/// of every root module.
constexpr auto version_constraint = std::string_view{">= 0.13.0, < 2.0.0"};

/// Whether `x` is in the range. Prereleases never are.
bool is_supported(const version& x);

} // namespace cts::terraform
