#pragma once

#include "core/error.hpp"
#include "core/hcl/cursor.hpp"

#include <string>

namespace cts::hcl {

/// One word of HCL 1.
struct token {
  enum class kind : std::uint8_t {
    end,
    identifier,
    integer,
    floating,
    boolean,
    string,
    heredoc,
    left_bracket,
    right_bracket,
    left_brace,
    right_brace,
    comma,
    period,
    assign,
    add,
    sub,
  };

  kind what = kind::end;
  span where{};
  /// Strings and heredocs: the decoded text; everything else as written.
  std::string text{};
};

/// The name of a kind of token as the reference's messages spell it.
const char* to_string(token::kind what);

/// An error at a place in the text: `At 3:7: <message>`.
error syntax_error(const span& where, const std::string& message);

/// Cuts a text into tokens, without comments. Runs once over the text.
class lexer {
public:
  /// A leading byte order mark is skipped.
  explicit lexer(std::string_view text);

  /// The next token; `end` for ever at the end of the text.
  result<token> next();

private:
  result<void> skip_blanks_and_comments();
  result<void> skip_comment();
  result<token> number();
  result<token> string();
  result<token> heredoc();
  result<void> escape(std::string& text);
  token identifier();
  error failure(const char* message) const;
  token finish(token::kind what, const cursor::position& begin,
               std::string text) const;

  cursor at_;
};

} // namespace cts::hcl
