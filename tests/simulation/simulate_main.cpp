#include "tests/simulation/history.hpp"

#include <boost/program_options.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>

// Plays histories, a seed each, and stops at the first one that breaks an
// invariant: `simulate -seeds N [-from S]`.

namespace {

namespace po = boost::program_options;
using namespace cts::simulation;

struct figures {
  std::chrono::nanoseconds simulated{};
  std::uint64_t steps = 0;
  std::size_t failovers = 0;
  std::size_t applies = 0;
  std::size_t incidents = 0;
};

void report_broken(history_options options,
                   const std::vector<violation>& found) {
  for (const auto& x : found)
    std::printf("%s: %s\n", x.invariant.c_str(), x.sentence.c_str());
  std::printf("seed %llu breaks an invariant. Looking for the incidents that "
              "matter ...\n",
              static_cast<unsigned long long>(options.seed));
  std::fflush(stdout);
  options.incidents = minimised(options);
  options.trace_lines = 400;
  auto seen = play(options);
  std::printf("%s\n", seen.trace.c_str());
  for (const auto& x : seen.violations)
    std::printf("%s: %s\n", x.invariant.c_str(), x.sentence.c_str());
  std::printf("needed:\n%s", describe(options.incidents).c_str());
}

bool run(std::uint64_t from, std::uint64_t count) {
  auto all = figures{};
  auto begin = std::chrono::steady_clock::now();
  for (auto seed = from; seed < from + count; ++seed) {
    auto options
      = history_options{.seed = seed, .incidents = incidents_of(seed)};
    auto seen = play(options);
    if (!seen.violations.empty()) {
      report_broken(options, seen.violations);
      return false;
    }
    all.simulated += seen.simulated;
    all.steps += seen.steps;
    all.failovers += seen.failovers;
    all.applies += seen.applies;
    all.incidents += seen.incidents;
  }
  auto wall
    = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin);
  std::printf("%llu seeds from %llu clean: %.1f h simulated, %llu steps, %zu "
              "elections, %zu applies, %zu incidents, %.1f s\n",
              static_cast<unsigned long long>(count),
              static_cast<unsigned long long>(from),
              std::chrono::duration<double>(all.simulated).count() / 3600,
              static_cast<unsigned long long>(all.steps), all.failovers,
              all.applies, all.incidents, wall.count());
  return true;
}

} // namespace

int main(int argc, char** argv) {
  auto from = std::uint64_t{1};
  auto count = std::uint64_t{100};
  auto described = po::options_description{"simulate"};
  described.add_options()("seeds", po::value(&count), "how many histories")(
    "from", po::value(&from), "the first seed");
  auto found = po::variables_map{};
  try {
    po::store(po::command_line_parser(argc, argv)
                .options(described)
                .style(po::command_line_style::default_style
                       | po::command_line_style::allow_long_disguise)
                .run(),
              found);
    po::notify(found);
  } catch (const std::exception& x) {
    std::fprintf(stderr, "%s\nusage: simulate [-seeds N] [-from S]\n",
                 x.what());
    return 2;
  }
  return run(from, count) ? EXIT_SUCCESS : EXIT_FAILURE;
}
