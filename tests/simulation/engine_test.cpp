#include "tests/simulation/engine.hpp"
#include "tests/simulation/world.hpp"

#include <gtest/gtest.h>

namespace cts::simulation {
namespace {

using namespace std::chrono_literals;

TEST(DriftingClock, IsReadBackwards) {
  auto random = random_stream{7};
  for (auto rate : {-9'000, -1, 0, 1, 9'000}) {
    auto clock = drifting_clock{rate};
    clock.stand(3s);
    for (auto i = 0; i < 1000; ++i) {
      auto reading = random.between(0ns, 48h);
      EXPECT_GE(clock.read(clock.when(reading)), reading);
      EXPECT_LT(clock.read(clock.when(reading) - 1ns), reading);
    }
  }
}

TEST(Engine, HasEventsHappenInTheOrderOfTheirTimes) {
  auto engine = simulation::engine{1, 0};
  auto seen = std::vector<int>{};
  engine.after(2s, [&] { seen.push_back(2); });
  engine.after(1s, [&] {
    seen.push_back(1);
    engine.after(500ms, [&] { seen.push_back(15); });
  });
  engine.run_until(3s);
  EXPECT_EQ(seen, (std::vector{1, 15, 2}));
  EXPECT_EQ(engine.now(), 3s);
}

std::string history_of(std::uint64_t seed) {
  auto options = world_options{.seed = seed,
                               .machines = 1,
                               .high_availability = false,
                               .trace_lines = 100'000};
  auto all = world{options};
  all.observe({});
  all.at(0).boot();
  all.advance(10s);
  all.register_service("t0", "a");
  all.advance(10s);
  all.at(0).kill();
  all.advance(5s);
  all.at(0).boot();
  all.register_service("t1", "b");
  all.advance(30s);
  all.at(0).terminate();
  all.advance(60s);
  EXPECT_EQ(all.at(0).last_exit_code(), 0);
  return all.engine().trace().text();
}

TEST(Engine, RepeatsAHistoryToTheByte) {
  for (auto seed = std::uint64_t{1}; seed <= 5; ++seed) {
    auto first = history_of(seed);
    EXPECT_EQ(first, history_of(seed));
    EXPECT_NE(first, history_of(seed + 100));
    EXPECT_NE(first.find("starts apply of t1"), std::string::npos);
  }
}

} // namespace
} // namespace cts::simulation
