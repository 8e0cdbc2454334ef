#include "tests/simulation/history.hpp"
#include "tests/support/repeats.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace cts::simulation {
namespace {

constexpr auto seeds_usual = test::is_sanitized ? 32UL : 10'000UL;
constexpr auto scenario_seeds = test::is_sanitized ? 1U : 3U;
/// Tests that share the seeds, so that they run side by side.
constexpr auto shards = 32U;

/// How many random histories all shards together play; the environment may
/// want others.
unsigned long seeds_wanted() {
  const auto* text = std::getenv("CTS_SIMULATION_SEEDS");
  return text == nullptr ? seeds_usual : std::strtoul(text, nullptr, 10);
}

class Histories : public ::testing::TestWithParam<unsigned> {};

TEST_P(Histories, KeepEveryInvariant) {
  for (auto i = GetParam(); i < seeds_wanted(); i += shards) {
    auto options = options_of(i + 1);
    ASSERT_TRUE(play(options).violations.empty())
      << report(options) << "run: scripts/simulate -seeds 1 -from " << i + 1;
  }
}

INSTANTIATE_TEST_SUITE_P(Shard, Histories, ::testing::Range(0U, shards));

TEST(History, IsRepeatedToTheByteByItsSeed) {
  auto trace_of = [](std::uint64_t seed) {
    auto options = options_of(seed);
    options.trace_lines = 1'000'000;
    return play(options).trace;
  };
  auto first = trace_of(11);
  EXPECT_EQ(first, trace_of(11));
  EXPECT_NE(first, trace_of(12));
  EXPECT_NE(first.find("acquired leadership lock"), std::string::npos);
}

std::vector<std::string> scenario_names() {
  auto out = std::vector<std::string>{};
  for (const auto& x : scenarios())
    out.push_back(x.name);
  return out;
}

class Scenario : public ::testing::TestWithParam<std::string> {};

TEST_P(Scenario, KeepsEveryInvariant) {
  auto x = scenario_named(GetParam()).value();
  auto shown = false;
  for (auto seed = std::uint64_t{1}; seed <= scenario_seeds; ++seed) {
    auto options = history_options{.seed = seed, .incidents = x.incidents};
    if (!x.shows.empty())
      options.trace_lines = 1'000'000;
    auto seen = play(options);
    shown = shown || seen.trace.find(x.shows) != std::string::npos;
    ASSERT_TRUE(seen.violations.empty())
      << report(options) << "run: scripts/simulate -scenario " << x.name
      << " -seeds 1 -from " << seed;
    EXPECT_GE(seen.applies, 3u);
    EXPECT_GE(seen.elections, x.elections_min) << "seed " << seed;
    EXPECT_LE(seen.elections, x.elections_max) << "seed " << seed;
  }
  EXPECT_TRUE(shown) << "nobody says: " << x.shows;
}

INSTANTIATE_TEST_SUITE_P(Of, Scenario, ::testing::ValuesIn(scenario_names()),
                         [](const auto& x) { return x.param; });

TEST(History, StartsOtherTasksWhileOneHangsAndOneFails) {
  using namespace std::chrono_literals;
  for (auto seed = std::uint64_t{1}; seed <= scenario_seeds; ++seed) {
    auto options = history_options{
      .seed = seed,
      .incidents
      = {on(fault::hang_module, 4s, 0, 0), on(fault::break_module, 4s, 0, 1),
         on(fault::destroy_sessions, 15s, 0),
         on(fault::destroy_sessions, 40s, 0), on(fault::mend_modules, 60s, 0)},
      .watches_delays = true};
    EXPECT_TRUE(play(options).violations.empty()) << report(options);
  }
}

TEST(History, StopsRunsOfMachinesThatStoodStill) {
  using namespace std::chrono_literals;
  for (auto seed = std::uint64_t{1}; seed <= scenario_seeds; ++seed)
    for (auto leader = std::size_t{0}; leader < 3; ++leader) {
      auto options = history_options{
        .seed = seed,
        .incidents = {on(fault::register_instance, 12s, 0, 0),
                      on(fault::register_instance, 12s, 0, 1),
                      on(fault::register_instance, 12s, 0, 2),
                      on(fault::suspend, 17'200ms, leader, seed),
                      on(fault::register_instance, 30s, 0, 4),
                      on(fault::register_instance, 62s, 0, 5),
                      on(fault::wake, 66s, leader)},
        .watches_wakes = true};
      EXPECT_TRUE(play(options).violations.empty()) << report(options);
    }
}

TEST(History, HasOneWinnerOfAThousandElections) {
  using namespace std::chrono_literals;
  constexpr auto elections = test::is_sanitized ? 100 : 1'000;
  auto options = history_options{.seed = 1, .machines = 5};
  for (auto i = 1; i < elections; ++i)
    options.incidents.push_back(on(fault::destroy_sessions, i * 1s + 5s, 0));
  auto seen = play(options);
  EXPECT_TRUE(seen.violations.empty()) << report(options);
  EXPECT_GE(seen.elections, elections * 95U / 100);
}

} // namespace
} // namespace cts::simulation
