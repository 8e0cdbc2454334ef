#include "drivers/terraform/unicode.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace cts::terraform {

namespace {

constexpr char32_t replacement = 0xFFFD;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x80;
  });
}

const utf8proc_uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const utf8proc_uint8_t*>(text.data());
}

utf8proc_category_t category(char32_t value) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(value));
}

std::string repaired(std::string_view text) {
  auto out = std::string{};
  out.reserve(text.size());
  while (!text.empty()) {
    auto next = first_code_point(text);
    append_utf8(out, next.value);
    text.remove_prefix(next.bytes);
  }
  return out;
}

} // namespace

code_point first_code_point(std::string_view text) {
  if (auto first = static_cast<unsigned char>(text.front()); first < 0x80)
    return {.value = first};
  auto value = utf8proc_int32_t{-1};
  auto size = static_cast<utf8proc_ssize_t>(text.size());
  auto bytes = utf8proc_iterate(bytes_of(text), size, &value);
  if (bytes <= 0)
    return {.value = replacement, .bytes = 1, .valid = false};
  return {.value = static_cast<char32_t>(value),
          .bytes = static_cast<std::size_t>(bytes)};
}

void append_utf8(std::string& text, char32_t value) {
  utf8proc_uint8_t buffer[4];
  auto size
    = utf8proc_encode_char(static_cast<utf8proc_int32_t>(value), buffer);
  text.append(reinterpret_cast<const char*>(buffer),
              static_cast<std::size_t>(size));
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    auto next = first_code_point(text);
    if (!next.valid)
      return false;
    text.remove_prefix(next.bytes);
  }
  return true;
}

std::string normalized(std::string_view text) {
  if (is_ascii(text))
    return std::string{text};
  auto whole = repaired(text);
  utf8proc_uint8_t* composed = nullptr;
  auto size = static_cast<utf8proc_ssize_t>(whole.size());
  auto length = utf8proc_map(
    bytes_of(whole), size, &composed,
    static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  auto owner = std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)>{
    composed, &std::free};
  if (length < 0)
    return whole;
  return {reinterpret_cast<const char*>(composed),
          static_cast<std::size_t>(length)};
}

bool is_printable(char32_t value) {
  if (value == U' ')
    return true;
  auto kind = category(value);
  return kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_SO;
}

bool is_letter(char32_t value) {
  if (value < 0x80)
    return (value >= U'a' && value <= U'z') || (value >= U'A' && value <= U'Z');
  auto kind = category(value);
  return kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO;
}

bool is_digit(char32_t value) {
  if (value < 0x80)
    return value >= U'0' && value <= U'9';
  return category(value) == UTF8PROC_CATEGORY_ND;
}

std::size_t display_width(std::string_view text) {
  if (is_ascii(text))
    return text.size();
  auto width = std::size_t{0};
  auto state = utf8proc_int32_t{0};
  auto before = char32_t{0};
  while (!text.empty()) {
    auto next = first_code_point(text);
    auto a = static_cast<utf8proc_int32_t>(before);
    auto b = static_cast<utf8proc_int32_t>(next.value);
    if (width == 0 || utf8proc_grapheme_break_stateful(a, b, &state))
      ++width;
    before = next.value;
    text.remove_prefix(next.bytes);
  }
  return width;
}

} // namespace cts::terraform
