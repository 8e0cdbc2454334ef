#pragma once

#include "tests/simulation/drifting_clock.hpp"
#include "tests/simulation/engine.hpp"

#include <functional>
#include <vector>

namespace cts::simulation {

/// When those who look after the processes of a machine, its witnesses and
/// shims, come to do something: by the machine's clock, and not while they are
/// frozen.
class guard_time {
public:
  using work = std::function<void()>;

  guard_time(simulation::engine& engine, random_stream& random,
             const drifting_clock& clock)
    : engine_(engine), random_(random), clock_(clock) {}

  /// By the machine's clock.
  nanoseconds now() const { return clock_.read(engine_.now()); }

  /// `delay` is time of the world.
  void after(nanoseconds delay, work what);
  /// When the machine's clock shows `due`, or later.
  void at(nanoseconds due, work what);

  /// SIGSTOP and SIGCONT; after the second each needs a moment.
  void freeze(bool frozen);
  bool is_frozen() const { return is_frozen_; }

  simulation::engine& engine() { return engine_; }
  random_stream& random() { return random_; }

private:
  void run(const work& what);

  simulation::engine& engine_;
  random_stream& random_;
  const drifting_clock& clock_;
  bool is_frozen_ = false;
  std::vector<work> put_off_{};
};

} // namespace cts::simulation
