#include "runtime/cluster_command.hpp"

#include "runtime/curl_engine.hpp"

#include <boost/beast/http/status.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <future>
#include <iterator>

namespace cts {

namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr auto deadline = std::chrono::milliseconds{60s};
constexpr auto usual_port = "8558";
constexpr auto port_warning
  = "Warning: 'port' option is deprecated and will be removed in a later "
    "version. It is preferred to use the 'http-addr' option instead.\n\n";

// -- where the API is ---------------------------------------------------------

std::optional<std::string> variable(const environment& from, const char* name) {
  auto found = from.find(name);
  return found == from.end() ? std::nullopt : std::optional{found->second};
}

/// An empty option cannot undo a variable.
std::string path_of(const std::string& option, const environment& variables,
                    const char* name) {
  return option.empty() ? variable(variables, name).value_or("") : option;
}

result<std::string> checked_url(std::string text) {
  if (text.empty())
    return fail(errc::configuration, "parse \"\": empty url");
  auto colon = text.find(':');
  if (colon == std::string::npos)
    return fail(errc::configuration, "parse \"", text,
                "\": invalid URI for request");
  auto scheme = text.substr(0, colon);
  if (scheme != "http" && scheme != "https")
    return fail(errc::configuration, "unknown protocol scheme: ", scheme);
  auto begin = colon + std::strlen("://");
  if (text.compare(colon, 3, "://") != 0 || begin >= text.size()
      || text[begin] == '/' || text[begin] == ':')
    return fail(errc::configuration, "invalid address, host value is empty");
  while (text.ends_with('/'))
    text.pop_back();
  return text;
}

std::string with_port(const std::string& url, const std::string& port) {
  auto host = url.find("://") + 3;
  auto colon = url.find(':', url[host] == '[' ? url.find(']', host) : host);
  return url.substr(0, colon) + ":" + port;
}

result<std::string> certificates_of(const std::string& path) {
  auto in = std::ifstream{path, std::ios::binary};
  auto text = std::string{std::istreambuf_iterator<char>{in}, {}};
  if (!in.is_open() || in.bad())
    return fail(errc::configuration, "Error loading CA File: open ", path,
                ": no such file or directory");
  if (text.find("BEGIN CERTIFICATE") == std::string::npos)
    return fail(errc::configuration,
                "Error loading CA File: Couldn't parse PEM in: ", path);
  return text;
}

bool verifies(const client_options& x, const environment& variables) {
  if (x.ssl_verify)
    return *x.ssl_verify;
  auto text = variable(variables, "CTS_SSL_VERIFY").value_or("");
  constexpr const char* no[] = {"0", "f", "F", "false", "FALSE", "False"};
  return std::ranges::none_of(no,
                              [&](const auto* each) { return text == each; });
}

// -- asking -------------------------------------------------------------------

result<http_reply> exchange(const api_endpoint& at, const char* method,
                            const std::string& target) {
  auto told = std::promise<result<http_reply>>{};
  auto engine = curl_engine{
    at.http, [&told](std::uint64_t, result<http_reply> outcome, exchange_end) {
      told.set_value(std::move(outcome));
    }};
  engine.start(
    1, {.method = method, .url = at.url + target, .deadline = deadline});
  return told.get_future().get();
}

std::string member(const json::object& from, const char* name) {
  const auto* found = from.if_contains(name);
  const auto* text = found == nullptr ? nullptr : found->if_string();
  return text == nullptr ? std::string{} : std::string{*text};
}

std::optional<json::object> object_in(const std::string& text) {
  auto problem = boost::system::error_code{};
  auto read = json::parse(text, problem);
  if (problem || !read.is_object())
    return std::nullopt;
  return std::move(read.as_object());
}

std::string message_in(const http_reply& x) {
  auto body = object_in(x.body);
  const auto* wrong = body ? body->if_contains("error") : nullptr;
  if (wrong == nullptr || !wrong->is_object())
    return {};
  return member(wrong->as_object(), "message");
}

/// As the reference's client tells of an answer that is none of success.
std::string refusal(const http_reply& x) {
  namespace http = boost::beast::http;
  auto reason = std::string{http::obsolete_reason(
    http::int_to_status(static_cast<unsigned>(x.status)))};
  auto text = std::to_string(x.status) + " " + reason;
  auto message = message_in(x);
  if (message.empty())
    return x.body.empty() ? text : text + ": " + x.body;
  auto body = object_in(x.body);
  return text + ": " + message + ", see logs for more details (Request ID: "
         + member(*body, "request_id") + ")";
}

spoken_command failed(const char* aim, const std::string& why,
                      std::string warning = {}) {
  return {.out = "    " + wrapped(why) + "\n",
          .err = std::move(warning) + "==> Error: unable to " + aim + "\n",
          .exit_code = 11};
}

spoken_command status(const api_endpoint& at, bool as_json) {
  constexpr auto aim = "read the status of the cluster";
  auto reply = exchange(at, "GET", "/v1/status/cluster?verbose");
  if (!reply)
    return failed(aim, reply.error().message, at.warning);
  if (reply->status != 200)
    return failed(aim, refusal(*reply), at.warning);
  if (as_json)
    return {.out = reply->body, .err = at.warning};
  auto table = cluster_table(reply->body);
  if (!table)
    return failed(aim, table.error().message, at.warning);
  return {.out = *table, .err = at.warning};
}

/// A follower names the leader; it is asked in the same way.
spoken_command step_down_at(api_endpoint at, const cluster_command& order) {
  constexpr auto aim = "step down";
  constexpr auto target = "/v1/cluster/step-down";
  auto reply = exchange(at, "POST", target);
  auto leader = reply && order.follow_leader ? redirected_to(message_in(*reply))
                                             : std::string{};
  if (!leader.empty()) {
    at.url = at.url.substr(0, at.url.find("://") + 3) + leader;
    at.warning
      += "Note: following the redirect to the leader at " + at.url + "\n";
    reply = exchange(at, "POST", target);
  }
  if (!reply)
    return failed(aim, reply.error().message, at.warning);
  if (reply->status != 200)
    return failed(aim, refusal(*reply), at.warning);
  auto done = std::string{"==> The leader has given the lock back\n"};
  return {.out = order.json ? reply->body : done, .err = at.warning};
}

// -- showing ------------------------------------------------------------------

using row = std::vector<std::string>;

std::string columns(const std::vector<row>& rows) {
  auto widths = std::vector<std::size_t>(rows.front().size());
  for (const auto& each : rows)
    for (auto i = std::size_t{0}; i < each.size(); ++i)
      widths[i] = std::max(widths[i], each[i].size());
  auto out = std::string{};
  for (const auto& each : rows) {
    auto line = std::string{};
    for (auto i = std::size_t{0}; i < each.size(); ++i)
      line += each[i] + std::string(widths[i] - each[i].size() + 2, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    out += "    " + line + "\n";
  }
  return out;
}

const char* word_of(const json::object& from, const char* name) {
  const auto* found = from.if_contains(name);
  return found != nullptr && found->is_bool() && found->as_bool() ? "yes"
                                                                  : "no";
}

} // namespace

std::string wrapped(const std::string& text) {
  constexpr auto width = std::size_t{78};
  auto out = std::string{};
  auto used = std::size_t{0};
  for (auto at = std::size_t{0}; at < text.size();) {
    auto end = std::min(text.find(' ', at), text.size());
    auto size = end - at;
    if (used > 0 && used + 1 + size > width) {
      out += '\n';
      used = 0;
    }
    if (used > 0)
      out += ' ';
    out += text.substr(at, size);
    used += size + (used > 0 ? 1 : 0);
    at = end + 1;
  }
  return out;
}

std::string redirected_to(const std::string& message) {
  constexpr auto begin = std::string_view{"redirect requests to leader '"};
  constexpr auto middle = std::string_view{"' at "};
  if (!message.starts_with(begin))
    return {};
  auto at = message.find(middle, begin.size());
  return at == std::string::npos ? "" : message.substr(at + middle.size());
}

result<api_endpoint> endpoint_of(const client_options& x,
                                 const environment& variables) {
  auto out = api_endpoint{};
  auto base = variable(variables, "CTS_ADDRESS")
                .value_or(std::string{"http://localhost:"} + usual_port);
  auto url = checked_url(x.http_addr.value_or(base));
  if (!url)
    return url.error();
  out.url = *std::move(url);
  if (!x.port.empty() && !x.http_addr)
    out.url = with_port(out.url, x.port);
  if (!x.port.empty())
    out.warning = port_warning;
  auto& tls = out.http.tls;
  tls = {.enabled = out.url.starts_with("https"),
         .ca_cert = path_of(x.ca_cert, variables, "CTS_CACERT"),
         .ca_path = path_of(x.ca_path, variables, "CTS_CAPATH"),
         .cert = path_of(x.client_cert, variables, "CTS_CLIENT_CERT"),
         .key = path_of(x.client_key, variables, "CTS_CLIENT_KEY"),
         .verify = verifies(x, variables)};
  if (tls.cert.empty() != tls.key.empty())
    return fail(errc::configuration,
                "both client cert and client key must be provided");
  auto authorities = tls.ca_cert.empty() ? read_authorities(tls, "client")
                                         : certificates_of(tls.ca_cert);
  if (!authorities)
    return authorities.error();
  out.http.ca_certificates = *std::move(authorities);
  return out;
}

result<std::string> cluster_table(const std::string& body) {
  auto read = object_in(body);
  const auto* members = read ? read->if_contains("members") : nullptr;
  if (members == nullptr || !members->is_array())
    return fail(errc::malformed, "the answer is none of "
                                 "consul-terraform-sync: check -http-addr");
  auto out = "==> Cluster '" + member(*read, "cluster_name") + "'";
  if (const auto* epoch = read->if_contains("epoch"))
    out += ", epoch " + json::serialize(*epoch);
  auto rows
    = std::vector<row>{{"ID", "LEADER", "HEALTHY", "VERSION", "ADDRESS"}};
  for (const auto& each : members->as_array()) {
    if (!each.is_object())
      continue;
    const auto& x = each.as_object();
    rows.push_back({member(x, "id"), word_of(x, "leader"),
                    word_of(x, "healthy"), member(x, "version"),
                    member(x, "address")});
  }
  return out + "\n" + columns(rows);
}

spoken_command run_cluster(const cluster_command& order) {
  auto at = endpoint_of(order.client, process_environment());
  if (!at)
    return failed("create client", at.error().message);
  if (order.what == cluster_command::action::status)
    return status(*at, order.json);
  return step_down_at(*at, order);
}

} // namespace cts
