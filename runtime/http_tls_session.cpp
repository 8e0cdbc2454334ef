#include "actors/log.hpp"
#include "runtime/http_conversation.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <array>
#include <string_view>

namespace cts::http {

namespace {

using tls_stream = asio::ssl::stream<beast::tcp_stream&>;
using first_bytes = std::array<char, 4096>;

constexpr auto handshake_timeout = std::chrono::seconds{15};
constexpr auto goodbye_timeout = std::chrono::seconds{1};
/// The first byte of a TLS connection: a record of type handshake.
constexpr auto handshake_record = char{0x16};
constexpr auto wrong_scheme
  = std::string_view{"HTTP/1.0 400 Bad Request\r\n\r\n"
                     "Client sent an HTTP request to an HTTPS server.\n"};

auto token(error_code& failure) {
  return asio::redirect_error(asio::use_awaitable, failure);
}

asio::awaitable<void> refuse_plain(session& connection) {
  auto failure = error_code{};
  co_await asio::async_write(
    connection.stream, asio::buffer(wrong_scheme.data(), wrong_scheme.size()),
    token(failure));
  co_await linger(connection);
}

void report(const session& connection, error_code failure) {
  log::warn("api", "http: TLS handshake error from " + connection.remote + ": "
                     + failure.message());
}

asio::awaitable<void> say_goodbye(tls_stream& stream, session& connection) {
  auto failure = error_code{};
  connection.is_idle = true;
  connection.stream.expires_after(goodbye_timeout);
  co_await stream.async_shutdown(token(failure));
  connection.stream.close();
}

} // namespace

asio::awaitable<void> serve_tls(std::shared_ptr<session_context> context,
                                std::shared_ptr<session> connection) {
  auto failure = error_code{};
  auto first = std::make_unique<first_bytes>();
  connection->stream.expires_after(handshake_timeout);
  const auto count = co_await connection->stream.async_read_some(
    asio::buffer(*first), token(failure));
  if (failure)
    co_return;
  if (first->front() != handshake_record) {
    co_await refuse_plain(*connection);
    co_return;
  }
  auto stream = std::make_unique<tls_stream>(connection->stream, *context->tls);
  co_await stream->async_handshake(asio::ssl::stream_base::server,
                                   asio::buffer(first->data(), count),
                                   token(failure));
  if (failure) {
    report(*connection, failure);
    co_return;
  }
  auto talk = conversation<tls_stream>{*stream, *context, *connection};
  co_await talk.run();
  co_await say_goodbye(*stream, *connection);
}

} // namespace cts::http
