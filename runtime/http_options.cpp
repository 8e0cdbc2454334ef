#include "runtime/http_options.hpp"

#include "core/consul/address.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

namespace cts {

namespace {

namespace fs = std::filesystem;

/// For requests that are no long polls.
constexpr int plain_connections = 8;

result<std::string> read_pem(const fs::path& path, const std::string& setting) {
  auto in = std::ifstream{path, std::ios::binary};
  auto text = std::string{std::istreambuf_iterator<char>{in}, {}};
  if (!in.is_open() || in.bad())
    return fail(errc::configuration, "cannot read the CA certificate ",
                path.string(), ": check ", setting, ".ca_cert and ca_path");
  return text + "\n";
}

std::string variable(const environment& from, const char* upper,
                     const char* lower) {
  for (const auto* name : {upper, lower})
    if (auto found = from.find(name);
        found != from.end() && !found->second.empty())
      return found->second;
  return {};
}

void add_proxies(http_options& to, const environment& variables) {
  to.http_proxy = variable(variables, "HTTP_PROXY", "http_proxy");
  to.https_proxy = variable(variables, "HTTPS_PROXY", "https_proxy");
  to.no_proxy = variable(variables, "NO_PROXY", "no_proxy");
}

} // namespace

environment process_environment() {
  auto out = environment{};
  for (auto** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    auto text = std::string_view{*entry};
    auto middle = std::min(text.find('='), text.size());
    out.emplace(text.substr(0, middle),
                text.substr(std::min(middle + 1, text.size())));
  }
  return out;
}

std::vector<std::string> environment_list() {
  auto out = std::vector<std::string>{};
  for (const auto& [name, value] : process_environment())
    out.push_back(name + "=" + value);
  return out;
}

/// libcurl wants folders with hashed names; the agent's own client does not.
result<std::string> read_authorities(const config::client_tls& x,
                                     const std::string& setting) {
  auto out = std::string{};
  if (!x.ca_cert.empty()) {
    auto text = read_pem(x.ca_cert, setting);
    if (!text)
      return text;
    out += *text;
  }
  if (x.ca_path.empty())
    return out;
  auto problem = std::error_code{};
  for (auto it = fs::directory_iterator{x.ca_path, problem};
       !problem && it != fs::directory_iterator{}; it.increment(problem)) {
    auto ignored = std::error_code{};
    if (!it->is_regular_file(ignored))
      continue;
    auto text = read_pem(it->path(), setting);
    if (!text)
      return text;
    out += *text;
  }
  if (problem)
    return fail(errc::configuration, "cannot read the folder ", x.ca_path,
                " of CA certificates: ", problem.message(), ": check ", setting,
                ".ca_path");
  // libcurl would take nothing for the wish to trust the system's authorities.
  if (out.find_first_not_of(" \t\r\n") == std::string::npos)
    return fail(errc::configuration, "the folder ", x.ca_path,
                " has no CA certificate: put one there or remove ", setting,
                ".ca_path");
  return out;
}

result<http_options> http_options_of(const config::consul& x,
                                     const environment& variables) {
  auto agent = consul::parse_address(x.address, x.tls.enabled);
  if (!agent)
    return agent.error();
  auto out = http_options{
    .transport = x.transport, .tls = x.tls, .unix_socket = agent->socket};
  if (agent->tls) {
    auto certificates = read_authorities(x.tls, "consul.tls");
    if (!certificates)
      return certificates.error();
    out.ca_certificates = *std::move(certificates);
  }
  add_proxies(out, variables);
  out.connections_max = std::max(1, x.max_blocking_conns) + plain_connections;
  return out;
}

result<http_options> vault_http_options_of(const config::vault& x,
                                           const environment& variables) {
  auto is_plain = x.address.starts_with("http://");
  if (!is_plain && !x.address.empty() && !x.address.starts_with("https://"))
    return fail(errc::configuration, "vault.address \"", x.address,
                "\" is no URL: begin it with https:// or http://");
  auto out = http_options{.transport = x.transport, .tls = x.tls};
  if (!is_plain) {
    auto certificates = read_authorities(x.tls, "vault.tls");
    if (!certificates)
      return certificates.error();
    out.ca_certificates = *std::move(certificates);
  }
  add_proxies(out, variables);
  out.connections_max = plain_connections;
  return out;
}

} // namespace cts
