#include "api/metrics.hpp"

#include "core/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <sstream>

namespace cts::api {

namespace {

namespace prom = prometheus;
using prom::ClientMetric;
using prom::MetricFamily;
using prom::MetricType;

using families = std::vector<MetricFamily>;

double seconds(duration x) {
  return std::chrono::duration<double>(x).count();
}

std::vector<ClientMetric::Label> label(const char* name,
                                       const std::string& value) {
  auto out = ClientMetric::Label{};
  out.name = name;
  out.value = value;
  return {out};
}

/// A metric in the making: its name, its meaning and its values.
class family {
public:
  family(families& to, MetricType type, const char* name, const char* help)
    : to_(to) {
    made_.name = name;
    made_.help = help;
    made_.type = type;
  }

  ~family() {
    if (!made_.metric.empty())
      to_.push_back(std::move(made_));
  }

  family(const family&) = delete;
  family& operator=(const family&) = delete;

  void add(double value, std::vector<ClientMetric::Label> labels = {}) {
    auto out = ClientMetric{};
    out.label = std::move(labels);
    out.counter.value = value;
    out.gauge.value = value;
    made_.metric.push_back(std::move(out));
  }

  void add(std::uint64_t value, std::vector<ClientMetric::Label> labels = {}) {
    add(static_cast<double>(value), std::move(labels));
  }

  void add(const metrics::histogram& x) {
    auto out = ClientMetric{};
    out.histogram.sample_count = x.count();
    out.histogram.sample_sum = x.sum;
    auto so_far = std::uint64_t{0};
    for (auto i = std::size_t{0}; i < x.counts.size(); ++i) {
      auto bucket = ClientMetric::Bucket{};
      so_far += x.counts[i];
      bucket.cumulative_count = so_far;
      bucket.upper_bound = i < x.bounds.size()
                             ? x.bounds[i]
                             : std::numeric_limits<double>::infinity();
      out.histogram.bucket.push_back(bucket);
    }
    made_.metric.push_back(std::move(out));
  }

private:
  families& to_;
  MetricFamily made_{};
};

constexpr auto counter = MetricType::Counter;
constexpr auto gauge = MetricType::Gauge;

// The metric is there for each phase, so that none has gaps.
void add_tasks(families& to, const task_views& tasks) {
  using enum task_phase;
  auto count = [&](auto is) {
    return static_cast<std::uint64_t>(std::ranges::count_if(tasks.tasks, is));
  };
  auto by_phase = family{to, gauge, "cts_tasks", "Tasks by what they do."};
  for (auto phase : {creating, idle, queued, running, disabled, failed})
    by_phase.add(
      count([phase](const task_view& x) { return x.phase == phase; }),
      label("phase", to_string(phase)));
  family{to, gauge, "cts_run_queue_length", "Runs that wait for a free slot."}
    .add(count([](const task_view& x) { return x.phase == queued; }));
  family{to, gauge, "cts_runs_active", "Runs that go on."}.add(
    count([](const task_view& x) { return x.phase == running; }));
  family{to, gauge, "cts_tasks_due",
         "Tasks that were triggered, or failed, and are still to be applied."}
    .add(count([](const task_view& x) { return x.due; }));
  family{to, gauge, "cts_ha_tasks_waiting",
         "Tasks that wait for a run of a former leader."}
    .add(count([](const task_view& x) { return x.waiting; }));
}

void add_runs(families& to, const metrics::state& x) {
  {
    auto runs
      = family{to, counter, "cts_task_runs_total", "Runs that ended, by task."};
    for (const auto& [task, tally] : x.tasks)
      runs.add(tally.runs, label("task", task));
  }
  {
    auto failures = family{to, counter, "cts_task_run_failures_total",
                           "Runs that failed, by task."};
    for (const auto& [task, tally] : x.tasks)
      failures.add(tally.failures, label("task", task));
  }
  family{to, MetricType::Histogram, "cts_run_duration_seconds",
         "How long runs took."}
    .add(x.run_time);
  family{to, counter, "cts_input_renders_total",
         "How often the input of a task was rendered."}
    .add(x.renders);
}

void add_watches(families& to, const measures& x) {
  family{to, gauge, "cts_watches", "Consul queries that are being watched."}
    .add(static_cast<std::uint64_t>(x.state->watches.size()));
  if (auto age = metrics::oldest_answer(*x.state, x.at))
    family{to, gauge, "cts_watch_oldest_answer_seconds",
           "Time since Consul answered the watched query that has been "
           "without an answer for longest."}
      .add(seconds(*age));
}

// The role is one of several values, of which one is 1.
void add_election(families& to, const metrics::election_tally& x,
                  time_point now) {
  using enum ha::role;
  auto leads = x.role == leader || x.role == loading || x.role == suspended;
  family{to, gauge, "cts_ha_leader", "1 while this instance leads, else 0."}
    .add(leads ? 1.0 : 0.0);
  {
    auto roles = family{to, gauge, "cts_ha_role",
                        "1 for the role of this instance, 0 for the others."};
    for (auto each : {joining, follower, candidate, loading, leader, suspended,
                      draining, lost, stopped})
      roles.add(x.role == each ? 1.0 : 0.0, label("role", to_string(each)));
  }
  family{to, gauge, "cts_ha_epoch",
         "The highest epoch that this instance knows of; 0: none yet."}
    .add(x.epoch);
  if (x.renewed_at)
    family{to, gauge, "cts_ha_renewal_age_seconds",
           "Time since Consul took this instance's session last."}
      .add(std::max(0.0, seconds(now - *x.renewed_at)));
  family{to, counter, "cts_ha_renewals_failed_total",
         "Renewals of the session that failed."}
    .add(x.renewals_failed);
  {
    auto failovers = family{to, counter, "cts_ha_failovers_total",
                            "Elections won, by how the vacancy was noticed."};
    for (const auto* each :
         {"vacant", "release", "witness", "peer", "session"}) {
      auto found = x.failovers.find(each);
      failovers.add(found == x.failovers.end() ? std::uint64_t{0}
                                               : found->second,
                    label("detector", each));
    }
  }
  family{to, counter, "cts_ha_lock_losses_total",
         "Terms that ended by the loss of the lock."}
    .add(x.losses);
}

void add_promotion(families& to, const metrics::state& x) {
  auto phases = family{to, gauge, "cts_ha_promotion_seconds",
                       "How long the phases of the newest promotion took."};
  for (const auto& [phase, took] : x.promotion)
    phases.add(seconds(took), label("phase", phase));
}

} // namespace

std::string metrics_text(const task_views& tasks, const measures& measured) {
  auto out = families{};
  add_tasks(out, tasks);
  if (const auto& state = measured.state) {
    add_runs(out, *state);
    add_watches(out, measured);
    family{out, MetricType::Histogram, "cts_api_request_duration_seconds",
           "How long the API took to answer."}
      .add(state->request_time);
    if (state->election)
      add_election(out, *state->election, measured.at);
    add_promotion(out, *state);
  }
  auto text = std::ostringstream{};
  prom::TextSerializer{}.Serialize(text, out);
  return std::move(text).str();
}

} // namespace cts::api
