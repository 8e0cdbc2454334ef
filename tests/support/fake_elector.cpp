#include "tests/support/fake_elector.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "actors/guard_log.hpp"
#include "actors/timers.hpp"

#include <caf/send.hpp>

#include <utility>

namespace cts::fakes {

namespace {

/// An elector that also takes the order to let the turns come.
using fake_elector_impl
  = cafx::extended<elector_actor, caf::result<void>(timer_elapsed)>;

class fake_elector {
public:
  using actor_type = fake_elector_impl;
  static inline constexpr const char* name = "fake_elector";

  fake_elector(fake_elector_impl::pointer self, elector_script_ptr script)
    : self_(self), script_(std::move(script)) {
    cafx::install_guards(self_, guard_log);
    script_->release = [address = fake_elector_impl{self}.address()] {
      auto alive = caf::actor_cast<caf::strong_actor_ptr>(address);
      caf::anon_send(caf::actor_cast<fake_elector_impl>(alive),
                     timer_elapsed{});
    };
  }

  ~fake_elector() { script_->release = nullptr; }

  fake_elector_impl::behavior_type make_behavior() {
    return {
      [this](const join_cluster&) { note("join"); },
      [this](const tenure_ready&) { note("ready"); },
      [this](const tenure_failed&) { note("failed"); },
      [this](const tenure_over&) { note("over"); },
      [this](const await_turn& x) { return turn(x); },
      [this](const request_permit& x) { return permit(x); },
      [this](const run_closed&) { note("closed"); },
      [this](const lost_lock&) { note("lost"); },
      [this](const write_denied&) { note("denied"); },
      [this](const step_down&) { note("step down"); },
      [this](const leave_cluster&) { note("leave"); },
      [this](get_leadership) { return script_->leadership; },
      [this](get_cluster) { return script_->cluster; },
      [this](timer_elapsed) {
        for (auto& turn : std::exchange(turns_, {}))
          turn.deliver(caf::unit);
      },
    };
  }

private:
  void note(const std::string& what) { script_->asked.push_back(what); }

  caf::result<void> turn(const await_turn& x) {
    note("turn " + x.task);
    script_->epoch = x.epoch;
    if (script_->refuse_turns)
      return to_caf(fail(errc::unavailable, "not now"));
    if (!script_->hold_turns)
      return caf::unit;
    auto promise = self_->make_response_promise<caf::unit_t>();
    turns_.emplace_back(promise);
    return promise;
  }

  caf::result<ha::run_permit> permit(const request_permit& x) {
    note("permit " + x.task);
    if (script_->refuse_permits)
      return to_caf(fail(errc::unavailable, "not now"));
    auto number = ++script_->permits;
    return ha::run_permit{.epoch = x.epoch,
                          .task = x.task,
                          .run = "run-" + std::to_string(number),
                          .index = number};
  }

  fake_elector_impl::pointer self_;
  elector_script_ptr script_;
  std::vector<cafx::done_answer> turns_{};
};

} // namespace

elector_actor make_elector(caf::local_actor* parent,
                           elector_script_ptr script) {
  return cafx::spawn_state<fake_elector>(parent, std::move(script));
}

} // namespace cts::fakes
