#include "tests/failover/trial.hpp"

#include <algorithm>
#include <set>

namespace cts::failover {

namespace {

using namespace std::chrono_literals;

/// The events since a fault, and whose they are.
struct view {
  const std::vector<event>& events;
  std::size_t first = 0;
  std::uint64_t former_epoch = 0;

  auto begin() const {
    return events.begin() + static_cast<std::ptrdiff_t>(first);
  }
  auto end() const { return events.end(); }

  /// The first acquisition after the fault.
  const event* lock() const {
    auto x = std::find_if(begin(), end(), [&](const event& each) {
      return each.what == what::acquired && each.epoch > former_epoch;
    });
    return x == end() ? nullptr : &*x;
  }

  template <class Predicate>
  const event* earliest(Predicate fits) const {
    const event* out = nullptr;
    for (auto x = begin(); x != end(); ++x)
      if (fits(*x) && (out == nullptr || x->at < out->at))
        out = &*x;
    return out;
  }
};

bool begins_run(const event& x) {
  return x.what == what::program
         && (x.text == "workspace" || x.text == "plan" || x.text == "apply");
}

/// The tasks of the fleet that the leader has applied since it took the lock,
/// and when the last of them was. Others may have come by the API.
struct progress {
  std::set<std::string> tasks{};
  wall_time last{};
};

// A run of the second half of a millisecond may be older than the log says.
constexpr auto log_precision = 1ms;

progress applied_by(const view& seen, const event& lock) {
  auto out = progress{};
  for (const auto& x : seen)
    if (x.what == what::end && x.instance == lock.instance
        && x.task.starts_with('t') && x.at + log_precision >= lock.at
        && out.tasks.insert(x.task).second)
      out.last = std::max(out.last, x.at);
  return out;
}

measurement::span since(wall_time fault, const event* x) {
  if (x == nullptr)
    return std::nullopt;
  return std::max(x->at - fault, wall_time{0});
}

class trial {
public:
  trial(fleet& all, const fault& what, int number)
    : all_(all), what_(what),
      midapply_(what.name == fault_name::kill9_midapply),
      changed_task_(all.options().tasks - 1), seen_{all.events(),
                                                    all.events().size(),
                                                    all.epoch()} {
    out_.fault = what.label;
    out_.trial = number;
    out_.tasks = all.options().tasks;
    change_ = "t" + std::to_string(changed_task_) + "-" + unique();
  }

  measurement run() {
    if (midapply_)
      begin_work();
    hurt_ = inject(all_, what_.name);
    if (midapply_)
      all_.release(0);
    change_inputs();
    watch();
    note_times();
    heal(all_, what_.name, hurt_);
    return std::move(out_);
  }

private:
  std::string unique() const { return std::to_string(now().count()); }

  void expect(const std::function<bool()>& seen, const std::string& title) {
    auto limit = what_.patience + all_.options().tasks * 4s;
    if (!all_.until(seen, limit))
      out_.missing.push_back(title);
  }

  /// The leader runs task 0, whose work goes on until it is told to end.
  void begin_work() {
    all_.hold(0);
    all_.change(0, "t0-" + unique());
    expect(
      [&] {
        return std::any_of(seen_.begin(), seen_.end(), [](const event& x) {
          return x.what == what::start && x.task == "t0";
        });
      },
      "the work of task t0");
  }

  // While Consul has no leader, nothing can be changed.
  void change_inputs() {
    auto limit = now() + 30s;
    while (!all_.change(changed_task_, change_) && now() < limit)
      all_.until([] { return false; }, 20ms);
    out_.consul_back = now() - hurt_.at;
  }

  void watch() {
    auto applied = [&] {
      return is_applied(all_.events(), "t" + std::to_string(changed_task_),
                        change_);
    };
    if (what_.moves_lock) {
      expect([&] { return seen_.lock() != nullptr; }, "another leader");
      auto everything = static_cast<std::size_t>(out_.tasks);
      auto all_ran = [&] {
        const auto* lock = seen_.lock();
        return lock && applied_by(seen_, *lock).tasks.size() == everything;
      };
      if (seen_.lock())
        expect(all_ran, "a run of each task");
    }
    expect(applied, "a run with the change that was made at the fault");
  }

  void note_times() {
    out_.overlaps = find_overlaps({seen_.begin(), seen_.end()});
    const auto acquired
      = std::count_if(seen_.begin(), seen_.end(),
                      [](const event& x) { return x.what == what::acquired; });
    out_.needless = static_cast<int>(acquired) - (what_.moves_lock ? 1 : 0);
    const auto changed = "t" + std::to_string(changed_task_);
    for (const auto& x : runs_of({seen_.begin(), seen_.end()}))
      if (!out_.change_applied && x.complete && x.task == changed
          && x.inputs.find(change_) != x.inputs.npos)
        out_.change_applied = *x.end - hurt_.at;
    if (const auto* lock = seen_.lock())
      note_takeover(*lock);
  }

  void note_takeover(const event& lock) {
    auto first = [&](auto fits) {
      return since(hurt_.at, seen_.earliest([&](const event& x) {
        return x.instance == lock.instance && x.at + log_precision >= lock.at
               && fits(x);
      }));
    };
    out_.detector = lock.detector;
    out_.lock = since(hurt_.at, &lock);
    out_.loaded = first([](auto& x) { return x.what == what::promoted; });
    out_.first_run = first(begins_run);
    out_.first_work = first([](auto& x) { return x.what == what::start; });
    out_.first_applied = first([](auto& x) { return x.what == what::end; });
    if (midapply_)
      out_.again
        = first([](auto& x) { return x.what == what::end && x.task == "t0"; });
    auto progress = applied_by(seen_, lock);
    if (progress.tasks.size() == static_cast<std::size_t>(out_.tasks))
      out_.all_applied = progress.last - hurt_.at;
  }

  fleet& all_;
  const fault& what_;
  bool midapply_;
  int changed_task_;
  view seen_;
  std::string change_{};
  injury hurt_{};
  measurement out_{};
};

} // namespace

measurement run_trial(fleet& all, const fault& what, int number) {
  return trial{all, what, number}.run();
}

} // namespace cts::failover
