// How long does it take until another instance leads, and until it has run all
// tasks? Real instances, a real cluster of Consul, real Terraform, and the
// faults of spec chapter high-availability, 4.10.

#include "bench/failover/options.hpp"
#include "tests/failover/statistics.hpp"
#include "tests/support/real_program.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <sstream>

namespace {

namespace po = boost::program_options;
using namespace cts::failover;

struct order {
  int trials = 20;
  std::vector<int> tasks{};
  std::vector<const fault*> faults{};
  std::string cts{};
  std::string output{};
  std::string cluster{};
  /// Measurements of earlier runs, to be shown together instead of new ones.
  std::vector<std::string> former{};
  bool check = false;
};

constexpr auto usage
  = "failover_bench [-trials N] [-tasks N[,N]] [-faults NAME[,NAME]]\n"
    "               [-out PREFIX] [-check]\n"
    "failover_bench -from CSV[,CSV] [-out PREFIX] [-check]\n";

std::vector<std::string> split(const std::string& text) {
  auto out = std::vector<std::string>{};
  auto in = std::istringstream{text};
  for (auto x = std::string{}; std::getline(in, x, ',');)
    out.push_back(x);
  return out;
}

/// Throws std::runtime_error for words that are none of ours.
order parse(int count, char** words) {
  auto x = order{};
  auto tasks = std::string{};
  auto faults = std::string{};
  auto former = std::string{};
  auto known = po::options_description{"Options"};
  known.add_options()("help", "this text")(
    "trials", po::value(&x.trials)->default_value(20), "of each fault")(
    "tasks", po::value(&tasks)->default_value("10,100"), "numbers of tasks")(
    "faults", po::value(&faults)->default_value(""), "default: all")(
    "cts", po::value(&x.cts)->default_value(CTS_BINARY_DIR "/cts"),
    "the program that is measured")(
    "out", po::value(&x.output)->default_value(CTS_BINARY_DIR "/failover"),
    "writes PREFIX.md, PREFIX.csv and PREFIX.svg")(
    "from", po::value(&former)->default_value(""),
    "shows what earlier runs wrote")(
    "cluster", po::value(&x.cluster)->default_value(""),
    "more of the block high_availability.cluster, in HCL")(
    "check", po::bool_switch(&x.check), "fail if a bound is exceeded");
  auto values = read_options(known, count, words);
  if (values.count("help") > 0) {
    std::ostringstream text{};
    text << usage << known;
    std::printf("%s", text.str().c_str());
    std::exit(0);
  }
  x.former = split(former);
  for (const auto& word : split(tasks))
    x.tasks.push_back(std::stoi(word));
  for (const auto& fault : all_faults())
    if (faults.empty())
      x.faults.push_back(&fault);
  for (const auto& word : split(faults)) {
    x.faults.push_back(find_fault(word));
    if (x.faults.back() == nullptr)
      throw std::runtime_error{"there is no fault \"" + word + "\""};
  }
  return x;
}

void write(const std::string& file, const std::string& text) {
  std::ofstream{file, std::ios::binary} << text;
}

double milliseconds_of(const measurement::span& x) {
  return x ? static_cast<double>(x->count()) / 1000 : -1;
}

void show(const measurement& x) {
  std::printf("%-19s %3d tasks, trial %2d: lock %8.1f, first run %8.1f, all "
              "%9.1f, change %9.1f ms %s\n",
              x.fault.c_str(), x.tasks, x.trial, milliseconds_of(x.lock),
              milliseconds_of(x.first_run), milliseconds_of(x.all_applied),
              milliseconds_of(x.change_applied), x.detector.c_str());
  for (const auto& text : x.overlaps)
    std::printf("  OVERLAP %s\n", text.c_str());
  for (const auto& text : x.missing)
    std::printf("  MISSING %s\n", text.c_str());
  std::fflush(stdout);
}

/// A fleet that a fault left in pieces says so and is replaced.
std::unique_ptr<fleet> make_fleet(const order& x, int tasks) {
  return std::make_unique<fleet>(
    fleet_options{.cts = x.cts,
                  .consul = *cts::test::find_consul(),
                  .terraform = *cts::test::find_terraform(),
                  .tasks = tasks,
                  .cluster = x.cluster});
}

/// Writes down what was measured after each trial: they take long.
void measure(const order& x, int tasks, std::vector<measurement>& out) {
  using namespace std::chrono_literals;
  auto all = make_fleet(x, tasks);
  std::printf("%d tasks, %s\n", tasks,
              all->hosts().is_real()
                ? "each host in a network namespace"
                : "no network namespaces: a cut host is a frozen one");
  for (const auto* fault : x.faults)
    for (auto i = 1; i <= x.trials; ++i) {
      try {
        out.push_back(run_trial(*all, *fault, i));
        show(out.back());
        write(x.output + ".csv", csv(out));
        if (!out.back().missing.empty())
          std::printf("%s\n", all->last_words().c_str());
        all->settle(60s + tasks * 4s);
      } catch (const std::exception& failure) {
        std::printf("starting over: %s\n", failure.what());
        all = nullptr;
        all = make_fleet(x, tasks);
      }
    }
}

std::vector<measurement> read_former(const order& x) {
  auto out = std::vector<measurement>{};
  for (const auto& file : x.former) {
    auto text = std::ostringstream{};
    text << std::ifstream{file}.rdbuf();
    for (auto& trial : parse_csv(text.str()))
      out.push_back(std::move(trial));
  }
  return out;
}

/// The status of the program.
int report(const order& x, const std::vector<measurement>& all) {
  write(x.output + ".md", markdown(all));
  write(x.output + ".csv", csv(all));
  write(x.output + ".svg", svg(all));
  std::printf("\n%s\n", markdown(all).c_str());
  const auto broken = broken_bounds(all);
  for (const auto& text : broken)
    std::printf("%s\n", text.c_str());
  return x.check && !broken.empty() ? 1 : 0;
}

int perform(const order& x) {
  if (!x.former.empty())
    return report(x, read_former(x));
  if (!cts::test::find_consul() || !cts::test::find_terraform()) {
    std::printf("needs Consul and Terraform, see scripts/deps\n");
    return 77;
  }
  auto all = std::vector<measurement>{};
  for (auto tasks : x.tasks)
    measure(x, tasks, all);
  return report(x, all);
}

} // namespace

int main(int count, char** words) {
  try {
    return perform(parse(count, words));
  } catch (const std::exception& failure) {
    std::printf("%s\n%s", failure.what(), usage);
    return 2;
  }
}
