#include "tests/simulation/guard_time.hpp"

#include <algorithm>
#include <utility>

namespace cts::simulation {

namespace {

using namespace std::chrono_literals;

} // namespace

void guard_time::run(const work& what) {
  if (is_frozen_)
    put_off_.push_back(what);
  else
    what();
}

void guard_time::after(nanoseconds delay, work what) {
  engine_.after(delay, [this, what = std::move(what)] { run(what); });
}

// The clock may have stood still meanwhile.
void guard_time::at(nanoseconds due, work what) {
  auto left = std::max(clock_.when(due) - engine_.now(), nanoseconds{0});
  after(left, [this, due, what = std::move(what)] {
    if (now() < due)
      at(due, what);
    else
      what();
  });
}

void guard_time::freeze(bool frozen) {
  is_frozen_ = frozen;
  if (frozen)
    return;
  // The worst that was measured (P3).
  for (auto& each : std::exchange(put_off_, {}))
    after(random_.between(100us, 37ms), each);
}

} // namespace cts::simulation
