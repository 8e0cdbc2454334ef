#include "tests/simulation/history.hpp"

#include "tests/simulation/player.hpp"

#include <algorithm>

namespace cts::simulation {

namespace {

using namespace std::chrono_literals;

constexpr auto report_lines = std::size_t{400};

std::string text_of(const std::vector<violation>& xs) {
  auto out = std::string{};
  for (const auto& x : xs)
    out += x.invariant + ": " + x.sentence + "\n";
  return out;
}

} // namespace

history_options options_of(std::uint64_t seed) {
  auto out = history_options{.seed = seed};
  out.watches_delays = seed % 16 == 3;
  out.incidents
    = out.watches_delays ? calm_incidents_of(seed) : incidents_of(seed);
  // Then runs wait for each other.
  out.exclusive = seed % 5 == 0 && !out.watches_delays;
  if (seed % 7 == 0)
    out.session_ttl = 15s;
  // Else the fastest detector hides the others.
  out.adjust = [seed](config::settings& x, const std::string&) {
    auto& failover = x.high_availability->failover;
    failover.peer_link = seed % 3 != 1;
    failover.process_check = seed % 4 != 2;
    failover.node_check = seed % 11 != 5;
  };
  return out;
}

outcome play(const history_options& options) {
  return player{options}.play();
}

incidents minimised(history_options options) {
  auto broken = play(options).violations;
  if (broken.empty())
    return options.incidents;
  auto still_breaks = [&](const incidents& fewer) {
    auto tried = options;
    tried.incidents = fewer;
    tried.trace_lines = 0;
    auto found = play(tried).violations;
    return !found.empty()
           && found.front().invariant == broken.front().invariant;
  };
  auto left = options.incidents;
  for (auto size = std::max<std::size_t>(left.size() / 2, 1); size > 0;
       size /= 2)
    for (auto from = std::size_t{0}; from < left.size();) {
      auto fewer = left;
      auto to = std::min(from + size, left.size());
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(from),
                  fewer.begin() + static_cast<std::ptrdiff_t>(to));
      if (still_breaks(fewer))
        left = fewer;
      else
        from += size;
    }
  return left;
}

std::string report(history_options options) {
  auto first = play(options).violations;
  options.incidents = minimised(options);
  options.trace_lines = report_lines;
  auto seen = play(options);
  return "seed " + std::to_string(options.seed) + "\n" + text_of(first)
         + "the end of the shortest history that breaks the same:\n"
         + seen.trace + text_of(seen.violations) + "its incidents:\n"
         + describe(options.incidents);
}

} // namespace cts::simulation
