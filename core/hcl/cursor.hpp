#pragma once

#include "core/hcl/ast.hpp"
#include "core/unicode.hpp"

#include <string_view>

namespace cts::hcl {

/// Walks through a text by code points and knows line and column.
class cursor {
public:
  /// What `peek` answers behind the last character.
  static constexpr char32_t end = 0xFFFFFFFE;

  struct position {
    std::size_t offset = 0;
    std::uint32_t line = 1;
    std::uint32_t column = 1;
  };

  explicit cursor(std::string_view text) : text_{text} {}

  /// The character here, `end`, or `unicode::invalid`.
  char32_t peek() const { return at_end() ? end : here_character().code; }

  /// The byte `distance` bytes from here, 0 behind the text.
  char byte(std::size_t distance) const {
    auto offset = at_.offset + distance;
    return offset < text_.size() ? text_[offset] : '\0';
  }

  /// Steps over the character here and returns it.
  char32_t next() {
    if (at_end())
      return end;
    auto character = here_character();
    at_.offset += character.bytes;
    ++at_.column;
    if (character.code == U'\n') {
      ++at_.line;
      at_.column = 1;
    }
    return character.code;
  }

  bool at_end() const { return at_.offset == text_.size(); }

  const position& here() const { return at_; }

  /// Returns to a position that `here` answered.
  void rewind(const position& to) { at_ = to; }

  /// The bytes from `begin` to here.
  std::string_view since(const position& begin) const {
    return text_.substr(begin.offset, at_.offset - begin.offset);
  }

  /// From `begin` to here.
  span span_since(const position& begin) const {
    return {.line = begin.line,
            .column = begin.column,
            .end_line = at_.line,
            .end_column = at_.column};
  }

private:
  unicode::decoded here_character() const {
    auto byte = static_cast<unsigned char>(text_[at_.offset]);
    if (byte < 0x80)
      return {.code = byte, .bytes = 1};
    return unicode::decode(text_.substr(at_.offset));
  }

  std::string_view text_;
  position at_{};
};

} // namespace cts::hcl
