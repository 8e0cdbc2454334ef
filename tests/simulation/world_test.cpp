#include "tests/simulation/world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace cts::simulation {
namespace {

using namespace std::chrono_literals;

struct said {
  nanoseconds at{};
  std::string machine{};
  std::string sentence{};
};

struct seen_process {
  nanoseconds at{};
  std::string machine{};
  std::string task{};
  std::string command{};
  bool began = false;
};

/// A cluster and what is to be seen of it.
class watched {
public:
  explicit watched(world_options options) : x(std::move(options)) {
    x.observe({.process = [this](const auto& each) { add(each); },
               .log =
                 [this](const std::string& where, const log::line& line) {
                   words.push_back({x.engine().now(),
                                    where.substr(0, where.find('.')),
                                    std::string{line.sentence}});
                 }});
  }
  ~watched() { x.observe({}); }
  watched(const watched&) = delete;
  watched& operator=(const watched&) = delete;

  std::size_t count(const std::string& machine, const std::string& what) const {
    return static_cast<std::size_t>(
      std::ranges::count_if(words, [&](const auto& each) {
        return each.machine.starts_with(machine)
               && each.sentence.find(what) != std::string::npos;
      }));
  }

  /// Who has taken the lock last.
  std::string leader() const {
    auto out = std::string{};
    for (const auto& each : words)
      if (each.sentence == "acquired leadership lock")
        out = each.machine;
    return out;
  }

  /// When a process of the task began or ended for the first time since then.
  std::optional<seen_process> first(const seen_process& like) const {
    for (const auto& each : processes)
      if (each.at >= like.at && each.task == like.task
          && each.command == like.command && each.began == like.began)
        return each;
    return std::nullopt;
  }

