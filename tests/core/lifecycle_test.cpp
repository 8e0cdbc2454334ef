#include "core/lifecycle.hpp"

#include <gtest/gtest.h>

namespace cts::lifecycle {
namespace {

using namespace std::chrono_literals;
using effects = std::vector<effect>;

/// An instance and the time; each event returns what it led to.
class Lifecycle : public ::testing::Test {
protected:
  template <class Event>
  effects on(const Event& event) {
    auto [next, out] = step(std::move(s), event, now);
    s = std::move(next);
    return out;
  }

  void reach_once_mode() {
    on(started{});
    on(consul_probed{.has_leader = true});
    on(program_found{});
    on(api_opened{});
  }

  void reach_monitoring() {
    reach_once_mode();
    on(once_over{});
  }

  time_point now = time_point{} + 1h;
  state s{};
};

TEST_F(Lifecycle, OpensTheApiBeforeAnyTaskRuns) {
  EXPECT_EQ(on(started{}), effects{probe_consul{}});
  EXPECT_EQ(on(consul_probed{.has_leader = true}), effects{find_program{}});
  EXPECT_EQ(on(program_found{}), effects{open_api{}});
  EXPECT_EQ(on(api_opened{}), (effects{register_instance{}, start_tasks{}}));
}

TEST_F(Lifecycle, OpensNoApiInOnceMode) {
  s.once = true;
  on(started{});
  on(consul_probed{.has_leader = true});
  EXPECT_EQ(on(program_found{}), effects{start_tasks{}});
}

TEST_F(Lifecycle, RendersTemplatesBeforeThePortIsBound) {
  s.dynamic = true;
  on(started{});
  on(consul_probed{.has_leader = true});
  EXPECT_EQ(on(program_found{}), effects{render_values{}});
  EXPECT_EQ(on(values_rendered{}), effects{open_api{}});
  EXPECT_TRUE(on(values_rendered{}).empty());
}

TEST_F(Lifecycle, RendersTemplatesInOnceModeToo) {
  s.dynamic = true;
  s.once = true;
  on(started{});
  on(consul_probed{.has_leader = true});
  on(program_found{});
  EXPECT_EQ(on(values_rendered{}), effects{start_tasks{}});
}

TEST_F(Lifecycle, EndsWithElevenIfATemplateCannotBeRendered) {
  s.dynamic = true;
  on(started{});
  on(consul_probed{.has_leader = true});
  on(program_found{});
  EXPECT_EQ(on(values_refused{"no key"}),
            (effects{report_error{"error initializing controller", "no key"},
                     end{exit_code::runtime_error}}));
  EXPECT_TRUE(on(values_rendered{}).empty());
}

TEST_F(Lifecycle, EndsWithSuccessWhenOnceModeIsOver) {
  s.once = true;
  on(started{});
  on(consul_probed{.has_leader = true});
  on(program_found{});
  auto out = on(once_over{});
  EXPECT_EQ(out.front(), effect{stop_tasks{.grace = 10s}});
  EXPECT_EQ(on(tasks_stopped{}), effects{end{exit_code::success}});
}

TEST_F(Lifecycle, EndsAtOnceWithFifteenIfConsulRefusesConnections) {
  on(started{});
  EXPECT_EQ(
    on(consul_unreachable{"connection refused"}),
    (effects{report_error{"error setting up controller", "connection refused"},
             end{exit_code::configuration_error}}));
}

TEST_F(Lifecycle, TriesAnUnreachableAgentForTheStartupWait) {
  s.startup_wait = 2s;
  on(started{});
  EXPECT_EQ(on(consul_unreachable{"x"}), effects{arm_timer{now + 1s}});
  now += 1s;
  EXPECT_EQ(on(timer_elapsed{}), effects{probe_consul{}});
  EXPECT_EQ(on(consul_unreachable{"x"}), effects{arm_timer{now + 1s}});
  now += 1s;
  on(timer_elapsed{});
  EXPECT_EQ(on(consul_unreachable{"x"}).back(),
            effect{end{exit_code::configuration_error}});
}

TEST_F(Lifecycle, WaitsAboutAMinuteForALeader) {
  on(started{});
  auto began = now;
  for (auto pause : {2s, 4s, 8s, 16s, 32s}) {
    EXPECT_EQ(on(consul_probed{}), effects{arm_timer{now + pause}});
    EXPECT_TRUE(on(timer_elapsed{}).empty());
    now += pause;
    EXPECT_EQ(on(timer_elapsed{}), effects{probe_consul{}});
  }
  EXPECT_EQ(on(consul_probed{}).front(),
            (effect{report_error{"error setting up controller",
                                 "client set: no consul leader detected"}}));
  EXPECT_EQ(now - began, 62s);
}

TEST_F(Lifecycle, EndsWithSixteenWithoutAProgram) {
  on(started{});
  on(consul_probed{.has_leader = true});
  EXPECT_EQ(on(program_missing{"no terraform"}).back(),
            effect{end{exit_code::driver_error}});
}

TEST_F(Lifecycle, RunsNoTaskIfThePortIsTaken) {
  on(started{});
  on(consul_probed{.has_leader = true});
  on(program_found{});
  EXPECT_EQ(on(api_failed{"in use"}),
            (effects{report_error{"error running controller", "in use"},
                     end{exit_code::runtime_error}}));
}

TEST_F(Lifecycle, EndsWithElevenAfterAFailureInOnceMode) {
  reach_once_mode();
  auto out = on(once_over{.error = "boom"});
  EXPECT_EQ(out.front(),
            (effect{report_error{"error running controller", "boom"}}));
  on(tasks_stopped{});
  EXPECT_EQ(on(api_closed{}), effects{deregister_instance{}});
  EXPECT_EQ(on(deregistered{}), effects{end{exit_code::runtime_error}});
}

TEST_F(Lifecycle, HasTheTasksCreatedAgainWhenTheirSupervisorWasRestarted) {
  reach_once_mode();
  EXPECT_EQ(on(tasks_lost{}), effects{start_tasks{}});
  on(once_over{});
  EXPECT_EQ(on(tasks_lost{}), effects{start_tasks{.resume = true}});
  on(once_over{.error = "ignored: all have run before"});
  EXPECT_EQ(s.at, step_at::monitoring);
  on(stop_requested{});
  EXPECT_TRUE(on(tasks_lost{}).empty());
}

TEST_F(Lifecycle, StopsTasksThenTheApiThenLeavesTheCatalog) {
  reach_monitoring();
  EXPECT_EQ(on(stop_requested{}),
            (effects{stop_tasks{.grace = 10s}, arm_timer{now + 10s}}));
  EXPECT_EQ(on(tasks_stopped{}), effects{close_api{}});
  EXPECT_EQ(on(api_closed{}), effects{deregister_instance{}});
  EXPECT_EQ(on(deregistered{}), effects{end{exit_code::success}});
}

TEST_F(Lifecycle, EndsWithTwelveWhenTasksOutliveTheGrace) {
  reach_monitoring();
  on(stop_requested{});
  now += 10s;
  EXPECT_EQ(on(timer_elapsed{}), effects{arm_timer{now + 2s}});
  now += 2s;
  EXPECT_EQ(on(timer_elapsed{}), effects{close_api{}});
  on(api_closed{});
  EXPECT_EQ(on(deregistered{}), effects{end{exit_code::stop_timed_out}});
}

TEST_F(Lifecycle, KeepsTheCodeOfAnErrorWhenItsTasksOutliveTheGrace) {
  reach_once_mode();
  on(once_over{.error = "boom"});
  now += 10s;
  EXPECT_EQ(on(timer_elapsed{}), effects{arm_timer{now + 2s}});
  now += 2s;
  EXPECT_EQ(on(timer_elapsed{}), effects{close_api{}});
  on(api_closed{});
  EXPECT_EQ(on(deregistered{}), effects{end{exit_code::runtime_error}});
}

TEST_F(Lifecycle, StopsNowAtTheSecondSignal) {
  reach_monitoring();
  on(stop_requested{});
  EXPECT_EQ(on(stop_requested{}).front(), effect{stop_tasks{.grace = 0s}});
}

TEST_F(Lifecycle, EndsWithElevenWhenAPartIsLost) {
  reach_monitoring();
  auto out = on(part_lost{"task manager failed too often"});
  EXPECT_EQ(out.front(), effect{report_unexpected_end{}});
  on(tasks_stopped{});
  EXPECT_EQ(on(api_closed{}), effects{deregister_instance{}});
  EXPECT_EQ(on(deregistered{}), effects{end{exit_code::runtime_error}});
}

TEST_F(Lifecycle, EndsWithoutWaitingForAnApiThatHasNotOpened) {
  on(started{});
  on(consul_probed{.has_leader = true});
  on(program_found{});
  EXPECT_EQ(on(stop_requested{}), effects{end{exit_code::success}});
  EXPECT_TRUE(on(api_opened{}).empty());
}

TEST_F(Lifecycle, StartsNothingOnceItIsStopping) {
  on(started{});
  on(stop_requested{});
  EXPECT_TRUE(on(consul_probed{.has_leader = true}).empty());
  EXPECT_TRUE(on(program_found{}).empty());
  EXPECT_TRUE(on(once_over{}).empty());
}

// With high availability a run that goes on is let finish, the second signal
// interrupts it, and the third one kills it.
TEST_F(Lifecycle, LeavesRunsAloneUntilTheSecondSignalIfTheyMayDrain) {
  s.drain = 10min;
  s.hurry_grace = 10s;
  s.leave_margin = 15s;
  reach_monitoring();
  EXPECT_EQ(on(stop_requested{}),
            (effects{stop_tasks{.grace = 10s, .drain = 10min},
                     arm_timer{now + 10min + 25s}}));
  EXPECT_EQ(on(stop_requested{}),
            (effects{stop_tasks{.grace = 10s}, arm_timer{now + 25s}}));
  EXPECT_EQ(on(stop_requested{}),
            (effects{stop_tasks{.grace = 0s}, arm_timer{now}}));
}

} // namespace
} // namespace cts::lifecycle
