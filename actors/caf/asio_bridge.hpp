// From Asio handlers into actors and back, without blocking either side.
//
//   auto res = co_await cafx::async_ask<std::string>(
//     gateway, some_actor, 2000ms, asio::use_awaitable, echo_atom_v, text);
//   // res is a caf::expected<std::string>
//
// A gateway actor performs the request; the answer is posted to the executor
// associated with the completion token. The completion handler runs exactly
// once, also if the gateway or the target is gone or the system shuts down.
//
// Other direction: actors call asio::post(io, ...) or anything else that is
// thread-safe; io code reports to actors with caf::anon_send().
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/expected.hpp>
#include <caf/send.hpp>

#include "actors/caf/guards.hpp"

namespace cafx {

/// Code that runs inside the gateway actor.
using gateway_job = std::function<void(caf::event_based_actor*)>;

} // namespace cafx

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cafx::gateway_job)

CAF_BEGIN_TYPE_ID_BLOCK(cafx_gateway, caf::first_custom_type_id + 600)

CAF_ADD_TYPE_ID(cafx_gateway, (cafx::gateway_job))
CAF_ADD_ATOM(cafx_gateway, cafx, gateway_atom, "gateway")

CAF_END_TYPE_ID_BLOCK(cafx_gateway)

namespace cafx {

inline caf::behavior gateway(caf::event_based_actor* self, guard_log log) {
  install_guards(self, std::move(log));
  return {[self](gateway_atom, const gateway_job& job) { job(self); }};
}

namespace detail {

/// Owns the completion handler until an answer or the last copy's end.
template <class R, class Handler>
class pending_answer {
public:
  using executor = boost::asio::associated_executor_t<Handler>;

  explicit pending_answer(Handler&& handler)
    : executor_(boost::asio::get_associated_executor(handler)),
      work_(boost::asio::make_work_guard(executor_)),
      handler_(std::make_unique<Handler>(std::move(handler))) {}

  ~pending_answer() {
    complete(caf::make_error(caf::sec::request_receiver_down));
  }

  void complete(caf::expected<R> result) {
    std::unique_ptr<Handler> handler;
    {
      std::lock_guard guard{mtx_};
      handler = std::move(handler_);
    }
    if (!handler)
      return;
    boost::asio::post(
      executor_,
      [h = std::move(*handler), work = std::move(work_),
       res = std::move(result)]() mutable { std::move(h)(std::move(res)); });
  }

private:
  std::mutex mtx_;
  executor executor_;
  boost::asio::executor_work_guard<executor> work_;
  std::unique_ptr<Handler> handler_; // handlers are movable, not assignable
};

/// Builds the success callback: CAF wants exactly one signature per handler.
template <class R>
struct on_answer {
  template <class Op>
  static auto make(Op op) {
    return [op](R& res) { op->complete(std::move(res)); };
  }
};

template <>
struct on_answer<void> {
  template <class Op>
  static auto make(Op op) {
    return [op] { op->complete(caf::unit); };
  }
};

template <class... Rs>
struct on_answer<std::tuple<Rs...>> {
  template <class Op>
  static auto make(Op op) {
    return
      [op](Rs&... res) { op->complete(std::make_tuple(std::move(res)...)); };
  }
};

} // namespace detail

/// Sends the request `xs...` to `dst`. `R` is the type of the answer, void for
/// none, a std::tuple for answers of several values. Completion signature:
/// void(caf::expected<R>).
template <class R, class Handle, class Token, class... Ts>
auto async_ask(caf::actor gateway, Handle dst,
               std::chrono::milliseconds timeout, Token&& token, Ts&&... xs) {
  using signature = void(caf::expected<R>);
  auto init = [](auto handler, caf::actor gw, Handle to,
                 std::chrono::milliseconds limit, auto args) {
    using pending = detail::pending_answer<R, decltype(handler)>;
    auto op = std::make_shared<pending>(std::move(handler));
    gateway_job job = [op, to, limit, args](caf::event_based_actor* self) {
      auto fail = [op](caf::error& err) { op->complete(std::move(err)); };
      std::apply(
        [&](const auto&... parts) {
          self->request(to, limit, parts...)
            .then(detail::on_answer<R>::make(op), fail);
        },
        args);
    };
    op.reset();
    caf::anon_send(gw, gateway_atom_v, std::move(job));
  };
  return boost::asio::async_initiate<Token, signature>(
    init, token, std::move(gateway), std::move(dst), timeout,
    std::tuple<std::decay_t<Ts>...>(std::forward<Ts>(xs)...));
}

/// One io_context served by one thread.
class io_thread {
public:
  io_thread()
    : work_(boost::asio::make_work_guard(io_)), thread_([this] { io_.run(); }) {
  }

  ~io_thread() { join(); }

  boost::asio::io_context& context() { return io_; }

  /// Returns once no asynchronous operation is left.
  void join() {
    work_.reset();
    if (thread_.joinable())
      thread_.join();
  }

private:
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type>
    work_;
  std::thread thread_;
};

} // namespace cafx
