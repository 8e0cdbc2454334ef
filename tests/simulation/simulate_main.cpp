#include "tests/simulation/history.hpp"

#include <boost/program_options.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>

// Plays histories, a seed each, and stops at the first one that breaks an
// invariant: `simulate -seeds N [-from S] [-scenario NAME] [-trace]`.

namespace {

namespace po = boost::program_options;
using namespace cts::simulation;

struct wishes {
  std::uint64_t from = 1;
  std::uint64_t count = 100;
  /// Empty: random histories.
  std::string scenario{};
  bool trace = false;
};

struct figures {
  std::chrono::nanoseconds simulated{};
  std::uint64_t steps = 0;
  std::size_t elections = 0;
  std::size_t applies = 0;
  std::size_t incidents = 0;
  std::size_t overlaps = 0;
  std::size_t releases = 0;
  std::size_t acknowledged = 0;
};

void add(figures& to, const outcome& x) {
  to.simulated += x.simulated;
  to.steps += x.steps;
  to.elections += x.elections;
  to.applies += x.applies;
  to.incidents += x.incidents;
  to.overlaps += x.thaw_overlaps;
  to.releases += x.witness_releases;
  to.acknowledged += x.acknowledged;
}

void print(const wishes& x, const figures& all, double seconds) {
  std::printf("%llu seeds from %llu clean: %.1f h simulated, %llu steps, %zu "
              "elections, %zu by a witness, %zu applies, %zu of them "
              "acknowledged, %zu incidents, %zu overlaps after standing "
              "still, %.1f s\n",
              static_cast<unsigned long long>(x.count),
              static_cast<unsigned long long>(x.from),
              std::chrono::duration<double>(all.simulated).count() / 3600,
              static_cast<unsigned long long>(all.steps), all.elections,
              all.releases, all.applies, all.acknowledged, all.incidents,
              all.overlaps, seconds);
  std::fflush(stdout);
}

history_options history_of(const wishes& x, std::uint64_t seed) {
  if (x.scenario.empty())
    return options_of(seed);
  return {.seed = seed, .incidents = scenario_named(x.scenario)->incidents};
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
    .count();
}

bool run(const wishes& x) {
  constexpr auto progress = std::uint64_t{1'000};
  auto all = figures{};
  auto begin = std::chrono::steady_clock::now();
  for (auto seed = x.from; seed < x.from + x.count; ++seed) {
    auto options = history_of(x, seed);
    if (x.trace)
      options.trace_lines = 1'000'000;
    auto seen = play(options);
    if (x.trace)
      std::printf("%s\n", seen.trace.c_str());
    if (!seen.violations.empty()) {
      std::printf("seed %llu breaks an invariant. Looking for the incidents "
                  "that matter ...\n",
                  static_cast<unsigned long long>(seed));
      std::fflush(stdout);
      std::printf("%s\n", report(options).c_str());
      return false;
    }
    add(all, seen);
    auto done = seed - x.from + 1;
    if (done % progress == 0 && done < x.count)
      print({.from = x.from, .count = done}, all, seconds_since(begin));
  }
  print(x, all, seconds_since(begin));
  return true;
}

wishes read(int argc, char** argv) {
  auto out = wishes{};
  auto described = po::options_description{"simulate"};
  described.add_options()("seeds", po::value(&out.count), "how many histories")(
    "from", po::value(&out.from), "the first seed")(
    "scenario", po::value(&out.scenario), "what happens, instead of anything")(
    "trace", po::bool_switch(&out.trace), "print what happens");
  auto found = po::variables_map{};
  po::store(po::command_line_parser(argc, argv)
              .options(described)
              .style(po::command_line_style::default_style
                     | po::command_line_style::allow_long_disguise)
              .run(),
            found);
  po::notify(found);
  if (out.scenario.empty() || scenario_named(out.scenario))
    return out;
  auto names = std::string{"no such scenario; there are:"};
  for (const auto& each : scenarios())
    names += " " + each.name;
  throw std::runtime_error{names};
}

} // namespace

int main(int argc, char** argv) {
  auto asked = wishes{};
  try {
    asked = read(argc, argv);
  } catch (const std::exception& x) {
    std::fprintf(stderr,
                 "%s\nusage: simulate [-seeds N] [-from S] [-scenario NAME] "
                 "[-trace]\n",
                 x.what());
    return 2;
  }
  return run(asked) ? EXIT_SUCCESS : EXIT_FAILURE;
}
