#pragma once

#include "tests/failover/trial.hpp"

#include <span>
#include <string>
#include <vector>

namespace cts::failover {

/// Of spans of one kind, in milliseconds.
struct distribution {
  std::size_t count = 0;
  double min = 0;
  double median = 0;
  double p95 = 0;
  double p99 = 0;
  double max = 0;
};

/// The smallest values that so many percent of the values do not exceed.
distribution summarise(std::vector<double> milliseconds);

/// The values of one field, in milliseconds, where a trial has one.
std::vector<double> values_of(std::span<const measurement> trials,
                              measurement::span measurement::*field);

/// The trials of one fault with one number of tasks, in order of appearance.
struct trial_group {
  const failover::fault* fault = nullptr;
  int tasks = 0;
  std::vector<measurement> trials{};
};
std::vector<trial_group> group(std::span<const measurement> trials);

/// Tables in Markdown: times from the fault, then stages.
std::string markdown(std::span<const measurement> trials);

/// One line a trial, with a header; times in milliseconds.
std::string csv(std::span<const measurement> trials);

/// What `csv` wrote; of overlaps and losses the number is left. Throws
/// std::runtime_error for anything else.
std::vector<measurement> parse_csv(const std::string& text);

/// Each bound of table 4.10 that is exceeded, each overlap and each loss, as a
/// sentence.
std::vector<std::string> broken_bounds(std::span<const measurement> trials);

/// A picture: a row for each group, a mark for each trial.
std::string svg(std::span<const measurement> trials);

} // namespace cts::failover
