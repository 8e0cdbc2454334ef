#pragma once

#include "core/config/load.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cts::config {

/// Where an effective value comes from.
struct origin {
  enum class kind : std::uint8_t {
    /// Nobody said anything: the default.
    built_in,
    file,
    environment,
    /// It follows from something else, which `from` names.
    derived,
  };

  kind what = kind::built_in;
  /// Of a file: where the name is written.
  source_range where{};
  /// The variable, or what the value follows from.
  std::string from{};

  bool operator==(const origin&) const = default;
};

/// `cts.hcl:3`, `environment VAULT_ADDR`, `derived from consul.address` or
/// `default`.
std::string to_string(const origin& x);

/// A setting that environment variables stand in for, if no file sets it.
struct environment_setting {
  /// Dotted, without labels of lists: `consul.tls.ca_cert`.
  std::string_view path{};
  /// The names in order of preference, between blanks.
  std::string_view names{};
  /// Text that is no boolean counts as unset.
  bool boolean = false;
};

/// All of them. Source: spec configuration, 2.19.
std::span<const environment_setting> environment_settings();

/// The variable that the setting takes its value from if no file sets it, or
/// empty.
std::string variable_behind(std::string_view path, const surroundings& around);

} // namespace cts::config
