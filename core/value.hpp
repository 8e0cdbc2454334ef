#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

namespace cts {

struct value;

/// A decimal number as exact text, canonical: no exponent, no leading `+`, no
/// superfluous zeros (`1e3` is `1000`, `1.10` is `1.1`).
struct number {
  std::string text;
  bool operator==(const number&) const = default;
};

using list = std::vector<value>;
using object = std::map<std::string, value>;

/// A nested block that was given more than once: `update {...} update {...}`.
/// (Given once it is an object.)
struct repeated_block {
  std::vector<object> bodies;
  // Defaulted here, it would need the complete `value` (clang 14).
  bool operator==(const repeated_block& other) const;
};

/// A dynamically typed configuration value: arguments of providers and
/// backends, module variables. The empty alternative is null.
struct value {
  std::variant<std::monostate, bool, number, std::string, list, object,
               repeated_block>
    data{};
  bool operator==(const value&) const = default;
};

inline bool repeated_block::operator==(const repeated_block& other) const {
  return bodies == other.bodies;
}

} // namespace cts
