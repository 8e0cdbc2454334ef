#include "tests/simulation/oracle.hpp"

namespace cts::simulation {

namespace {

using namespace std::chrono_literals;

/// Of a candidate, and of the loading of the state.
constexpr auto election = nanoseconds{5s};

} // namespace

// -- mutations ----------------------------------------------------------------

void oracle::attempted(const asked_mutation& x) {
  if (open_mutations_[x.task]++ > 0)
    contested_.insert(x.task);
  // What nobody has made is not there.
  auto is_configured = std::ranges::count(world_.options().tasks, x.task) > 0;
  exists_.emplace(x.task, is_configured);
}

void oracle::settled(const asked_mutation& x, mutation_outcome outcome) {
  // It may still happen.
  if (outcome == mutation_outcome::unknown) {
    contested_.insert(x.task);
    return;
  }
  --open_mutations_[x.task];
  if (outcome == mutation_outcome::refused)
    return;
  exists_[x.task] = x.exists.value_or(exists_[x.task]);
  if (x.enabled)
    enabled_[x.task] = *x.enabled;
  if (x.exists)
    enabled_.erase(x.task);
  if (!x.exists && !x.enabled.value_or(false))
    return;
  // A new or enabled task begins with what there is by the time it is ready,
  // and runs when that changes.
  expected_.erase(x.task);
  // Of the leader: `meta` may have been set back.
  ran_in_[x.task] = holder_.empty() ? epoch_ : won_by_[holder_];
}

void oracle::registered(const task_name& task, const std::string& id,
                        bool is_there) {
  expected_[task][id] = is_there;
}

// -- the end ------------------------------------------------------------------

void oracle::expect_leader() {
  auto bound = 2 * world_.options().session_ttl + election;
  world_.engine().after(bound, [this] {
    if (holder_.empty())
      fail("I13", "nobody leads although faults have stopped long ago");
  });
}

void oracle::add_unfinished_task(std::vector<violation>& to,
                                 const task_name& task) {
  auto add = [&](const char* invariant, const std::string& sentence) {
    to.push_back({.invariant = invariant,
                  .sentence = sentence,
                  .at = world_.engine().now()});
  };
  if (!supervised_.contains(task))
    add("I12", "the leader does not know of the stored task " + task);
  // Nobody knows since when it is there, or enabled.
  auto is_known = open_mutations_[task] == 0 && !contested_.contains(task);
  if (!is_enabled(task) || !is_known)
    return;
  if (ran_in_[task] != won_by_[holder_])
    add("I13",
        task + " did not run in epoch " + std::to_string(won_by_[holder_]));
  for (const auto& [id, is_there] : expected_[task]) {
    auto is_applied = applied_[task].find('"' + id + '"') != std::string::npos;
    if (is_applied != is_there)
      add("I10", "instance " + id + " of " + task
                   + (is_there ? " was never applied" : " is still applied"));
  }
}

void oracle::add_unfinished_mutations(std::vector<violation>& to) const {
  auto stored = stored_tasks();
  for (const auto& [task, exists] : exists_) {
    auto open = open_mutations_.find(task);
    auto is_open = open != open_mutations_.end() && open->second > 0;
    if (is_open || contested_.contains(task))
      continue;
    auto sentence = std::string{};
    if (exists && !stored.contains(task))
      sentence = "the acknowledged task " + task + " is not kept";
    if (!exists && stored.contains(task))
      sentence = "task " + task + " is kept, which must not be there";
    auto wanted = enabled_.find(task);
    if (exists && wanted != enabled_.end()
        && is_enabled(task) != wanted->second)
      sentence = "task " + task + " is "
                 + (wanted->second ? "disabled" : "enabled")
                 + " against what was acknowledged";
    if (!sentence.empty())
      to.push_back(
        {.invariant = "I9", .sentence = sentence, .at = world_.engine().now()});
  }
}

std::vector<violation> oracle::unfinished() {
  auto out = std::vector<violation>{};
  if (holder_.empty()) {
    out.push_back({.invariant = "I13", .sentence = "nobody leads at the end"});
    return out;
  }
  add_unfinished_mutations(out);
  for (const auto& task : stored_tasks())
    add_unfinished_task(out, task);
  for (const auto& [task, record] : inflight_)
    out.push_back({.invariant = "I7",
                   .sentence = "a run of " + task + " has no end",
                   .at = world_.engine().now()});
  return out;
}

void oracle::finish() {
  for (const auto& x : unfinished())
    fail(x.invariant.c_str(), x.sentence);
}

} // namespace cts::simulation