  world x;
  std::vector<said> words{};
  std::vector<seen_process> processes{};

private:
  void add(const terraform_process& each) {
    if (each.request().fenced)
      processes.push_back({x.engine().now(), each.machine(), each.task(),
                           each.command(), each.is_alive()});
  }
};

/// A leader with a run of t0 that does not even end when it is interrupted.
std::string lead_with_stubborn_run(watched& y) {
  y.x.boot_all();
  y.x.advance(12s);
  y.x.habits().hanging = {"t0"};
  y.x.habits().stubborn = {"t0"};
  y.x.register_service("t0", "a");
  y.x.advance(8s);
  y.x.habits().hanging.clear();
  return y.leader();
}

// 6.3, 4.
TEST(Witness, GivesTheLockOfADeadWorkerBackAtOnce) {
  // The others have no other way to learn of its death in time.
  auto y = watched{{.adjust = [](auto& settings, const auto&) {
    settings.high_availability->failover.peer_link = false;
    settings.high_availability->failover.process_check = false;
  }}};
  y.x.boot_all();
  y.x.advance(12s);
  auto former = y.leader();
  y.x.at(former).kill();
  y.x.advance(250ms);
  EXPECT_NE(y.leader(), former);
}

/// A leader that dies as long before it starts a run of t0, which it tells when
/// the intent is answered. How long t0 then waits for its next run.
nanoseconds wait_after_death(nanoseconds before_start) {
  auto run_at = [](watched& y) {
    y.x.boot_all();
    y.x.advance(12s);
    y.x.register_service("t0", "a");
  };
  auto start_of_run = [&] {
    auto y = watched{{}};
    run_at(y);
    auto from = y.x.engine().now();
    y.x.advance(8s);
    return std::ranges::find_if(y.words,
                                [&](const auto& each) {
                                  return each.at >= from
                                         && each.sentence == "executing task";
                                })
      ->at;
  };
  static const auto usual_start = start_of_run();
  auto y = watched{{}};
  run_at(y);
  y.x.advance(usual_start - before_start - y.x.engine().now());
  auto killed_at = y.x.engine().now();
  y.x.at(y.leader()).kill();
  y.x.advance(40s);
  auto again = y.first(
    {.at = killed_at, .task = "t0", .command = "apply", .began = true});
  return again ? again->at - killed_at : nanoseconds{1h};
}

// At some of these moments the intent is committed, and no process knows it.
TEST(Witness, TellsTheEndOfARunThatWasAboutToBegin) {
  for (auto before = 0us; before < 4ms; before += 100us)
    EXPECT_LT(wait_after_death(before), 5s) << before.count() << " us";
}

// 6.3, 5; 4.8. The lease lasts 20 s.
TEST(Witness, TellsTheEndOfARunWhenItsLastProcessIsGone) {
  auto y = watched{{}};
  auto former = lead_with_stubborn_run(y);
  auto killed_at = y.x.engine().now();
  y.x.at(former).kill();
  y.x.advance(15s);
  auto ended = y.first({.at = killed_at, .task = "t0", .command = "apply"});
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->machine, former);
  // The second interrupt is too much for it.
  EXPECT_GT(ended->at - killed_at, 3'900ms);
  EXPECT_LT(ended->at - killed_at, 10'200ms);
  auto again = y.first(
    {.at = killed_at, .task = "t0", .command = "apply", .began = true});
  ASSERT_TRUE(again);
  EXPECT_NE(again->machine, former);
  EXPECT_GT(again->at, ended->at);
  EXPECT_LT(again->at - ended->at, 1s);
  // The lock of the killed process does not stand in its way.
  EXPECT_EQ(y.count("", "waiting for the state lock"), 0u);
}

// 6.3, 9.
TEST(Witness, GivesTheLockOfAHangingWorkerBack) {
  auto y = watched{{}};
  auto former = lead_with_stubborn_run(y);
  auto paused_at = y.x.engine().now();
  y.x.at(former).pause(true);
  y.x.advance(4'400ms);
  EXPECT_EQ(y.leader(), former);
  y.x.advance(1'200ms);
  EXPECT_NE(y.leader(), former);
  y.x.advance(55s);
  y.x.at(former).pause(false);
  auto resumed_at = y.x.engine().now();
  y.x.register_service("t1", "b");
  y.x.advance(20s);
  for (const auto& each : y.processes)
    EXPECT_FALSE(each.began && each.machine == former && each.at > paused_at)
      << each.command << " of " << each.task;
  EXPECT_EQ(y.count(former, "lost leadership lock"), 1u);
  EXPECT_TRUE(y.first(
    {.at = resumed_at, .task = "t1", .command = "apply", .began = true}));
}

// 6.3, 7.
TEST(Witness, IsReplacedWithoutAFailover) {
  auto y = watched{{}};
  auto leader = lead_with_stubborn_run(y);
  auto killed_at = y.x.engine().now();
  y.x.register_service("t1", "b");
  y.x.at(leader).kill_witness();
  y.x.advance(25s);
  auto ended = y.first({.at = killed_at, .task = "t0", .command = "apply"});
  ASSERT_TRUE(ended);
  EXPECT_LT(ended->at - killed_at, 10'200ms);
  // Nothing starts meanwhile.
  auto next = y.first(
    {.at = killed_at, .task = "t1", .command = "apply", .began = true});
  ASSERT_TRUE(next);
  EXPECT_GT(next->at, ended->at + 100ms);
  EXPECT_TRUE(y.first(
    {.at = ended->at, .task = "t0", .command = "apply", .began = true}));
  EXPECT_EQ(y.count("", "acquired leadership lock"), 1u);
}

// It registers again what the witness of the former one gives back.
TEST(Witness, LeavesTheNextProcessWithItsService) {
  for (auto seed = std::uint64_t{1}; seed <= 3; ++seed) {
    auto y = watched{{.seed = seed}};
    auto former = lead_with_stubborn_run(y);
    y.x.at(former).kill();
    y.x.advance(700ms);
    y.x.at(former).boot();
    y.x.advance(12s);
    EXPECT_EQ(y.count(former, "joined the cluster"), 2u);
    EXPECT_EQ(y.count(former, "does not depend on the process check"), 0u);
    // So its end is noticed when worker and witness die at once.
    auto status = 0;
    y.x.network().exchange(
      former,
      {.id = std::uint64_t{1} << 40U,
       .method = "GET",
       .url = "http://agent/v1/agent/service/" + former,
       .deadline = 10s},
      [&](const result<http_reply>& x) { status = x ? x->status : 0; });
    y.x.advance(1s);
    EXPECT_EQ(status, 200);
  }
}

// 6.2, I14: the lease of the former leader has to be waited for.
TEST(World, KeepsNoSlotForATaskThatWaits) {
  auto y = watched{{.adjust = [](auto& settings, const auto&) {
    settings.max_parallel_runs = 1;
  }}};
  auto former = lead_with_stubborn_run(y);
  auto lost_at = y.x.engine().now();
  y.x.at(former).power_off();
  y.x.advance(40s);
  auto start_of = [&](const task_name& task) {
    auto found = y.first(
      {.at = lost_at, .task = task, .command = "apply", .began = true});
    return found ? found->at - lost_at : nanoseconds::max();
  };
  EXPECT_LT(start_of("t1"), 8s);
  EXPECT_LT(start_of("t2"), 8s);
  EXPECT_GT(start_of("t0"), 14s);
  EXPECT_LT(start_of("t0"), 25s);
}

// 6.3, 41.
TEST(World, StartsAHundredTasksAtOnceThoughSomeHangOrFail) {
  auto names = std::vector<task_name>{};
  for (auto i = 0; i < 100; ++i)
    names.push_back("t" + std::to_string(i));
  auto y = watched{{.tasks = names,
                    .habits = {.failing = {"t1"}, .hanging = {"t0"}},
                    .adjust = [](auto& settings, const auto&) {
                      settings.max_parallel_runs = 0;
                      // Watches of their own would take turns (200 a second).
                      for (auto& x : settings.tasks)
                        x.condition = task_named("t2").condition;
                    }}};
  y.x.boot_all();
  y.x.advance(20s);
  auto killed_at = y.x.engine().now();
  y.x.at(y.leader()).kill();
  y.x.advance(5s);
  auto first = nanoseconds::max();
  auto last = nanoseconds{0};
  for (const auto& name : names) {
    if (name == "t0" || name == "t1")
      continue;
    auto found = y.first(
      {.at = killed_at, .task = name, .command = "apply", .began = true});
    ASSERT_TRUE(found) << name;
    first = std::min(first, found->at);
    last = std::max(last, found->at);
  }
  EXPECT_LT(last - first, 100ms);
}

// 6.3, 39.
TEST(World, HasNoRoomForTwoInstancesWithOneId) {
  auto y = watched{{.adjust = [](auto& settings, const auto& machine) {
    if (machine == "cts-2")
      settings.id = "cts-0";
  }}};
  y.x.at(0).boot();
  y.x.advance(20s);
  EXPECT_EQ(y.leader(), "cts-0");
  y.x.at(2).boot();
  y.x.advance(2min);
  EXPECT_EQ(y.x.at(2).last_exit_code(), 11);
  EXPECT_EQ(y.count("cts-2", "is already used by a running instance"), 1u);
  EXPECT_EQ(y.count("", "acquired leadership lock"), 1u);
  EXPECT_EQ(y.count("cts-0", "lost leadership lock"), 0u);
  EXPECT_TRUE(y.x.at(0).is_up());
}

} // namespace
} // namespace cts::simulation
