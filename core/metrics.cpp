#include "core/metrics.hpp"

#include <algorithm>
#include <numeric>

namespace cts::metrics {

namespace {

/// As many tasks are counted one by one.
constexpr auto tasks_counted_max = std::size_t{10'000};

double seconds(duration x) {
  return std::chrono::duration<double>(x).count();
}

} // namespace

std::uint64_t histogram::count() const {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

void add(histogram& to, duration value) {
  if (value < duration{0})
    return;
  auto at = std::lower_bound(histogram::bounds.begin(), histogram::bounds.end(),
                             seconds(value));
  ++to.counts.at(static_cast<std::size_t>(at - histogram::bounds.begin()));
  to.sum += seconds(value);
}

void note(state& s, const run_ended& x) {
  add(s.run_time, x.took);
  if (s.tasks.size() >= tasks_counted_max && !s.tasks.contains(x.task))
    return;
  auto& tally = s.tasks[x.task];
  ++tally.runs;
  if (x.failed)
    ++tally.failures;
}

std::optional<duration> oldest_answer(const state& s, time_point now) {
  if (s.watches.empty())
    return std::nullopt;
  auto oldest = std::ranges::min_element(
    s.watches, {}, [](const auto& each) { return each.second; });
  return std::max(duration{0}, now - oldest->second);
}

} // namespace cts::metrics
