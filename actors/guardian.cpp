#include "actors/guardian.hpp"

#include "actors/errors.hpp"
#include "actors/log.hpp"
#include "actors/timers.hpp"

#include <caf/actor_addr.hpp>
#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/system_messages.hpp>

#include <optional>
#include <set>
#include <utility>

namespace cts {

namespace {

class guardian {
public:
  guardian(caf::event_based_actor* self, child_spec spec)
    : self_(self), spec_(std::move(spec)), intensity_{.limits = spec_.limits} {
    self_->set_default_handler(
      [this](caf::scheduled_actor*, caf::message_view& view) {
        return forward(view);
      });
    self_->set_error_handler([](caf::scheduled_actor*, caf::error&) {});
    self_->set_down_handler([this](caf::down_msg& msg) { on_down(msg); });
    self_->set_exit_handler([this](caf::exit_msg& msg) { on_exit(msg); });
  }

  caf::behavior make_behavior() {
    start();
    return {
      [this](restart_due) { restart(); },
      [this](renew_part) { renew(); },
      [this](const fail_part&) {
        if (child_)
          self_->send_exit(child_, caf::exit_reason::unhandled_exception);
      },
      [this](stop_overdue) {
        if (child_)
          self_->send_exit(child_, caf::exit_reason::kill);
      },
    };
  }

private:
  // The child answers the sender itself, as if there were no guardian.
  caf::result<caf::message> forward(caf::message_view& view) {
    if (!child_) {
      if (self_->current_message_id().is_request())
        return caf::sec::request_receiver_down;
      return caf::make_message();
    }
    child_->enqueue(self_->current_sender(), self_->current_message_id(),
                    view.move_content_to_message(), self_->context());
    return caf::delegated<caf::message>{};
  }

  void restart() {
    start();
    if (child_ && spec_.restarted)
      spec_.restarted();
  }

  // The old child is out of the way at once: who sends to us reaches the new
  // one, and its end is nobody's concern.
  void renew() {
    if (!child_ || stop_reason_)
      return;
    self_->demonitor(child_->address());
    self_->send_exit(child_, caf::exit_reason::user_shutdown);
    child_ = nullptr;
    start();
  }

  void start() {
    on(restart_intensity::child_started{});
    try {
      child_ = spec_.start(self_);
    } catch (const std::exception& reason) {
      log::error("supervisor", "child cannot be started",
                 {{"child", spec_.name}, {"error", reason.what()}});
    }
    if (!child_)
      return on(restart_intensity::child_failed{});
    linked_.insert(child_->address());
    self_->link_to(child_);
    self_->monitor(child_);
  }

  void on_down(const caf::down_msg& msg) {
    if (!child_ || msg.source != child_->address())
      return;
    child_ = nullptr;
    if (stop_reason_)
      return self_->quit(*stop_reason_);
    if (!msg.reason) // it ended by itself, as it should
      return self_->quit();
    log::warn("supervisor", "child ended and is restarted",
              {{"child", spec_.name}, {"error", to_core(msg.reason).message}});
    on(restart_intensity::child_failed{});
  }

  // The link to a child echoes its end; only others' messages are orders. The
  // echo may come before or after the news of its end.
  void on_exit(caf::exit_msg& msg) {
    if (linked_.erase(msg.source) > 0)
      return;
    if (!msg.reason || stop_reason_)
      return;
    if (!child_)
      return self_->quit(std::move(msg.reason));
    stop_reason_ = msg.reason;
    self_->send_exit(child_, caf::exit_reason::user_shutdown);
    self_->delayed_send(self_, spec_.stop_grace, stop_overdue{});
  }

  template <class Event>
  void on(const Event& event) {
    feed(intensity_, event, self_->clock().now(),
         [this](const auto& effect) { perform(effect); });
  }

  void perform(const restart_intensity::restart& effect) {
    self_->delayed_send(self_, effect.due - self_->clock().now(),
                        restart_due{});
  }

  void perform(const restart_intensity::give_up&) {
    log::error("supervisor", "child fails too often, giving up",
               {{"child", spec_.name}});
    self_->quit(to_caf(
      fail(errc::limit, spec_.name, " failed too often and was given up")));
  }

  caf::event_based_actor* self_;
  child_spec spec_;
  restart_intensity::state intensity_;
  caf::strong_actor_ptr child_{};
  std::set<caf::actor_addr> linked_{};
  std::optional<caf::error> stop_reason_{};
};

struct guardian_state {
  static inline constexpr const char* name = "guardian";
  std::optional<guardian> value{};
};

caf::behavior guard(caf::stateful_actor<guardian_state>* self,
                    const std::shared_ptr<child_spec>& spec) {
  return self->state.value.emplace(self, *spec).make_behavior();
}

} // namespace

caf::actor spawn_guardian(caf::local_actor* parent, child_spec spec) {
  return parent->spawn<caf::linked>(
    guard, std::make_shared<child_spec>(std::move(spec)));
}

} // namespace cts
