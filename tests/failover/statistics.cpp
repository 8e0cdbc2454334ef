#include "tests/failover/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <map>
#include <sstream>

namespace cts::failover {

namespace {

using std::chrono::milliseconds;

double milliseconds_of(std::chrono::microseconds x) {
  return static_cast<double>(x.count()) / 1000;
}

/// Whole milliseconds, and no more digits than were measured.
std::string shown(double value) {
  auto out = std::ostringstream{};
  out << std::fixed << std::setprecision(value < 10 ? 1 : 0) << value;
  return out.str();
}

struct bound_check {
  std::string where{};
  std::vector<std::string>& broken;

  void at_most(const std::string& title, double value,
               bounds::duration bound) const {
    if (bound && value > static_cast<double>(bound->count()))
      broken.push_back(where + ": " + title + " is " + shown(value)
                       + " ms, the bound is " + std::to_string(bound->count())
                       + " ms");
  }
};

void check_lock(const trial_group& x, const bound_check& check) {
  const auto& bound = x.fault->bounds;
  auto times = values_of(x.trials, &measurement::lock);
  if (times.empty())
    return;
  auto all = summarise(times);
  check.at_most("fault to lock moved, median,", all.median, bound.lock_median);
  check.at_most("fault to lock moved, p99,", all.p99, bound.lock_p99);
  check.at_most("fault to lock moved, at most,", all.max, bound.lock_max);
  for (const auto& t : x.trials) {
    if (t.lock && t.detector.find("peer") != t.detector.npos)
      check.at_most("fault to lock moved by peers", milliseconds_of(*t.lock),
                    bound.lock_max_by_peers);
    if (t.lock && t.first_run)
      check.at_most(
        "lock moved to first run, trial " + std::to_string(t.trial) + ",",
        milliseconds_of(*t.first_run - *t.lock), bound.run_after_lock);
    if (t.lock && t.consul_back)
      check.at_most("Consul's return to lock moved",
                    milliseconds_of(*t.lock - *t.consul_back),
                    bound.lock_after_consul);
  }
}

void check_trial(const measurement& t, const bound_check& check) {
  auto add = [&](const std::string& text) {
    check.broken.push_back(check.where + ", trial " + std::to_string(t.trial)
                           + ": " + text);
  };
  for (const auto& x : t.overlaps)
    add("overlapping runs: " + x);
  for (const auto& x : t.missing)
    add("did not happen: " + x);
  if (t.needless > 0)
    add(std::to_string(t.needless) + " needless elections");
}

} // namespace

// Nearest rank: a value that was measured, never one between two.
distribution summarise(std::vector<double> values) {
  if (values.empty())
    return {};
  std::ranges::sort(values);
  auto rank = [&](double share) {
    auto at = std::ceil(share * static_cast<double>(values.size())) - 1;
    return values[static_cast<std::size_t>(std::max(at, 0.0))];
  };
  return {.count = values.size(),
          .min = values.front(),
          .median = rank(0.5),
          .p95 = rank(0.95),
          .p99 = rank(0.99),
          .max = values.back()};
}

std::vector<double> values_of(std::span<const measurement> trials,
                              measurement::span measurement::*field) {
  auto out = std::vector<double>{};
  for (const auto& x : trials)
    if (x.*field)
      out.push_back(milliseconds_of(*(x.*field)));
  return out;
}

std::vector<trial_group> group(std::span<const measurement> trials) {
  auto out = std::vector<trial_group>{};
  for (const auto& x : trials) {
    const auto* kind = find_fault(x.fault);
    auto found = std::ranges::find_if(out, [&](const auto& y) {
      return y.fault == kind && y.tasks == x.tasks;
    });
    if (found == out.end())
      found = out.insert(out.end(), {.fault = kind, .tasks = x.tasks});
    found->trials.push_back(x);
  }
  return out;
}

std::vector<std::string> broken_bounds(std::span<const measurement> trials) {
  auto out = std::vector<std::string>{};
  for (const auto& x : group(trials)) {
    auto check = bound_check{.where = std::string{x.fault->label} + ", "
                                      + std::to_string(x.tasks) + " tasks",
                             .broken = out};
    check_lock(x, check);
    for (auto value : values_of(x.trials, &measurement::again))
      check.at_most("fault to re-applied", value, x.fault->bounds.again_max);
    for (const auto& t : x.trials)
      check_trial(t, check);
  }
  return out;
}

} // namespace cts::failover
