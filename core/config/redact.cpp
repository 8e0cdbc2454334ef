#include "core/config/redact.hpp"

#include "core/config/schema.hpp"
#include "core/config/suggest.hpp"

#include <algorithm>

namespace cts::config {

namespace {

/// Hides `begin` to `end`, and answers where to go on.
std::size_t mask(std::string& text, std::size_t begin, std::size_t end) {
  constexpr auto stars = std::string_view{"***"};
  text.replace(begin, end - begin, stars);
  return begin + stars.size();
}

/// `key=secret` behind a question mark.
void mask_parameters(std::string& text) {
  for (auto at = text.find('?'); at != text.npos;
       at = text.find_first_of("?&", at + 1)) {
    auto end = std::min(text.find_first_of("&# ", at + 1), text.size());
    auto equals = text.find('=', at);
    if (equals >= end)
      continue;
    auto name = text.substr(at + 1, equals - at - 1);
    if (name == "sshkey" || is_secret_name(name))
      at = mask(text, equals + 1, end) - 1;
  }
}

/// `tokn`, `passwrd`. Every name of a file is asked about, so most are told
/// apart by their first letters.
bool is_almost_secret(std::string_view name) {
  return name.substr(0, 2).find_first_of("tTpP") != name.npos
         && !nearest(name, {"token", "password"}).empty();
}

} // namespace

std::string without_logins(std::string_view text) {
  auto shown = std::string{text};
  for (auto at = shown.find("://"); at != shown.npos;
       at = shown.find("://", at)) {
    at += 3;
    auto end = std::min(shown.find_first_of("/?# ", at), shown.size());
    auto host = std::string_view{shown}.substr(at, end - at).rfind('@');
    if (host != std::string_view::npos)
      at = mask(shown, at, at + host);
  }
  if (shown.find("://") != shown.npos || shown.find("::") != shown.npos)
    mask_parameters(shown);
  return shown;
}

bool hides_its_contents(std::string_view name) {
  return is_secret_name(name) || name == "terraform_provider"
         || name == "backend" || name == "variables" || name == "task_env"
         || is_almost_secret(name);
}

} // namespace cts::config
