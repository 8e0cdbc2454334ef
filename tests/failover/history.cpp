#include "tests/failover/history.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <sstream>
#include <utility>

namespace cts::failover {

namespace {

using namespace std::chrono;

template <class Number>
std::optional<Number> number(std::string_view text) {
  auto out = Number{};
  auto last = text.data() + text.size();
  auto [end, failure] = std::from_chars(text.data(), last, out);
  if (failure != std::errc{} || end != last)
    return std::nullopt;
  return out;
}

/// `2026-11-25T09:30:00.123Z`, or nothing.
std::optional<wall_time> parse_time(std::string_view text) {
  constexpr auto length = std::string_view{"2026-11-25T09:30:00.123Z"}.size();
  if (text.size() < length || text[10] != 'T' || text[length - 1] != 'Z')
    return std::nullopt;
  auto field = [&](std::size_t at, std::size_t size) {
    return number<int>(text.substr(at, size)).value_or(0);
  };
  auto date = year_month_day{year{field(0, 4)},
                             month{static_cast<unsigned>(field(5, 2))},
                             day{static_cast<unsigned>(field(8, 2))}};
  if (!date.ok())
    return std::nullopt;
  return sys_days{date}.time_since_epoch() + hours{field(11, 2)}
         + minutes{field(14, 2)} + seconds{field(17, 2)}
         + milliseconds{field(20, 3)};
}

/// The value of `key` in `... key=value ...`.
std::string pair_of(std::string_view line, const std::string& key) {
  auto at = line.find(" " + key + "=");
  if (at == line.npos)
    return {};
  at += key.size() + 2;
  auto quoted = at < line.size() && line[at] == '"';
  if (quoted)
    ++at;
  auto end = line.find_first_of(quoted ? "\"" : " \r\n", at);
  return std::string{line.substr(at, end == line.npos ? end : end - at)};
}

struct sentence {
  std::string_view text;
  failover::what what;
};

constexpr auto sentences = std::array{
  sentence{"ha: acquired leadership lock", what::acquired},
  sentence{"ha: released leadership lock", what::released},
  sentence{"ha: lost leadership lock", what::lost},
  sentence{"ha: following leader", what::following},
  sentence{"ctrl: executing all tasks once through", what::promoted},
  sentence{"ctrl: attempted to run all tasks once", what::attempted},
};

constexpr auto kinds = std::array{
  sentence{"program", what::program}, sentence{"start", what::start},
  sentence{"end", what::end},         sentence{"cut", what::cut},
  sentence{"overlap", what::overlap},
};

bool ends_run(const event& x) {
  return x.what == what::end || x.what == what::cut;
}

} // namespace

std::optional<event> parse_log_line(const std::string& instance,
                                    std::string_view line) {
  auto said = std::ranges::find_if(
    sentences, [&](const auto& x) { return line.find(x.text) != line.npos; });
  if (said == sentences.end())
    return std::nullopt;
  auto at = parse_time(line);
  if (!at)
    return std::nullopt;
  return event{.what = said->what,
               .instance = instance,
               .at = *at,
               .text = pair_of(line, "leader"),
               .epoch
               = number<std::uint64_t>(pair_of(line, "epoch")).value_or(0),
               .detector = pair_of(line, "detector")};
}

std::optional<event> parse_work_line(std::string_view line) {
  auto words = std::istringstream{std::string{line}};
  auto kind = std::string{};
  auto at = std::int64_t{0};
  auto x = event{};
  words >> kind >> x.instance >> at >> x.process >> x.task;
  if (!words)
    return std::nullopt;
  words >> x.text;
  auto known = std::ranges::find(kinds, kind, &sentence::text);
  if (known == kinds.end())
    return std::nullopt;
  x.what = known->what;
  x.at = wall_time{at};
  return x;
}

std::vector<run> runs_of(const std::vector<event>& events) {
  auto out = std::vector<run>{};
  auto open = std::map<std::pair<std::string, std::uint64_t>, std::size_t>{};
  for (const auto& x : events) {
    auto name = std::pair{x.task, x.process};
    if (x.what == what::start) {
      open[name] = out.size();
      out.push_back({.task = x.task,
                     .instance = x.instance,
                     .begin = x.at,
                     .inputs = x.text});
    }
    auto found = open.find(name);
    if (!ends_run(x) || found == open.end())
      continue;
    out[found->second].end = x.at;
    out[found->second].complete = x.what == what::end;
    open.erase(found);
  }
  return out;
}

std::vector<std::string> find_overlaps(const std::vector<event>& events) {
  auto out = std::vector<std::string>{};
  for (const auto& x : events)
    if (x.what == what::overlap)
      out.push_back(x.task + " on " + x.instance + " met another run");
  auto runs = runs_of(events);
  std::ranges::sort(runs, [](const run& a, const run& b) {
    return std::tie(a.task, a.begin) < std::tie(b.task, b.begin);
  });
  const run* longest = nullptr;
  for (const auto& x : runs) {
    if (longest != nullptr && longest->task != x.task)
      longest = nullptr;
    if (longest != nullptr && x.begin < *longest->end)
      out.push_back(x.task + " on " + x.instance + " began "
                    + std::to_string((*longest->end - x.begin).count())
                    + " us before its run on " + longest->instance + " ended");
    if (x.end && (longest == nullptr || *longest->end < *x.end))
      longest = &x;
  }
  return out;
}

bool is_applied(const std::vector<event>& events, const std::string& task,
                const std::string& change) {
  return std::ranges::any_of(runs_of(events), [&](const run& x) {
    return x.complete && x.task == task
           && x.inputs.find(change) != x.inputs.npos;
  });
}

} // namespace cts::failover
