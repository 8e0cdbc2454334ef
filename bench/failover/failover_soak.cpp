// Hurts real instances at random for a while, and checks what has to hold
// whatever happens: no overlapping runs, no lost change, no lost task, no
// orphan, no leak.

#include "bench/failover/options.hpp"
#include "tests/failover/expectations.hpp"
#include "tests/failover/statistics.hpp"
#include "tests/support/real_program.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <map>

namespace {

namespace po = boost::program_options;
using namespace cts::failover;
using namespace std::chrono_literals;

/// Until an accepted deletion has happened.
constexpr auto patience = 60s;

struct order {
  double minutes = 10;
  unsigned seed = 1;
  int tasks = 5;
  std::string cts{};
  /// Of all faults, or of one alone.
  std::string fault{};
};

order parse(int count, char** words) {
  auto x = order{};
  auto known = po::options_description{"Options"};
  known.add_options()("minutes", po::value(&x.minutes)->default_value(10))(
    "seed", po::value(&x.seed)->default_value(1))(
    "tasks", po::value(&x.tasks)->default_value(5))(
    "cts", po::value(&x.cts)->default_value(CTS_BINARY_DIR "/cts"))(
    "fault", po::value(&x.fault)->default_value(""), "this one alone");
  read_options(known, count, words);
  if (!x.fault.empty() && find_fault(x.fault) == nullptr)
    throw std::runtime_error{"there is no fault \"" + x.fault + "\""};
  return x;
}

class soak {
public:
  explicit soak(const order& x)
    : order_(x), random_(x.seed),
      all_({.cts = x.cts,
            .consul = *cts::test::find_consul(),
            .terraform = *cts::test::find_terraform(),
            .tasks = x.tasks}),
      expected_(all_) {}

  int run() {
    using seconds = std::chrono::duration<double>;
    const auto span = seconds{order_.minutes * 60};
    const auto end
      = now() + std::chrono::duration_cast<std::chrono::microseconds>(span);
    std::printf("seed %u, %d tasks, %s\n", order_.seed, order_.tasks,
                all_.hosts().is_real() ? "network namespaces"
                                       : "no network namespaces");
    while (now() < end && failures_.empty())
      round();
    summarise();
    return failures_.empty() ? 0 : 1;
  }

private:
  // What runs out of time is given up: the state is what has to be seen.
  void round() {
    try {
      wait(random_() % 2000);
      expected_.mutate(random_);
      if (order_.fault.empty() && random_() % 4 == 0)
        volley();
      else
        single();
      all_.settle(120s + order_.tasks * 4s);
      // What was accepted may still be on its way.
      all_.until([&] { return expected_.broken().empty(); }, patience);
      note(expected_.broken());
      note(find_overlaps(all_.events()));
    } catch (const std::exception& failure) {
      failures_.push_back(failure.what());
    }
    for (const auto& x : failures_)
      std::printf("BROKEN %s\n", x.c_str());
    std::fflush(stdout);
  }

  void wait(std::uint_fast32_t milliseconds) {
    all_.until([] { return false; }, std::chrono::milliseconds{milliseconds});
  }

  void note(const std::vector<std::string>& broken) {
    failures_.insert(failures_.end(), broken.begin(), broken.end());
  }

  // The slow ones less often.
  const fault& any_fault() {
    if (!order_.fault.empty())
      return *find_fault(order_.fault);
    while (true) {
      const auto& x = all_faults()[random_() % all_faults().size()];
      if (x.patience < 90s || random_() % 2 == 0)
        return x;
    }
  }

  void single() {
    const auto& fault = any_fault();
    auto seen = run_trial(all_, fault, ++faults_);
    ++counts_[std::string{fault.label}];
    if (seen.lock)
      slowest_ = std::max(slowest_, *seen.lock);
    std::printf("%4d %-19s lock %8.1f ms %s\n", faults_, seen.fault.c_str(),
                seen.lock ? static_cast<double>(seen.lock->count()) / 1000 : 0.,
                seen.detector.c_str());
    note(seen.overlaps);
    note(seen.missing);
    note(seen.missing.empty() ? std::vector<std::string>{}
                              : std::vector{all_.last_words()});
  }

  /// Three leaders in a row, the next one as soon as it leads.
  void volley() {
    constexpr auto quick
      = std::array{fault_name::stop, fault_name::kill9, fault_name::kill9_all};
    for (auto i = 0; i < 3; ++i) {
      const auto former = all_.epoch();
      const auto kind = quick[random_() % quick.size()];
      const auto hurt = inject(all_, kind);
      if (!all_.until([&] { return all_.epoch() > former; }, 90s))
        failures_.push_back("nobody leads after a volley");
      heal(all_, kind, hurt);
      ++faults_;
    }
    ++counts_["volley of three"];
    std::printf("%4d volley\n", faults_);
  }

  void summarise() {
    std::printf("\n%d faults:", faults_);
    for (const auto& [name, count] : counts_)
      std::printf(" %s %d,", name.c_str(), count);
    std::printf("\n%zu runs, %zu events; epoch %llu; slowest move of the lock "
                "%.1f s\n",
                runs_of(all_.events()).size(), all_.events().size(),
                static_cast<unsigned long long>(all_.epoch()),
                static_cast<double>(slowest_.count()) / 1e6);
    std::printf("%d tasks created, %d deleted, %d mutations without an "
                "answer\n%ld KiB and %d descriptors at most in a worker\n",
                expected_.created(), expected_.deleted(),
                expected_.unanswered(), expected_.most_memory_kib(),
                expected_.most_descriptors());
    std::printf("%zu violations (seed %u)\n", failures_.size(), order_.seed);
  }

  order order_;
  std::mt19937 random_;
  fleet all_;
  expectations expected_;
  std::vector<std::string> failures_{};
  std::map<std::string, int> counts_{};
  std::chrono::microseconds slowest_{0};
  int faults_ = 0;
};

} // namespace

int main(int count, char** words) {
  try {
    if (!cts::test::find_consul() || !cts::test::find_terraform()) {
      std::printf("needs Consul and Terraform, see scripts/deps\n");
      return 77;
    }
    return soak{parse(count, words)}.run();
  } catch (const std::exception& failure) {
    std::printf("%s\n", failure.what());
    return 2;
  }
}
