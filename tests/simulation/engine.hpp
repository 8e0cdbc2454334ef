#pragma once

#include "tests/simulation/drifting_clock.hpp"
#include "tests/simulation/random.hpp"
#include "tests/simulation/trace.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cts::simulation {

/// An actor system of its own with its own idea of time: the surroundings, or
/// one life of an instance. No message goes from one to another; the world
/// carries what they say.
class island {
public:
  island(std::string name, const drifting_clock& clock);
  ~island();
  island(const island&) = delete;
  island& operator=(const island&) = delete;

  caf::actor_system& system() { return *system_; }
  const std::string& name() const { return name_; }

  /// Nothing happens on a paused one, and its timers are late afterwards.
  bool is_paused = false;

private:
  friend class engine;

  caf::scheduler::test_coordinator& scheduler();
  /// The first time of the world at which a timer is due.
  nanoseconds next_timer();
  void move_clock(nanoseconds now);

  std::string name_;
  const drifting_clock& clock_;
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  caf::actor_clock::time_point start_{};
};

/// Decides what happens next. Among all that could happen now it picks one at
/// random: an actor, which then takes one message, or the oldest event of the
/// world that is due. If there is nothing, time goes on to the next timer.
class engine {
public:
  engine(std::uint64_t seed, std::size_t trace_lines)
    : random_(seed), trace_(trace_lines) {}

  /// Since the beginning.
  nanoseconds now() const { return now_; }

  /// Lasts as long as the engine. `clock` must, too.
  island& add(std::string name, const drifting_clock& clock);

  /// Has `what` happen `delay` from now.
  void after(nanoseconds delay, std::function<void()> what);

  /// Lets happen what happens until then.
  void run_until(nanoseconds time);

  /// Lets the actors of `one` take their messages, and nobody else, until none
  /// is left: the last words of a life.
  void exhaust(island& one);

  /// Nothing happens on it any more.
  void retire(island& one);

  /// Messages taken and events happened so far.
  std::uint64_t steps() const { return steps_; }

  /// Whose actor is at work; nullptr between the steps.
  const island* current() const { return current_; }

  simulation::trace& trace() { return trace_; }

  void note(const std::function<std::string()>& text) {
    trace_.add(now_, text);
  }

private:
  struct event {
    nanoseconds due{};
    std::uint64_t number = 0;
    std::function<void()> what{};
  };

  struct later {
    bool operator()(const event& a, const event& b) const {
      return a.due != b.due ? a.due > b.due : a.number > b.number;
    }
  };

  /// False if nothing can happen at this time.
  bool step();
  bool has_due_event() const;
  void take_message(island& where, std::size_t job);
  void take_event();
  nanoseconds next_time();

  random_stream random_;
  simulation::trace trace_;
  nanoseconds now_{0};
  std::vector<std::unique_ptr<island>> islands_{};
  /// Those of ended lives: what they sent may still be on its way.
  std::vector<std::unique_ptr<island>> retired_{};
  /// A heap, the next one first.
  std::vector<event> events_{};
  std::uint64_t numbers_ = 0;
  std::uint64_t steps_ = 0;
  const island* current_ = nullptr;
};

} // namespace cts::simulation
