#pragma once

#include "core/ha/election.hpp"
#include "core/ha/foreign_runs.hpp"
#include "core/ha/lease.hpp"
#include "core/ha/membership.hpp"

#include <concepts>

/// The heart of high availability: four machines that know each other only by
/// what this one passes on between them.
///
/// `membership` gives the session, `election` decides who leads under it,
/// `lease` keeps account of our runs, `foreign_runs` of those of former
/// leaders. A term is closed when the instance has reported it over and every
/// run of ours is acknowledged. Source: spec chapter high-availability, 4.
namespace cts::ha::elector {

struct state {
  membership::state member{};
  election::state election{};
  lease::state lease{};
  foreign_runs::state foreign{};
  /// The term was reported over; its runs may still have to be acknowledged.
  bool term_over = false;
  /// No permit is wanted any more; the session is given back.
  bool leaving = false;
  /// Until when acknowledgements may hold that up.
  std::optional<time_point> leave_due{};
};

// -- events -------------------------------------------------------------------

/// Beside those of the four machines.

/// `run` names the run, should it be permitted.
struct permit_wanted {
  ha::epoch epoch = 0;
  task_name task{};
  std::string run{};
};

struct turn_wanted {
  ha::epoch epoch = 0;
  task_name task{};
};

/// The state is loaded: permits may be given.
struct state_loaded {
  ha::epoch epoch = 0;
};

/// No process of that epoch is left.
struct term_reported_over {
  ha::epoch epoch = 0;
};

/// `leave`: do not compete again.
struct release_wanted {
  bool leave = false;
};

/// Everything has ended.
struct leave_wanted {};

struct members_watched {
  member_records members{};
};

struct timer_elapsed {};

// -- effects ------------------------------------------------------------------

using effect = std::variant<membership::effect, election::effect, lease::effect,
                            foreign_runs::effect>;

using answer = transition<state, effect>;

template <class Event>
concept member_event = requires(membership::state s, const Event& x) {
  { membership::step(s, x, time_point{}) } -> std::same_as<membership::answer>;
};

template <class Event>
concept election_event = requires(election::state s, const Event& x) {
  { election::step(s, x, time_point{}) } -> std::same_as<election::answer>;
};

template <class Event>
concept lease_event = requires(lease::state s, const Event& x) {
  { lease::step(s, x, time_point{}) } -> std::same_as<lease::answer>;
};

template <class Event>
concept foreign_event = requires(foreign_runs::state s, const Event& x) {
  {
    foreign_runs::step(s, x, time_point{})
    } -> std::same_as<foreign_runs::answer>;
};

/// A step in the making: events go in, effects that concern nobody inside stay
/// in `out`.
class exchange {
public:
  exchange(state s, time_point now) : s_(std::move(s)), now_(now) {}

  template <member_event Event>
  void on(const Event& x) {
    pass(s_.member, membership::step(s_.member, x, now_));
  }

  template <election_event Event>
  void on(const Event& x) {
    pass(s_.election, election::step(s_.election, x, now_));
  }

  template <lease_event Event>
  void on(const Event& x) {
    pass(s_.lease, lease::step(s_.lease, x, now_));
  }

  template <foreign_event Event>
  void on(const Event& x) {
    pass(s_.foreign, foreign_runs::step(s_.foreign, x, now_));
  }

  void on(const permit_wanted& x);
  void on(const turn_wanted& x);
  void on(const state_loaded& x);
  void on(const term_reported_over& x);
  void on(const release_wanted& x);
  void on(const leave_wanted& x);
  void on(const members_watched& x);
  void on(const timer_elapsed& x);

  answer finish();

private:
  template <class Machine, class Step>
  void pass(Machine& machine, Step taken) {
    machine = std::move(taken.state);
    for (auto& each : taken.effects) {
      out_.push_back(each);
      std::visit([&](const auto& x) { route(x); }, each);
    }
  }

  /// What concerns the other machines; the shell gets everything as well.
  template <class Effect>
  void route(const Effect&) {}
  void route(const membership::joined& x);
  void route(const membership::confirmed& x);
  void route(const membership::session_lost& x);
  void route(const membership::expel& x);
  void route(const election::promote& x);
  void route(const election::revoke& x);
  void route(const election::session_ended& x);
  void route(const election::term_ended& x);
  void route(const lease::confirmed& x);
  void route(const lease::report_refusal& x);
  void route(const lease::replaced& x);
  void route(const lease::doubt& x);
  void route(const lease::all_closed& x);

  void close_term();
  void leave_if_done();

  state s_;
  time_point now_;
  std::vector<effect> out_{};
};

/// One step for each event of the four machines and of this one.
template <class Event>
requires requires(exchange x, const Event& event) {
  x.on(event);
}
answer step(state s, const Event& event, time_point now) {
  auto x = exchange{std::move(s), now};
  x.on(event);
  return x.finish();
}

/// What the machines are made of.
struct settings {
  membership::settings member{};
  election::settings election{};
  bool exclusive = false;
  /// See `foreign_runs::state`.
  bool keeps_results = true;
  /// The highest epoch that this host has seen.
  ha::epoch highest = 0;
};

state make(const settings& x);

} // namespace cts::ha::elector
