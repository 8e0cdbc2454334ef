#include "tests/failover/statistics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iomanip>
#include <map>
#include <set>
#include <sstream>

// How measurements are shown.
namespace cts::failover {

namespace {

using field = measurement::span measurement::*;

struct column {
  const char* title;
  field value;
};

constexpr auto columns = std::array{
  column{"lock moved", &measurement::lock},
  column{"first run started", &measurement::first_run},
  column{"all applied", &measurement::all_applied},
  column{"again applied", &measurement::again},
  column{"change applied", &measurement::change_applied},
};

struct stage {
  const char* title;
  field from;
  field to;
};

constexpr auto stages = std::array{
  stage{"detect, release, acquire", nullptr, &measurement::lock},
  stage{"load", &measurement::lock, &measurement::loaded},
  stage{"spawn", &measurement::loaded, &measurement::first_run},
  stage{"run, first", &measurement::first_run, &measurement::first_applied},
  stage{"run, rest", &measurement::first_applied, &measurement::all_applied},
};

std::string shown(double value) {
  auto out = std::ostringstream{};
  out << std::fixed << std::setprecision(value < 10 ? 1 : 0) << value;
  return out.str();
}

std::vector<double> spans_of(const trial_group& x, const stage& s) {
  auto out = std::vector<double>{};
  for (const auto& t : x.trials) {
    auto to = t.*(s.to);
    auto from
      = s.from == nullptr ? measurement::span{wall_time{0}} : t.*(s.from);
    if (to && from)
      out.push_back(static_cast<double>((*to - *from).count()) / 1000);
  }
  return out;
}

std::string detectors_of(const trial_group& x) {
  auto counts = std::map<std::string, int>{};
  for (const auto& t : x.trials)
    if (!t.detector.empty())
      ++counts[t.detector];
  auto out = std::string{};
  for (const auto& [name, count] : counts)
    out += (out.empty() ? "" : ", ") + name + " " + std::to_string(count);
  return out;
}

std::string cells(const distribution& x) {
  if (x.count == 0)
    return " | | | | |";
  return " " + shown(x.min) + " | " + shown(x.median) + " | " + shown(x.p95)
         + " | " + shown(x.p99) + " | " + shown(x.max) + " |";
}

std::string head(const trial_group& x) {
  return "| `" + std::string{x.fault->label} + "` | " + std::to_string(x.tasks);
}

std::string times_table(const std::vector<trial_group>& groups) {
  auto out = std::ostringstream{};
  out << "| fault | tasks | trials | fault to | min | median | p95 | p99 | max "
         "| detectors |\n|---|---|---|---|---|---|---|---|---|---|\n";
  for (const auto& x : groups)
    for (const auto& c : columns) {
      auto times = values_of(x.trials, c.value);
      if (!times.empty())
        out << head(x) << " | " << times.size() << " | " << c.title << " |"
            << cells(summarise(times)) << ' '
            << (c.value == &measurement::lock ? detectors_of(x) : "") << " |\n";
    }
  return out.str();
}

std::string stage_table(const std::vector<trial_group>& groups) {
  auto out = std::ostringstream{};
  out << "| fault | tasks | stage | min | median | p95 | p99 | max |\n"
         "|---|---|---|---|---|---|---|---|\n";
  for (const auto& x : groups)
    for (const auto& s : stages)
      if (auto spans = spans_of(x, s); !spans.empty())
        out << head(x) << " | " << s.title << " |" << cells(summarise(spans))
            << "\n";
  return out.str();
}

// -- the picture --------------------------------------------------------------

constexpr auto row_height = 26;
constexpr auto label_width = 210;
constexpr auto plot_width = 640;
constexpr auto lowest = 1.0;
constexpr auto highest = 1e6;

/// Logarithmic, from 1 ms to 1000 s.
double position(double milliseconds) {
  auto value = std::clamp(milliseconds, lowest, highest);
  return label_width
         + plot_width * std::log10(value / lowest)
             / std::log10(highest / lowest);
}

constexpr auto colours = std::array{"#c0392b", "#2471a3", "#1e8449"};

void draw_axis(std::ostringstream& out, int height) {
  constexpr auto names
    = std::array{"1 ms", "10 ms", "100 ms", "1 s", "10 s", "100 s", "1000 s"};
  auto value = lowest;
  for (const auto* name : names) {
    out << "<line x1='" << position(value) << "' y1='30' x2='"
        << position(value) << "' y2='" << height - 10
        << "' stroke='#ddd'/><text x='" << position(value)
        << "' y='24' text-anchor='middle'>" << name << "</text>\n";
    value *= 10;
  }
}

void draw_row(std::ostringstream& out, const trial_group& x, int y) {
  out << "<text x='4' y='" << y + 4 << "'>" << x.fault->label << ", " << x.tasks
      << " tasks</text>\n";
  for (auto i = std::size_t{0}; i < colours.size(); ++i) {
    auto times = values_of(x.trials, columns[i].value);
    auto at = y - 7 + 7 * static_cast<int>(i);
    for (auto value : times)
      out << "<circle cx='" << position(value) << "' cy='" << at
          << "' r='3' fill='" << colours[i] << "' fill-opacity='0.45'/>\n";
    if (!times.empty())
      out << "<line x1='" << position(summarise(times).median) << "' x2='"
          << position(summarise(times).median) << "' y1='" << at - 5 << "' y2='"
          << at + 5 << "' stroke='" << colours[i] << "' stroke-width='2'/>\n";
  }
}

} // namespace

std::string markdown(std::span<const measurement> trials) {
  auto groups = group(trials);
  auto overlaps = std::size_t{0};
  auto missing = std::size_t{0};
  for (const auto& x : trials) {
    overlaps += x.overlaps.size();
    missing += x.missing.size();
  }
  return "Milliseconds from the fault:\n\n" + times_table(groups)
         + "\nMilliseconds of each stage:\n\n" + stage_table(groups) + "\n"
         + std::to_string(trials.size()) + " trials, "
         + std::to_string(overlaps) + " overlapping runs, "
         + std::to_string(missing) + " things that did not happen.\n";
}

std::string svg(std::span<const measurement> trials) {
  auto groups = group(trials);
  auto height = 60 + row_height * static_cast<int>(groups.size());
  auto out = std::ostringstream{};
  out << "<svg xmlns='http://www.w3.org/2000/svg' width='"
      << label_width + plot_width + 40 << "' height='" << height
      << "' font-family='sans-serif' font-size='12'>\n"
         "<rect width='100%' height='100%' fill='white'/>\n";
  draw_axis(out, height - 16);
  auto y = 50;
  for (const auto& x : groups) {
    draw_row(out, x, y);
    y += row_height;
  }
  auto at = label_width;
  for (auto i = std::size_t{0}; i < colours.size(); ++i) {
    out << "<circle cx='" << at << "' cy='" << height - 10 << "' r='4' fill='"
        << colours[i] << "'/><text x='" << at + 8 << "' y='" << height - 6
        << "'>fault to " << columns[i].title << "</text>\n";
    at += 190;
  }
  out << "</svg>\n";
  return out.str();
}

} // namespace cts::failover
