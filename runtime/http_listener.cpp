#include "runtime/http_listener.hpp"

#include "actors/log.hpp"
#include "api/error_reply.hpp"
#include "runtime/http_date.hpp"
#include "runtime/tls_context.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <fcntl.h>

namespace cts::http {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// When no descriptor is left, accepting again at once would spin.
constexpr auto accept_pause = std::chrono::seconds{1};

/// Asio opens sockets without O_CLOEXEC, and a Terraform that inherits one
/// would keep the port.
template <class Socket>
void close_on_exec(Socket& socket) {
  ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
}

error bind_failure(int port, error_code why) {
  auto reason = why.message();
  if (!reason.empty() && reason.front() >= 'A' && reason.front() <= 'Z')
    reason.front() = static_cast<char>(reason.front() - 'A' + 'a');
  return fail(errc::system, "listen tcp :", port, ": bind: ", reason);
}

error_code bind_to(tcp::acceptor& acceptor, const tcp::endpoint& where) {
  auto failure = error_code{};
  acceptor.open(where.protocol(), failure);
  if (failure)
    return failure;
  close_on_exec(acceptor);
  acceptor.set_option(tcp::acceptor::reuse_address{true}, failure);
  if (!failure && where.protocol() == tcp::v6())
    acceptor.set_option(asio::ip::v6_only{false}, failure);
  if (!failure)
    acceptor.bind(where, failure);
  if (!failure)
    acceptor.listen(asio::socket_base::max_listen_connections, failure);
  return failure;
}

bool lacks_ipv6(error_code failure) {
  return failure == asio::error::address_family_not_supported
         || failure == boost::system::errc::address_not_available
         || failure == boost::system::errc::protocol_not_supported;
}

result<tcp::acceptor> bind_port(asio::io_context& io, int port) {
  const auto number = static_cast<unsigned short>(port);
  auto dual = tcp::acceptor{io};
  auto failure = bind_to(dual, tcp::endpoint{tcp::v6(), number});
  if (!failure)
    return dual;
  if (!lacks_ipv6(failure))
    return bind_failure(port, failure);
  auto single = tcp::acceptor{io};
  failure = bind_to(single, tcp::endpoint{tcp::v4(), number});
  if (failure)
    return bind_failure(port, failure);
  return single;
}

std::string text_of(const tcp::endpoint& peer) {
  auto address = peer.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  const auto host
    = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
  return host + ":" + std::to_string(peer.port());
}

/// One too many: what fits into the socket's buffer is sent, then it closes.
void turn_away(tcp::socket& socket, const session_context& context) {
  auto text = std::string{"HTTP/1.1 503 Service Unavailable\r\n"};
  auto reply = api::error_reply(503, "too many connections; try again later");
  for (const auto& [name, value] : api::common_fields())
    text += name + ": " + value + "\r\n";
  text += "Date: " + date_text(context.clock()) + "\r\n";
  text += "Content-Type: application/json\r\nConnection: close\r\n"
          "Content-Length: "
          + std::to_string(reply.body.size()) + "\r\n\r\n" + reply.body;
  auto ignored = error_code{};
  socket.non_blocking(true, ignored);
  if (!context.tls)
    socket.write_some(asio::buffer(text), ignored);
  // Unread bytes would turn the end into a reset, and the reply would be lost.
  auto waste = std::array<char, 4096>{};
  socket.read_some(asio::buffer(waste), ignored);
  socket.shutdown(tcp::socket::shutdown_both, ignored);
}

} // namespace

result<std::shared_ptr<listener>> listener::open(asio::io_context& io,
                                                 listen_options options) {
  auto context = session_context{.limits = options.limits,
                                 .clock = std::move(options.clock),
                                 .ask = std::move(options.ask)};
  if (options.tls.enabled) {
    auto tls = make_tls_context(options.tls);
    if (!tls)
      return tls.error();
    context.tls = *std::move(tls);
  }
  auto acceptor = bind_port(io, options.port);
  if (!acceptor)
    return acceptor.error();
  return std::make_shared<listener>(*std::move(acceptor), std::move(context));
}

listener::listener(tcp::acceptor acceptor, session_context context)
  : acceptor_(std::move(acceptor)), timer_(acceptor_.get_executor()),
    context_(std::make_shared<session_context>(std::move(context))) {
  auto ignored = error_code{};
  port_ = acceptor_.local_endpoint(ignored).port();
}

void listener::start() {
  asio::co_spawn(acceptor_.get_executor(), accept_all(shared_from_this()),
                 asio::detached);
}

asio::awaitable<void> listener::accept_all(std::shared_ptr<listener> me) {
  while (me->acceptor_.is_open()) {
    auto failure = error_code{};
    auto socket = co_await me->acceptor_.async_accept(
      asio::redirect_error(asio::use_awaitable, failure));
    if (!failure) {
      me->admit(std::move(socket));
      continue;
    }
    if (failure == asio::error::operation_aborted)
      break;
    log::warn("api", "http: cannot accept a connection",
              {{"error", failure.message()}});
    me->timer_.expires_after(accept_pause);
    co_await me->timer_.async_wait(
      asio::redirect_error(asio::use_awaitable, failure));
  }
}

void listener::admit(tcp::socket socket) {
  // Accepted at the moment of close(): nobody would end it.
  if (context_->stopping)
    return;
  auto ignored = error_code{};
  close_on_exec(socket);
  if (sessions_.size() >= context_->limits.connections_max)
    return turn_away(socket, *context_);
  socket.set_option(tcp::no_delay{true}, ignored);
  const auto peer = socket.remote_endpoint(ignored);
  auto connection = std::make_shared<session>(
    session{.stream = boost::beast::tcp_stream{std::move(socket)},
            .remote = text_of(peer)});
  sessions_.insert(connection);
  auto me = shared_from_this();
  asio::co_spawn(
    acceptor_.get_executor(), serve(context_, connection),
    [me, connection](const std::exception_ptr&) { me->leave(connection); });
}

void listener::leave(const session_ptr& connection) {
  sessions_.erase(connection);
  if (context_->stopping && sessions_.empty())
    finish(true);
}

void listener::close(milliseconds grace, finished done) {
  auto ignored = error_code{};
  context_->stopping = true;
  done_ = std::move(done);
  acceptor_.close(ignored);
  for (const auto& connection : sessions_)
    if (connection->is_idle)
      connection->stream.cancel();
  if (sessions_.empty())
    return finish(true);
  timer_.expires_after(grace);
  timer_.async_wait([me = shared_from_this()](error_code failure) {
    if (!failure)
      me->finish(false);
  });
}

void listener::finish(bool all_answered) {
  for (const auto& connection : sessions_)
    connection->stream.close();
  timer_.cancel();
  // Gives back the handle of the API actor.
  context_->ask = nullptr;
  if (auto done = std::exchange(done_, nullptr))
    done(all_answered);
}

} // namespace cts::http
