#pragma once

#include "runtime/http_session.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <optional>

/// Requests and replies on one connection, whatever carries its bytes. Included
/// by the two sources that instantiate it.
namespace cts::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

/// How a reply is framed.
struct framing {
  /// 10 or 11.
  unsigned version = 11;
  bool keep_alive = false;
  /// The header only, as HEAD demands.
  bool head = false;
};

using incoming = beast::http::request<beast::http::string_body>;
using outgoing = beast::http::response<beast::http::string_body>;

/// The reply to bytes that are no acceptable request; absent if the connection
/// is simply over.
std::optional<api_reply> refusal_of(error_code failure, const limits& bounds);

/// The reply to a request that Beast accepts and HTTP/1.1 does not.
std::optional<api_reply> refusal_of(const incoming& request);

/// The request as the API actor sees it.
api_request to_api(incoming request, const std::string& remote);

/// The reply with the fields that every reply carries.
outgoing to_wire(api_reply reply, const framing& how, wall_time now);

/// The reply of the API to `request`.
asio::awaitable<api_reply> ask(const request_sink& sink, api_request request);

template <class Stream>
class conversation {
public:
  conversation(Stream& stream, session_context& context, session& connection)
    : stream_(stream), context_(context), connection_(connection) {}

  /// Returns when no further request can follow.
  asio::awaitable<void> run() {
    auto is_open = co_await exchange(context_.limits.read_timeout);
    while (is_open && !context_.stopping)
      is_open = co_await exchange(context_.limits.idle_timeout);
  }

private:
  using parser = beast::http::request_parser<beast::http::string_body>;

  static auto token(error_code& failure) {
    return asio::redirect_error(asio::use_awaitable, failure);
  }

  /// One request and its reply. False: close the connection.
  asio::awaitable<bool> exchange(milliseconds patience) {
    const auto has_begun = co_await wait_for_request(patience);
    if (!has_begun)
      co_return false;
    connection_.is_idle = false;
    auto reading = parser{};
    reading.header_limit(context_.limits.header_bytes_max);
    reading.body_limit(context_.limits.body_bytes_max);
    connection_.stream.expires_after(context_.limits.read_timeout);
    const auto failure = co_await read(reading);
    connection_.stream.expires_never();
    if (failure)
      co_return co_await refuse(refusal_of(failure, context_.limits));
    auto is_open = co_await answer(reading.release());
    connection_.is_idle = true;
    co_return is_open;
  }

  asio::awaitable<bool> wait_for_request(milliseconds patience) {
    if (buffer_.size() > 0)
      co_return true;
    auto failure = error_code{};
    connection_.stream.expires_after(patience);
    const auto count = co_await stream_.async_read_some(
      buffer_.prepare(first_read_bytes), token(failure));
    buffer_.commit(count);
    co_return !failure;
  }

  asio::awaitable<error_code> read(parser& reading) {
    auto failure = error_code{};
    co_await beast::http::async_read_header(stream_, buffer_, reading,
                                            token(failure));
    if (failure)
      co_return failure;
    const auto expect = reading.get()[beast::http::field::expect];
    if (beast::iequals(expect, "100-continue") && !reading.is_done())
      co_await asio::async_write(
        stream_, asio::buffer(go_on.data(), go_on.size()), token(failure));
    if (!failure)
      co_await beast::http::async_read(stream_, buffer_, reading,
                                       token(failure));
    co_return failure;
  }

  asio::awaitable<bool> answer(incoming request) {
    auto how = framing{.version = request.version(),
                       .keep_alive = request.keep_alive(),
                       .head = request.method() == beast::http::verb::head};
    if (auto refusal = refusal_of(request))
      co_return co_await refuse(std::move(refusal));
    // Nobody is left to ask when the grace of closing is over.
    if (!context_.ask)
      co_return false;
    auto passed_on = to_api(std::move(request), connection_.remote);
    auto reply = co_await ask(context_.ask, std::move(passed_on));
    how.keep_alive = how.keep_alive && !context_.stopping;
    const auto is_written = co_await write(std::move(reply), how);
    co_return is_written&& how.keep_alive;
  }

  asio::awaitable<bool> refuse(std::optional<api_reply> reply) {
    if (reply)
      co_await write(*std::move(reply), framing{});
    co_return false;
  }

  asio::awaitable<bool> write(api_reply reply, framing how) {
    auto message = to_wire(std::move(reply), how, context_.clock());
    auto writing
      = beast::http::response_serializer<beast::http::string_body>{message};
    auto failure = error_code{};
    writing.split(how.head);
    while (!failure && !writing.is_done()) {
      connection_.stream.expires_after(context_.limits.write_timeout);
      co_await beast::http::async_write_some(stream_, writing, token(failure));
      if (how.head && writing.is_header_done())
        break;
    }
    connection_.stream.expires_never();
    co_return !failure;
  }

  static constexpr auto go_on
    = std::string_view{"HTTP/1.1 100 Continue\r\n\r\n"};
  static constexpr auto first_read_bytes = std::size_t{4096};
  static constexpr auto buffer_bytes_max = std::size_t{128} * 1024;

  Stream& stream_;
  session_context& context_;
  session& connection_;
  beast::flat_buffer buffer_{buffer_bytes_max};
};

/// Says goodbye without a reset: what the client still sends is read and thrown
/// away for a moment, so that it sees the last reply.
asio::awaitable<void> linger(session& connection);

} // namespace cts::http
