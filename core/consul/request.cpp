#include "core/consul/request.hpp"

#include <cctype>

namespace cts::consul {

namespace {

constexpr std::size_t quoted_bytes_max = 512;

bool is_unreserved(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-'
         || c == '.' || c == '_' || c == '~';
}

std::string percent_encode(std::string_view text, std::string_view keep) {
  constexpr auto digits = std::string_view{"0123456789ABCDEF"};
  auto out = std::string{};
  out.reserve(text.size());
  for (char c : text) {
    if (is_unreserved(c) || keep.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

std::string_view trim(std::string_view text) {
  constexpr auto blanks = std::string_view{" \t\r\n"};
  auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// At most `quoted_bytes_max` bytes, never half a UTF-8 character.
std::string_view cut(std::string_view text) {
  if (text.size() <= quoted_bytes_max)
    return text;
  auto end = quoted_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end;
  return text.substr(0, end);
}

} // namespace

std::string encode_path(std::string_view text) {
  return percent_encode(text, "/");
}

std::string encode_segment(std::string_view text) {
  return percent_encode(text, {});
}

std::string target_of(const request& x) {
  auto out = x.path;
  auto separator = '?';
  for (const auto& [name, value] : x.query) {
    out += separator;
    out += percent_encode(name, {}) + "=" + percent_encode(value, {});
    separator = '&';
  }
  return out;
}

std::string describe_failure(const reply& x) {
  auto out = "Unexpected response code: " + std::to_string(x.status);
  if (auto body = cut(trim(x.body)); !body.empty())
    out += " (" + std::string{body} + ")";
  return out;
}

} // namespace cts::consul
