#include "tests/simulation/history.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

namespace cts::simulation {
namespace {

using namespace std::chrono_literals;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr auto seeds_each = 2U;
constexpr auto scenario_seeds = 1U;
#else
constexpr auto seeds_each = 25U;
constexpr auto scenario_seeds = 3U;
#endif

std::string text_of(const outcome& x) {
  auto out = std::string{};
  for (const auto& each : x.violations)
    out += each.invariant + ": " + each.sentence + "\n";
  return out;
}

/// Shards, so that they run side by side.
class Histories : public ::testing::TestWithParam<unsigned> {};

TEST_P(Histories, KeepEveryInvariant) {
  for (auto i = 0U; i < seeds_each; ++i) {
    auto seed = std::uint64_t{GetParam()} * 1'000'000 + i;
    auto seen = play({.seed = seed, .incidents = incidents_of(seed)});
    ASSERT_TRUE(seen.violations.empty())
      << "seed " << seed << "\n"
      << text_of(seen) << "run: scripts/simulate -seeds 1 -from " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Shard, Histories, ::testing::Range(0U, 8U));

TEST(History, IsRepeatedToTheByteByItsSeed) {
  auto trace_of = [](std::uint64_t seed) {
    return play({.seed = seed,
                 .incidents = incidents_of(seed),
                 .trace_lines = 1'000'000})
      .trace;
  };
  auto first = trace_of(11);
  EXPECT_EQ(first, trace_of(11));
  EXPECT_NE(first, trace_of(12));
  EXPECT_NE(first.find("acquired leadership lock"), std::string::npos);
}

// -- scenarios of 6.3 ---------------------------------------------------------

incident on(fault what, nanoseconds at, std::size_t machine,
            std::uint64_t number = 0) {
  return {.at = at, .what = what, .machine = machine, .number = number};
}

/// The same on all three machines, whoever leads.
std::vector<incident> everywhere(fault what, nanoseconds at,
                                 nanoseconds apart = 0s) {
  auto out = std::vector<incident>{};
  for (auto i = std::size_t{0}; i < 3; ++i)
    out.push_back(on(what, at + static_cast<std::int64_t>(i) * apart, i));
  return out;
}

std::vector<incident> all_of(std::vector<std::vector<incident>> xs) {
  auto out = std::vector<incident>{};
  for (auto& x : xs)
    out.insert(out.end(), x.begin(), x.end());
  std::ranges::stable_sort(out, {}, &incident::at);
  return out;
}

struct scenario {
  const char* name;
  std::vector<incident> incidents;
};

std::ostream& operator<<(std::ostream& out, const scenario& x) {
  return out << x.name;
}

class Scenario : public ::testing::TestWithParam<scenario> {};

TEST_P(Scenario, KeepsEveryInvariant) {
  for (auto seed = std::uint64_t{1}; seed <= scenario_seeds; ++seed) {
    auto seen = play({.seed = seed, .incidents = GetParam().incidents});
    EXPECT_TRUE(seen.violations.empty()) << "seed " << seed << "\n"
                                         << text_of(seen);
    EXPECT_GE(seen.applies, 3u);
  }
}

const scenario scenarios[] = {
  {"TerminatedInTurn", everywhere(fault::terminate, 20s, 15s)},
  {"KilledInTurn", all_of({everywhere(fault::kill, 20s, 20s),
                           everywhere(fault::boot, 25s, 20s)})},
  {"PausedAndResumed", all_of({everywhere(fault::pause, 20s, 70s),
                               everywhere(fault::resume, 80s, 70s)})},
  {"CutFromConsulAndHealed", all_of({everywhere(fault::cut_agent, 20s, 70s),
                                     everywhere(fault::heal_agent, 75s, 70s)})},
  {"AnswersLost", all_of({everywhere(fault::mute_agent, 20s, 70s),
                          everywhere(fault::heal_agent, 45s, 70s)})},
  {"ConsulElectsTwice",
   {on(fault::elect_consul_leader, 20s, 0, 3000),
    on(fault::elect_consul_leader, 40s, 0, 2001)}},
  {"TransactionsAnsweredInSilence",
   all_of({everywhere(fault::lose_transaction, 5s),
           everywhere(fault::lose_transaction, 20s, 1s),
           {on(fault::register_instance, 20s, 0, 1)}})},
  {"LockDeleted",
   {on(fault::delete_lock, 20s, 0), on(fault::delete_lock, 40s, 0)}},
  {"LockOverwritten", {on(fault::overwrite_lock, 20s, 0)}},
  {"WallClocksStepped", everywhere(fault::step_wall_clock, 20s, 5s)},
  {"TasksCreatedAndDeletedThroughFailovers",
   all_of({everywhere(fault::create_task, 18s),
           everywhere(fault::terminate, 20s, 20s),
           everywhere(fault::boot, 35s, 20s),
           everywhere(fault::delete_task, 90s)})},
  {"AgentsKilledInTurn", all_of({everywhere(fault::kill_agent, 20s, 40s),
                                 everywhere(fault::heal_agent, 30s, 40s)})},
};

INSTANTIATE_TEST_SUITE_P(Of, Scenario, ::testing::ValuesIn(scenarios),
                         [](const auto& x) { return x.param.name; });

// -- the oracle is not blind --------------------------------------------------

/// Leaders freeze and are cut off while runs go on, again and again.
std::vector<incident> hard_times() {
  auto changes = std::vector<incident>{};
  for (auto i = 0; i < 24; ++i)
    changes.push_back(on(fault::register_instance, 10s + i * 6s, 0,
                         static_cast<std::uint64_t>(i)));
  return all_of({changes, everywhere(fault::pause, 22s, 5s),
                 everywhere(fault::resume, 65s, 5s),
                 everywhere(fault::cut_agent, 80s, 0s),
                 everywhere(fault::heal_agent, 150s, 0s)});
}

/// `first`: a seed that is known to show it, so that the search is short.
bool breaks(const char* invariant, std::uint64_t first,
            const tampering& tamper) {
  for (auto seed = first; seed < first + 40; ++seed) {
    auto seen
      = play({.seed = seed, .incidents = hard_times(), .tamper = tamper});
    for (const auto& x : seen.violations)
      if (x.invariant == invariant) {
        ::testing::Test::RecordProperty("seed", static_cast<int>(seed));
        return true;
      }
  }
  return false;
}

TEST(Mutation, WithoutTheSessionsCheckAFormerLeaderWrites) {
  EXPECT_TRUE(breaks("I5", 6, [](outside& x, const std::string&) {
    x.exchange
      = [next = x.exchange](http_request request, answer_to<http_reply> tell) {
          // The operation that proves the lock becomes one that proves nothing.
          const auto needle = std::string{"\"Verb\":\"check-session\""};
          for (auto at = request.body.find(needle); at != std::string::npos;
               at = request.body.find(needle))
            request.body.replace(at, needle.size(), "\"Verb\":\"get\"");
          next(std::move(request), std::move(tell));
        };
  }));
}

} // namespace
} // namespace cts::simulation
