#include "drivers/terraform/version.hpp"

#include <charconv>
#include <tuple>

namespace cts::terraform {

namespace {

/// Takes one number off the front of `text`.
bool take_number(std::string_view& text, std::uint32_t& number) {
  auto end = text.data() + text.size();
  auto [stop, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc{})
    return false;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return true;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c))
    return false;
  text.remove_prefix(1);
  return true;
}

} // namespace

bool at_least(const version& x, std::uint32_t major, std::uint32_t minor) {
  return std::tie(x.major, x.minor) >= std::tie(major, minor);
}

result<version> parse_version(std::string_view text) {
  auto x = version{};
  auto rest = text;
  if (!take_number(rest, x.major) || !take(rest, '.')
      || !take_number(rest, x.minor))
    return fail(errc::malformed, "not a version: \"", text, "\"");
  if (take(rest, '.') && !take_number(rest, x.patch))
    return fail(errc::malformed, "not a version: \"", text, "\"");
  rest = rest.substr(0, rest.find('+'));
  if (take(rest, '-'))
    x.prerelease = rest;
  else if (!rest.empty())
    return fail(errc::malformed, "not a version: \"", text, "\"");
  return x;
}

std::string to_string(const version& x) {
  auto text = std::to_string(x.major) + '.' + std::to_string(x.minor) + '.'
              + std::to_string(x.patch);
  return x.prerelease.empty() ? text : text + '-' + x.prerelease;
}

bool is_supported(const version& x) {
  return x.prerelease.empty() && at_least(x, 0, 13) && x.major < 2;
}

} // namespace cts::terraform
