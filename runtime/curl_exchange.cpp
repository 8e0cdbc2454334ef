#include "runtime/curl_exchange.hpp"

#include "core/consul/address.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <system_error>
#include <utility>

namespace cts {

namespace {

template <class To>
long whole(config::nanoseconds span) {
  return static_cast<long>(std::chrono::ceil<To>(span).count());
}

std::string lower(std::string_view text) {
  auto out = std::string{text};
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return out;
}

std::string_view trim(std::string_view text) {
  constexpr auto blanks = std::string_view{" \t\r\n"};
  auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// GET becomes Get, as the reference prints it.
std::string verb_of(std::string_view method) {
  auto out = lower(method);
  if (!out.empty())
    out.front() = method.front();
  return out;
}

/// `host[:port]` of a URL.
std::string_view authority_of(std::string_view url) {
  auto begin = url.find("://");
  if (begin == std::string_view::npos)
    return {};
  url.remove_prefix(begin + 3);
  return url.substr(0, url.find_first_of("/?#"));
}

bool is_https(std::string_view url) {
  return url.starts_with("https://");
}

} // namespace

curl_exchange::curl_exchange(std::uint64_t ticket, http_request request,
                             const http_options& options, time_point late_at)
  : ticket_(ticket), request_(std::move(request)), options_(options),
    late_at_(late_at), easy_(curl_easy_init()) {
  set_request();
  set_connection();
  set_proxy();
  if (is_https(request_.url))
    set_tls();
  curl_easy_setopt(easy(), CURLOPT_HTTPHEADER, fields_.get());
}

void curl_exchange::set_request() {
  auto add = [this](const std::string& line) {
    auto* longer = curl_slist_append(fields_.get(), line.c_str());
    if (!fields_)
      fields_.reset(longer);
  };
  // What libcurl would add by itself.
  add("Expect:");
  add("Content-Type:");
  for (const auto& [name, value] : request_.fields)
    add(name + ": " + value);
  curl_easy_setopt(easy(), CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(easy(), CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy(), CURLOPT_ERRORBUFFER, problem_.data());
  curl_easy_setopt(easy(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy(), CURLOPT_ACCEPT_ENCODING, "gzip");
  curl_easy_setopt(easy(), CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy(), CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy(), CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy(), CURLOPT_HEADERDATA, this);
  if (request_.method == "GET")
    return;
  curl_easy_setopt(easy(), CURLOPT_POSTFIELDSIZE_LARGE,
                   static_cast<curl_off_t>(request_.body.size()));
  curl_easy_setopt(easy(), CURLOPT_POSTFIELDS, request_.body.c_str());
  curl_easy_setopt(easy(), CURLOPT_CUSTOMREQUEST, request_.method.c_str());
}

void curl_exchange::set_connection() {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  const auto& transport = options_.transport;
  auto connect = transport.dial_timeout;
  if (is_https(request_.url))
    connect += transport.tls_handshake_timeout;
  curl_easy_setopt(easy(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy(), CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy(), CURLOPT_CONNECTTIMEOUT_MS,
                   whole<milliseconds>(connect));
  if (transport.dial_keep_alive.count() > 0) {
    auto every = whole<seconds>(transport.dial_keep_alive);
    curl_easy_setopt(easy(), CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy(), CURLOPT_TCP_KEEPIDLE, every);
    curl_easy_setopt(easy(), CURLOPT_TCP_KEEPINTVL, every);
  }
  if (transport.idle_conn_timeout.count() > 0)
    curl_easy_setopt(easy(), CURLOPT_MAXAGE_CONN,
                     whole<seconds>(transport.idle_conn_timeout));
  if (transport.disable_keep_alives) {
    curl_easy_setopt(easy(), CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy(), CURLOPT_FORBID_REUSE, 1L);
  }
  curl_easy_setopt(easy(), CURLOPT_OPENSOCKETFUNCTION, &on_socket);
  curl_easy_setopt(easy(), CURLOPT_OPENSOCKETDATA, this);
  if (!options_.unix_socket.empty())
    curl_easy_setopt(easy(), CURLOPT_UNIX_SOCKET_PATH,
                     options_.unix_socket.c_str());
}

void curl_exchange::set_proxy() {
  const auto& proxy
    = is_https(request_.url) ? options_.https_proxy : options_.http_proxy;
  // An empty text keeps libcurl from looking into the environment by itself.
  curl_easy_setopt(easy(), CURLOPT_PROXY, proxy.c_str());
  auto direct = std::string{"localhost,127.0.0.0/8,::1"};
  if (!options_.no_proxy.empty())
    direct += "," + options_.no_proxy;
  curl_easy_setopt(easy(), CURLOPT_NOPROXY, direct.c_str());
}

void curl_exchange::set_tls() {
  const auto& tls = options_.tls;
  curl_easy_setopt(easy(), CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
  // One connection for many, rather than one each while the first connects.
  curl_easy_setopt(easy(), CURLOPT_PIPEWAIT, 1L);
  curl_easy_setopt(easy(), CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L);
  curl_easy_setopt(easy(), CURLOPT_SSL_VERIFYHOST, tls.verify ? 2L : 0L);
  if (!options_.ca_certificates.empty()) {
    auto blob
      = curl_blob{.data = const_cast<char*>(options_.ca_certificates.data()),
                  .len = options_.ca_certificates.size(),
                  .flags = CURL_BLOB_NOCOPY};
    curl_easy_setopt(easy(), CURLOPT_CAINFO_BLOB, &blob);
    curl_easy_setopt(easy(), CURLOPT_CAPATH, nullptr);
  }
  if (!tls.cert.empty()) {
    const auto& key = tls.key.empty() ? tls.cert : tls.key;
    curl_easy_setopt(easy(), CURLOPT_SSLCERT, tls.cert.c_str());
    curl_easy_setopt(easy(), CURLOPT_SSLKEY, key.c_str());
  }
  if (!tls.server_name.empty())
    set_server_name();
}

/// libcurl checks the certificate against the URL's host, so the URL gets the
/// configured name, and the connection and the Host field keep the real one.
void curl_exchange::set_server_name() {
  auto authority = authority_of(request_.url);
  auto port_at = authority.rfind(':');
  auto port = std::string_view{"443"};
  auto host = authority;
  if (port_at != std::string_view::npos && !authority.ends_with(']')) {
    port = authority.substr(port_at + 1);
    host = authority.substr(0, port_at);
  }
  const auto& name = options_.tls.server_name;
  auto named = name + ":" + std::string{port};
  auto rest = request_.url.substr(std::string_view{"https://"}.size()
                                  + authority.size());
  auto field = "Host: " + std::string{authority};
  curl_slist_append(fields_.get(), field.c_str());
  auto route = named + ":" + std::string{host} + ":" + std::string{port};
  connect_to_.reset(curl_slist_append(nullptr, route.c_str()));
  curl_easy_setopt(easy(), CURLOPT_CONNECT_TO, connect_to_.get());
  curl_easy_setopt(easy(), CURLOPT_URL, ("https://" + named + rest).c_str());
}

// -- what comes in ------------------------------------------------------------

std::size_t curl_exchange::add_body(std::string_view bytes) {
  if (reply_.body.size() + bytes.size() > options_.body_bytes_max) {
    too_long_ = "the answer is longer than "
                + std::to_string(options_.body_bytes_max)
                + " bytes: narrow the query with a filter";
    return 0;
  }
  reply_.body += bytes;
  return bytes.size();
}

std::size_t curl_exchange::add_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > options_.header_bytes_max) {
    too_long_ = "the header of the answer is longer than "
                + std::to_string(options_.header_bytes_max)
                + " bytes: check that Consul answers at this address";
    return 0;
  }
  // Another head follows an interim answer such as 100.
  if (line.starts_with("HTTP/"))
    reply_.fields.clear();
  if (auto colon = line.find(':'); colon != std::string_view::npos)
    reply_.fields.emplace_back(lower(trim(line.substr(0, colon))),
                               trim(line.substr(colon + 1)));
  return line.size();
}

void curl_exchange::note_peer(const curl_sockaddr& x) {
  if (!peer_.empty())
    return;
  auto text = std::array<char, INET6_ADDRSTRLEN>{};
  if (x.family == AF_INET) {
    auto in = sockaddr_in{};
    std::copy_n(reinterpret_cast<const char*>(&x.addr), sizeof in,
                reinterpret_cast<char*>(&in));
    inet_ntop(AF_INET, &in.sin_addr, text.data(), text.size());
    peer_ = std::string{text.data()} + ":" + std::to_string(ntohs(in.sin_port));
  } else if (x.family == AF_INET6) {
    auto in = sockaddr_in6{};
    std::copy_n(reinterpret_cast<const char*>(&x.addr), sizeof in,
                reinterpret_cast<char*>(&in));
    inet_ntop(AF_INET6, &in.sin6_addr, text.data(), text.size());
    peer_ = "[" + std::string{text.data()}
            + "]:" + std::to_string(ntohs(in.sin6_port));
  }
}

std::size_t curl_exchange::on_body(char* bytes, std::size_t size,
                                   std::size_t count, void* self) {
  return static_cast<curl_exchange*>(self)->add_body({bytes, size * count});
}

std::size_t curl_exchange::on_header(char* bytes, std::size_t size,
                                     std::size_t count, void* self) {
  return static_cast<curl_exchange*>(self)->add_header({bytes, size * count});
}

curl_socket_t curl_exchange::on_socket(void* self, curlsocktype,
                                       curl_sockaddr* peer) {
  static_cast<curl_exchange*>(self)->note_peer(*peer);
  // Children must not inherit our connections.
  return socket(peer->family, peer->socktype | SOCK_CLOEXEC, peer->protocol);
}

// -- what goes out ------------------------------------------------------------

result<http_reply> curl_exchange::outcome(CURLcode code) {
  if (code != CURLE_OK)
    return failure_of(code);
  auto status = 0L;
  curl_easy_getinfo(easy(), CURLINFO_RESPONSE_CODE, &status);
  reply_.status = static_cast<int>(status);
  return std::move(reply_);
}

exchange_end curl_exchange::end_of(CURLcode code) const {
  auto number = 0L;
  curl_easy_getinfo(easy(), CURLINFO_OS_ERRNO, &number);
  switch (code) {
    case CURLE_OK: return exchange_end::answered;
    case CURLE_COULDNT_CONNECT:
      return number == ECONNREFUSED ? exchange_end::refused
                                    : exchange_end::silent;
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_COULDNT_RESOLVE_HOST: return exchange_end::silent;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR: return exchange_end::closed;
    default: break;
  }
  return number == ECONNRESET || number == EPIPE ? exchange_end::closed
                                                 : exchange_end::other;
}

error curl_exchange::failure(errc code, std::string_view text) const {
  return fail(code, verb_of(request_.method), " \"",
              consul::without_password(request_.url), "\": ", text);
}

std::string curl_exchange::system_reason() const {
  auto number = 0L;
  curl_easy_getinfo(easy(), CURLINFO_OS_ERRNO, &number);
  if (number == 0)
    return problem_.data();
  return lower(std::generic_category().message(static_cast<int>(number)));
}

std::string curl_exchange::peer() const {
  if (!options_.unix_socket.empty())
    return "unix " + options_.unix_socket;
  if (!peer_.empty())
    return "tcp " + peer_;
  // A connection that was used before.
  const char* host = nullptr;
  auto port = 0L;
  curl_easy_getinfo(easy(), CURLINFO_PRIMARY_IP, &host);
  curl_easy_getinfo(easy(), CURLINFO_PRIMARY_PORT, &port);
  return "tcp " + std::string{host != nullptr ? host : ""} + ":"
         + std::to_string(port);
}

error curl_exchange::failure_of(CURLcode code) const {
  auto text = std::string{problem_.data()};
  if (text.empty())
    text = curl_easy_strerror(code);
  switch (code) {
    case CURLE_COULDNT_CONNECT:
      return failure(errc::unavailable,
                     "dial " + peer() + ": connect: " + system_reason());
    case CURLE_COULDNT_RESOLVE_HOST: {
      auto host = authority_of(request_.url);
      host = host.substr(0, host.rfind(':'));
      return failure(errc::unavailable, "dial tcp: lookup " + std::string{host}
                                          + ": no such host");
    }
    case CURLE_OPERATION_TIMEDOUT:
      return failure(errc::timed_out, "dial " + peer() + ": i/o timeout");
    case CURLE_GOT_NOTHING: return failure(errc::unavailable, "EOF");
    case CURLE_PARTIAL_FILE:
      return failure(errc::unavailable, "unexpected EOF");
    case CURLE_RECV_ERROR:
      return failure(errc::unavailable,
                     "read " + peer() + ": read: " + system_reason());
    case CURLE_SEND_ERROR:
      return failure(errc::unavailable,
                     "write " + peer() + ": write: " + system_reason());
    case CURLE_PEER_FAILED_VERIFICATION:
      return failure(errc::unavailable,
                     "tls: failed to verify certificate: " + text);
    case CURLE_SSL_CONNECT_ERROR:
      return failure(errc::unavailable, "tls: " + text);
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
      return failure(errc::malformed, "malformed HTTP response: " + text);
    default: break;
  }
  if (!too_long_.empty())
    return failure(errc::limit, too_long_);
  return failure(errc::unavailable, text);
}

} // namespace cts
