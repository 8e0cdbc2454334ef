#include "api/json_text.hpp"

#include <algorithm>

namespace cts::api {

namespace {

unsigned byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

bool is_continuation(unsigned byte) {
  return (byte & 0xC0U) == 0x80U;
}

/// How many bytes the first byte of a sequence announces; 0 if it is none.
std::size_t announced_bytes(unsigned first) {
  if (first < 0x80U)
    return 1;
  if (first >= 0xC2U && first < 0xE0U)
    return 2;
  if (first >= 0xE0U && first < 0xF0U)
    return 3;
  return first >= 0xF0U && first < 0xF5U ? 4 : 0;
}

/// Overlong forms, surrogates and what lies beyond U+10FFFF (RFC 3629).
bool is_forbidden(unsigned first, unsigned second) {
  return (first == 0xE0U && second < 0xA0U)
         || (first == 0xEDU && second >= 0xA0U)
         || (first == 0xF0U && second < 0x90U)
         || (first == 0xF4U && second >= 0x90U);
}

/// Length of the UTF-8 sequence at the start of `text`, which is not empty; 0
/// if there is none.
std::size_t sequence_bytes(std::string_view text) {
  const auto size = announced_bytes(byte_at(text, 0));
  if (size == 0 || size > text.size())
    return 0;
  for (auto i = std::size_t{1}; i < size; ++i)
    if (!is_continuation(byte_at(text, i)))
      return 0;
  return size > 1 && is_forbidden(byte_at(text, 0), byte_at(text, 1)) ? 0
                                                                      : size;
}

std::string_view escaped(std::string_view sequence) {
  if (sequence == "<")
    return "\\u003c";
  if (sequence == ">")
    return "\\u003e";
  if (sequence == "&")
    return "\\u0026";
  if (sequence == "\u2028")
    return "\\u2028";
  if (sequence == "\u2029")
    return "\\u2029";
  return sequence;
}

} // namespace

std::string go_json_text(std::string_view json) {
  auto text = std::string{};
  text.reserve(json.size());
  while (!json.empty()) {
    const auto size = sequence_bytes(json);
    text += size == 0 ? "\uFFFD" : escaped(json.substr(0, size));
    json.remove_prefix(std::max(size, std::size_t{1}));
  }
  return text;
}

} // namespace cts::api
