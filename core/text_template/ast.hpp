#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The part of Go's text templates that dynamic values are written in: text,
/// `{{ ... }}` with pipelines, variables, fields, `if`, `with` and `range`.
/// Templates cannot define others. Source: spec configuration, 2.10.1.
namespace cts::text_template {

struct pipeline;

/// One word of a command: a value, or the function that is called.
struct word {
  enum class kind : std::uint8_t {
    string,
    number,
    boolean,
    nil,
    /// What the template is about at this place.
    dot,
    variable,
    function,
    /// A pipeline in parentheses.
    nested,
  };

  kind what = kind::dot;
  /// The text of a literal, or the name; of a variable without `$`.
  std::string text{};
  /// The fields that are taken of it: `.a.b`.
  std::vector<std::string> fields{};
  /// Exactly one if `nested`.
  // Without initializer: it would need the complete type (clang 14).
  std::vector<pipeline> inner;
};

using command = std::vector<word>;

/// `$a, $b := first | second`
struct pipeline {
  /// Names of at most two variables, without `$`.
  std::vector<std::string> variables{};
  /// `=` instead of `:=`: the variable exists already.
  bool assigns = false;
  std::vector<command> commands{};
};

struct node {
  enum class kind : std::uint8_t { text, action, when, with, range };

  kind what = kind::text;
  std::string text{};
  pipeline subject{};
  // Without initializers, as above.
  std::vector<node> body;
  std::vector<node> otherwise;
};

using syntax = std::vector<node>;

/// Blocks and parentheses may be nested as deep.
inline constexpr auto depth_max = 32;

/// Errors: `errc::configuration`, with the reason.
result<syntax> parse(std::string_view text);

} // namespace cts::text_template
