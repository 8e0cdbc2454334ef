#include "runtime/http_session.hpp"

#include "api/error_reply.hpp"
#include "runtime/http_conversation.hpp"
#include "runtime/http_date.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/beast/core/error.hpp>

#include <algorithm>
#include <array>

namespace cts::http {

namespace {

constexpr auto linger_time = std::chrono::seconds{1};
constexpr auto linger_bytes_max = std::size_t{8} * 1024 * 1024;

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

bool is_http_error(error_code failure) {
  return failure.category()
         == make_error_code(beast::http::error::bad_method).category();
}

} // namespace

std::optional<api_reply> refusal_of(error_code failure, const limits& bounds) {
  using beast::http::error;
  if (failure == error::end_of_stream || failure == error::partial_message)
    return std::nullopt;
  if (failure == error::header_limit || failure == error::buffer_overflow)
    return api::error_reply(431, "the request header is larger than "
                                   + std::to_string(bounds.header_bytes_max)
                                   + " bytes; send less");
  if (failure == error::body_limit)
    return api::error_reply(413, "the request body is larger than "
                                   + std::to_string(bounds.body_bytes_max)
                                   + " bytes; send less");
  if (failure == error::bad_version)
    return api::error_reply(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
  if (is_http_error(failure))
    return api::error_reply(400, "the request is no valid HTTP: "
                                   + failure.message());
  return std::nullopt;
}

std::optional<api_reply> refusal_of(const incoming& request) {
  if (request.version() != 10 && request.version() != 11)
    return api::error_reply(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
  const auto hosts = request.count(beast::http::field::host);
  if (hosts > 1 || (hosts == 0 && request.version() == 11))
    return api::error_reply(
      400, "the request needs the header field Host, exactly once");
  return std::nullopt;
}

api_request to_api(incoming request, const std::string& remote) {
  auto made
    = api_request{.method = std::string{request.method_string()},
                  .target = std::string{request.target()},
                  .host = std::string{request[beast::http::field::host]},
                  .remote = remote};
  for (const auto& field : request)
    made.fields.emplace_back(lower_case(std::string{field.name_string()}),
                             std::string{field.value()});
  made.body = std::move(request.body());
  return made;
}

outgoing to_wire(api_reply reply, const framing& how, wall_time now) {
  auto made = outgoing{};
  made.version(how.version);
  made.result(static_cast<unsigned>(reply.status));
  for (const auto& [name, value] : api::common_fields())
    made.set(name, value);
  for (const auto& [name, value] : reply.fields)
    made.set(name, value);
  made.set(beast::http::field::date, date_text(now));
  made.keep_alive(how.keep_alive);
  made.body() = std::move(reply.body);
  made.content_length(made.body().size());
  return made;
}

asio::awaitable<api_reply> ask(const request_sink& sink, api_request request) {
  auto start = [&sink, &request](auto handler) {
    // A std::function must be copyable, and this handler is not.
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    sink(std::move(request), [shared](api_reply reply) {
      auto once = std::move(*shared);
      std::move(once)(std::move(reply));
    });
  };
  co_return co_await asio::async_initiate<decltype(asio::use_awaitable),
                                          void(api_reply)>(std::move(start),
                                                           asio::use_awaitable);
}

asio::awaitable<void> linger(session& connection) {
  auto failure = error_code{};
  auto& stream = connection.stream;
  connection.is_idle = true;
  stream.socket().shutdown(asio::ip::tcp::socket::shutdown_send, failure);
  stream.expires_after(linger_time);
  auto waste = std::make_unique<std::array<char, 16 * 1024>>();
  auto total = std::size_t{0};
  while (!failure && total < linger_bytes_max)
    total += co_await stream.async_read_some(
      asio::buffer(*waste), asio::redirect_error(asio::use_awaitable, failure));
  stream.close();
}

asio::awaitable<void> serve(std::shared_ptr<session_context> context,
                            std::shared_ptr<session> connection) {
  if (context->tls) {
    co_await serve_tls(context, connection);
    co_return;
  }
  auto talk = conversation<beast::tcp_stream>{connection->stream, *context,
                                              *connection};
  co_await talk.run();
  if (!context->stopping)
    co_await linger(*connection);
}

} // namespace cts::http
