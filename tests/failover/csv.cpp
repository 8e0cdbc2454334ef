#include "tests/failover/statistics.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <sstream>
#include <stdexcept>

// Measurements as lines of text, and back.
namespace cts::failover {

namespace {

struct column {
  const char* title;
  measurement::span measurement::*value;
};

constexpr auto times = std::array{
  column{"lock_ms", &measurement::lock},
  column{"loaded_ms", &measurement::loaded},
  column{"first_run_ms", &measurement::first_run},
  column{"first_work_ms", &measurement::first_work},
  column{"first_applied_ms", &measurement::first_applied},
  column{"all_applied_ms", &measurement::all_applied},
  column{"again_ms", &measurement::again},
  column{"consul_back_ms", &measurement::consul_back},
  column{"change_applied_ms", &measurement::change_applied},
};

std::string header() {
  auto out = std::string{"fault,tasks,trial,detector"};
  for (const auto& x : times)
    out += ',' + std::string{x.title};
  return out + ",needless,overlaps,missing";
}

/// Whole microseconds.
std::string text_of(std::chrono::microseconds x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f",
                static_cast<double>(x.count()) / 1000);
  return text;
}

class cells {
public:
  explicit cells(const std::string& line) : in_(line) {}

  std::string text() {
    auto out = std::string{};
    std::getline(in_, out, ',');
    return out;
  }

  int number() { return std::stoi(text()); }

  measurement::span time() {
    auto x = text();
    if (x.empty())
      return std::nullopt;
    return std::chrono::microseconds{std::llround(std::stod(x) * 1000)};
  }

  /// As many sentences as were counted; what they said is lost.
  std::vector<std::string> counted() {
    auto count = static_cast<std::size_t>(number());
    return std::vector<std::string>(count, "see the run's output");
  }

private:
  std::istringstream in_;
};

measurement parse_line(const std::string& line) {
  auto in = cells{line};
  auto x = measurement{.fault = in.text()};
  if (find_fault(x.fault) == nullptr)
    throw std::runtime_error{"there is no fault \"" + x.fault + "\""};
  x.tasks = in.number();
  x.trial = in.number();
  x.detector = in.text();
  for (const auto& time : times)
    x.*(time.value) = in.time();
  x.needless = in.number();
  x.overlaps = in.counted();
  x.missing = in.counted();
  return x;
}

} // namespace

std::string csv(std::span<const measurement> trials) {
  auto out = std::ostringstream{};
  out << header() << '\n';
  for (const auto& x : trials) {
    out << x.fault << ',' << x.tasks << ',' << x.trial << ',' << x.detector;
    for (const auto& time : times)
      out << ',' << (x.*(time.value) ? text_of(*(x.*(time.value))) : "");
    out << ',' << x.needless << ',' << x.overlaps.size() << ','
        << x.missing.size() << '\n';
  }
  return out.str();
}

std::vector<measurement> parse_csv(const std::string& text) {
  auto in = std::istringstream{text};
  auto line = std::string{};
  std::getline(in, line);
  if (line != header())
    throw std::runtime_error{"these are no measurements: " + line};
  auto out = std::vector<measurement>{};
  while (std::getline(in, line))
    out.push_back(parse_line(line));
  return out;
}

} // namespace cts::failover
