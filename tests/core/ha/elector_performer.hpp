#pragma once

#include "tests/core/ha/elector_model.hpp"

// How the instances of the model carry out the effects of their electors.

namespace cts::ha::model {

using answer_call = std::function<void()>;

struct performer {
  cluster& c;
  node& x;

  /// What is only said.
  template <class Effect>
  void operator()(const Effect&) {}

  template <class Effect>
  requires requires(const Effect& e) { e.due; }
  void operator()(const Effect& e) { wake(e.due); }

  void wake(time_point due);

  void operator()(const membership::create_session& e);
  void operator()(const membership::read_record& e);
  void operator()(const membership::look_for_process& e);
  void operator()(const membership::sweep_host& e);
  void operator()(const membership::settle_former& e);
  void operator()(const membership::destroy_session& e);
  void operator()(const membership::claim_record& e);
  void operator()(const membership::refresh_record& e);
  void operator()(const membership::renew_session& e);
  void operator()(const membership::session_lost& e);
  void operator()(const membership::expel& e);

  void operator()(const election::watch_lock& e);
  void operator()(const election::read_lock& e);
  void operator()(const election::read_meta& e);
  void operator()(const election::acquire& e);
  void operator()(const election::read_runs& e);
  void operator()(const election::release_lock& e);
  void operator()(const election::promote& e);
  void operator()(const election::revoke& e);
  void operator()(const election::suspend& e);

  void operator()(const lease::send_intent& e);
  void operator()(const lease::read_run& e);
  void operator()(const lease::send_extension& e);
  void operator()(const lease::extend_processes& e);
  void operator()(const lease::revoke_processes& e);
  void operator()(const lease::acknowledge& e);
  void operator()(const lease::grant& e);
  void operator()(const lease::deny& e);

  void operator()(const foreign_runs::read_member& e);
  void operator()(const foreign_runs::watch_runs& e);
  void operator()(const foreign_runs::settle& e);
  void operator()(const foreign_runs::give_turn& e);
  void operator()(const foreign_runs::report_wait& e);

private:
  void look_at_lock(election::source from, std::uint64_t ticket);
  void want_turn(const task_name& task, duration after);
  member_record own_record(std::uint64_t seq) const;
  run_records all_runs() const;
  bool commit_intent(const lease::send_intent& e, lease::refusal& why,
                     std::uint64_t& index);
};

template <class Event>
void cluster::tell(node& x, Event event) {
  at(std::max(now, x.paused_until), [this, &x, event, life = x.life] {
    if (x.life != life || !x.up)
      return;
    if (now < x.paused_until)
      return tell(x, event);
    auto [next, out] = elector::step(std::move(x.machine), event, clock(x));
    x.machine = std::move(next);
    keep_will(x);
    for (const auto& each : out)
      std::visit(
        [&](const auto& inner) {
          std::visit(performer{*this, x}, inner);
        },
        each);
  });
}

template <class Call, class Lost>
void cluster::ask(node& x, duration deadline, Call call, Lost lost) {
  using std::chrono::milliseconds;
  auto slow = milliseconds{chance(3) ? 4000 : 20};
  auto sent = now;
  auto there = between(milliseconds{1}, slow);
  auto back = between(milliseconds{1}, slow);
  auto drops_request = now < x.cut_until || chance(2);
  auto life = x.life;
  auto give_up = [this, &x, lost, life, due = sent + deadline] {
    at(due, [&x, lost, life] {
      if (x.life == life)
        lost();
    });
  };
  if (drops_request)
    return give_up();
  at(now + there, [=, this, &x]() mutable {
    auto reply = answer_call{call()};
    if (now < x.cut_until || there + back > deadline
        || (options_.forget_answers && chance(2)))
      return give_up();
    at(now + back, [=, &x] {
      if (x.life == life)
        reply();
    });
  });
}

} // namespace cts::ha::model
