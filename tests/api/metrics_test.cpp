#include "api/metrics.hpp"

#include "tests/api/samples.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <regex>
#include <set>

namespace cts::api {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

/// Everything that can be shown is shown.
measures full() {
  auto state = std::make_shared<metrics::state>();
  note(*state, {.task = "task_a", .took = 2s});
  note(*state, {.task = "task_a", .failed = true, .took = 20s});
  add(state->request_time, 2ms);
  state->renders = 7;
  auto now = time_point{1h};
  state->watches = {{"a", now - 3s}, {"b", now - 9s}};
  state->election
    = metrics::election_tally{.role = ha::role::leader,
                              .epoch = 17,
                              .renewed_at = now - 1500ms,
                              .renewals_failed = 2,
                              .failovers = {{"peer", 1}, {"vacant", 1}},
                              .losses = 3};
  state->promotion = {{"load", 250ms}, {"once", 3s}};
  return {.state = std::move(state), .at = now};
}

/// The names behind `# TYPE`, with their types.
std::set<std::string> shown(const std::string& text) {
  auto out = std::set<std::string>{};
  auto line = std::regex{"# TYPE (\\S+) (\\S+)"};
  for (auto each = std::sregex_iterator{text.begin(), text.end(), line};
       each != std::sregex_iterator{}; ++each)
    out.insert((*each)[1].str() + " " + (*each)[2].str());
  return out;
}

/// The rows of docs/metrics.md, likewise.
std::set<std::string> described() {
  auto file = std::ifstream{CTS_SOURCE_DIR "/docs/metrics.md"};
  auto text = std::string{std::istreambuf_iterator<char>{file}, {}};
  auto out = std::set<std::string>{};
  auto row = std::regex{"\\n\\| `(cts_\\w+)` \\| (\\w+) \\|"};
  for (auto each = std::sregex_iterator{text.begin(), text.end(), row};
       each != std::sregex_iterator{}; ++each)
    out.insert((*each)[1].str() + " " + (*each)[2].str());
  return out;
}

std::string text() {
  return metrics_text(tests::sample_tasks(), full());
}

TEST(MetricsText, ShowsWhatThePageDescribesAndNothingElse) {
  EXPECT_EQ(shown(text()), described());
}

TEST(MetricsText, CountsRunsByTask) {
  EXPECT_THAT(text(), HasSubstr("cts_task_runs_total{task=\"task_a\"} 2"));
  EXPECT_THAT(text(),
              HasSubstr("cts_task_run_failures_total{task=\"task_a\"} 1"));
  EXPECT_THAT(text(), HasSubstr("cts_input_renders_total 7"));
}

TEST(MetricsText, AddsUpTheBucketsOfAHistogram) {
  EXPECT_THAT(text(), HasSubstr("cts_run_duration_seconds_count 2"));
  EXPECT_THAT(text(), HasSubstr("cts_run_duration_seconds_sum 22"));
  EXPECT_THAT(text(), HasSubstr("cts_run_duration_seconds_bucket{le=\"1\"} 0"));
  EXPECT_THAT(text(), HasSubstr("cts_run_duration_seconds_bucket{le=\"5\"} 1"));
  EXPECT_THAT(text(),
              HasSubstr("cts_run_duration_seconds_bucket{le=\"60\"} 2"));
  EXPECT_THAT(text(),
              HasSubstr("cts_run_duration_seconds_bucket{le=\"+Inf\"} 2"));
}

TEST(MetricsText, CountsTasksByPhaseAndWhatTheyWaitFor) {
  auto tasks = tests::sample_tasks();
  tasks.tasks[0].phase = task_phase::running;
  tasks.tasks[1].phase = task_phase::queued;
  tasks.tasks[2].phase = task_phase::queued;
  tasks.tasks[2].waiting = true;
  tasks.tasks[2].due = true;
  auto out = metrics_text(tasks, {});
  EXPECT_THAT(out, HasSubstr("cts_tasks{phase=\"queued\"} 2"));
  EXPECT_THAT(out, HasSubstr("cts_tasks{phase=\"idle\"} 0"));
  EXPECT_THAT(out, HasSubstr("cts_run_queue_length 2"));
  EXPECT_THAT(out, HasSubstr("cts_runs_active 1"));
  EXPECT_THAT(out, HasSubstr("cts_tasks_due 1"));
  EXPECT_THAT(out, HasSubstr("cts_ha_tasks_waiting 1"));
}

TEST(MetricsText, TellsTheElection) {
  EXPECT_THAT(text(), HasSubstr("cts_ha_leader 1"));
  EXPECT_THAT(text(), HasSubstr("cts_ha_role{role=\"leader\"} 1"));
  EXPECT_THAT(text(), HasSubstr("cts_ha_role{role=\"follower\"} 0"));
  EXPECT_THAT(text(), HasSubstr("cts_ha_epoch 17"));
  EXPECT_THAT(text(), HasSubstr("cts_ha_renewal_age_seconds 1.5"));
  EXPECT_THAT(text(), HasSubstr("cts_ha_renewals_failed_total 2"));
  EXPECT_THAT(text(), HasSubstr("cts_ha_failovers_total{detector=\"peer\"} 1"));
  EXPECT_THAT(text(),
              HasSubstr("cts_ha_failovers_total{detector=\"release\"} 0"));
  EXPECT_THAT(text(), HasSubstr("cts_ha_lock_losses_total 3"));
  EXPECT_THAT(text(),
              HasSubstr("cts_ha_promotion_seconds{phase=\"load\"} 0.25"));
}

TEST(MetricsText, TellsHowOldTheNewsOfConsulMayBe) {
  EXPECT_THAT(text(), HasSubstr("cts_watches 2"));
  EXPECT_THAT(text(), HasSubstr("cts_watch_oldest_answer_seconds 9"));
}

TEST(MetricsText, KeepsSilentOfAnElectionThatThereIsNot) {
  auto measured = full();
  auto state = *measured.state;
  state.election.reset();
  state.watches.clear();
  measured.state = std::make_shared<metrics::state>(state);
  auto out = metrics_text(tests::sample_tasks(), measured);
  EXPECT_THAT(out, Not(HasSubstr("cts_ha_epoch")));
  EXPECT_THAT(out, Not(HasSubstr("cts_watch_oldest_answer_seconds")));
}

} // namespace
} // namespace cts::api
