#include "api/target.hpp"

#include <algorithm>

namespace cts::api {

namespace {

constexpr auto npos = std::string_view::npos;

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f')
    return static_cast<unsigned>(c - 'a') + 10U;
  if (c >= 'A' && c <= 'F')
    return static_cast<unsigned>(c - 'A') + 10U;
  return std::nullopt;
}

std::optional<std::string> query_decoded(std::string_view text) {
  auto spaced = std::string{text};
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return percent_decoded(spaced);
}

void add_pair(target& where, std::string_view pair) {
  if (pair.empty() || pair.find(';') != npos)
    return;
  const auto equals = pair.find('=');
  auto name = query_decoded(pair.substr(0, equals));
  auto value = query_decoded(equals == npos ? "" : pair.substr(equals + 1));
  if (name && value)
    where.query.emplace_back(*std::move(name), *std::move(value));
}

void add_query(target& where, std::string_view query) {
  while (!query.empty()) {
    const auto end = query.find('&');
    add_pair(where, query.substr(0, end));
    query.remove_prefix(end == npos ? query.size() : end + 1);
  }
}

// Proxies send `http://host/path`; only the path matters here.
std::string_view without_authority(std::string_view text) {
  const auto scheme = text.find("://");
  if (text.starts_with('/') || scheme == npos || scheme > text.find('?'))
    return text;
  text.remove_prefix(scheme + 3);
  const auto path = text.find('/');
  return path == npos ? std::string_view{"/"} : text.substr(path);
}

} // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
  auto decoded = std::string{};
  decoded.reserve(text.size());
  for (auto i = std::size_t{0}; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (text.size() - i < 3)
      return std::nullopt;
    const auto high = hex_digit(text[i + 1]);
    const auto low = hex_digit(text[i + 2]);
    if (!high || !low)
      return std::nullopt;
    decoded += static_cast<char>(*high * 16U + *low);
    i += 2;
  }
  return decoded;
}

std::optional<target> parse_target(std::string_view text) {
  text = without_authority(text);
  const auto question = text.find('?');
  const auto path = text.substr(0, question);
  if ((!path.starts_with('/') && path != "*") || !percent_decoded(path))
    return std::nullopt;
  auto parsed = target{.path = std::string{path}};
  if (question != npos)
    add_query(parsed, text.substr(question + 1));
  return parsed;
}

std::vector<std::string> values_of(const target& where, std::string_view name) {
  auto values = std::vector<std::string>{};
  for (const auto& [key, value] : where.query)
    if (key == name)
      values.push_back(value);
  return values;
}

} // namespace cts::api
