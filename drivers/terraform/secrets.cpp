#include "drivers/terraform/secrets.hpp"

#include "core/config/redact.hpp"

#include <algorithm>
#include <string_view>

namespace cts::terraform {

namespace {

std::string without(const std::string& text, const std::string& secret) {
  auto rest = std::string_view{text};
  auto out = std::string{};
  for (auto at = rest.find(secret); at != std::string_view::npos;
       at = rest.find(secret)) {
    out.append(rest.substr(0, at)).append("***");
    rest.remove_prefix(at + secret.size());
  }
  return out.append(rest);
}

} // namespace

std::vector<std::string> secrets_of(const config::settings& settings,
                                    const dynamic::values* rendered) {
  const auto& consul = settings.consul;
  auto out = std::vector<std::string>{consul.token, consul.auth.password};
  for (const auto& provider : settings.providers)
    for (const auto& [name, text] : provider.task_env)
      out.push_back(text);
  if (rendered != nullptr)
    for (const auto& [text, meaning] : *rendered)
      out.push_back(meaning);
  std::erase_if(out, [](const auto& x) { return x.size() < secret_size_min; });
  // One may contain another.
  std::ranges::sort(out, std::ranges::greater{},
                    [](const auto& x) { return x.size(); });
  return out;
}

std::string masked(std::string text, const std::vector<std::string>& secrets) {
  for (const auto& secret : secrets)
    text = without(text, secret);
  return config::without_logins(text);
}

} // namespace cts::terraform
