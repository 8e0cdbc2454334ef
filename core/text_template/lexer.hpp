#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// What the parser is made of; only its sources include this.

namespace cts::text_template {

struct token {
  enum class kind : std::uint8_t {
    string,
    number,
    name,
    /// `.name`
    field,
    dot,
    /// `$name`
    variable,
    pipe,
    declare,
    assign,
    comma,
    open,
    close,
  };

  kind what = kind::dot;
  /// Of literals the value, of names without `.` and `$`.
  std::string text{};
  /// Nothing lies between it and the token before.
  bool glued = false;
};

/// Text, or what stands between two braces and two braces.
struct piece {
  bool is_action = false;
  std::string text{};
  std::vector<token> tokens{};
};

/// Comments are left out, and blanks are trimmed where `-` asks for it.
result<std::vector<piece>> split(std::string_view text);

} // namespace cts::text_template
