#include "tests/simulation/oracle.hpp"

#include "tests/simulation/record_text.hpp"

#include <boost/json/value.hpp>

#include <algorithm>

namespace cts::simulation {

namespace {

constexpr auto events_max = 5U;

std::vector<std::string> ids_of(const std::string& events) {
  auto parsed = read_record(events);
  auto out = std::vector<std::string>{};
  if (const auto* list = member_of(parsed, "events").if_array())
    for (const auto& each : *list)
      out.push_back(text_in(each, "id"));
  return out;
}

} // namespace

std::string oracle::task_key(const task_name& task) const {
  return base_ + "state/" + std::to_string(generation_) + "/tasks/" + task;
}

std::set<task_name> oracle::stored_tasks() const {
  auto out = std::set<task_name>{};
  auto prefix = task_key("");
  for (auto x = kept_.lower_bound(prefix);
       x != kept_.end() && x->first.starts_with(prefix); ++x)
    out.insert(x->first.substr(prefix.size()));
  return out;
}

bool oracle::is_enabled(const task_name& task) const {
  auto found = kept_.find(task_key(task));
  if (found == kept_.end())
    return false;
  auto record = read_record(found->second.text);
  const auto& deleting = member_of(record, "deleting");
  const auto& enabled = member_of(record, "enabled");
  return !(deleting.is_bool() && deleting.get_bool())
         && !(enabled.is_bool() && !enabled.get_bool());
}

// -- tasks and events ---------------------------------------------------------

void oracle::check_state(const change& x) {
  auto below = base_ + "state/";
  auto seen = std::size_t{0};
  for (auto at = x.state.kv.lower_bound(below);
       at != x.state.kv.end() && at->first.starts_with(below); ++at) {
    ++seen;
    auto& known = kept_[at->first];
    if (known.index == at->second.modify_index)
      continue;
    known.index = at->second.modify_index;
    if (known.text == at->second.value)
      continue;
    auto before = std::exchange(known.text, at->second.value);
    check_value(x, at->first, before, known.text);
  }
  if (seen == kept_.size())
    return;
  auto prefix = task_key("");
  std::erase_if(kept_, [&](const auto& each) {
    if (x.state.kv.contains(each.first))
      return false;
    auto task = each.first.starts_with(prefix)
                  ? each.first.substr(prefix.size())
                  : task_name{};
    auto lost = exists_.contains(task) && exists_[task]
                && open_mutations_[task] == 0 && !contested_.contains(task);
    if (lost)
      fail("I9", "the acknowledged task " + task + " is lost");
    return true;
  });
}

void oracle::check_value(const change& x, const std::string& key,
                         const std::string& before, const std::string& now) {
  if (has_secret(now))
    fail("I20", "a secret is stored under " + key);
  if (key.find("/events/") != std::string::npos)
    check_events(key, before, now);
  if (key.find("/tasks/") != std::string::npos)
    check_task(x, key, before, now);
}

void oracle::check_task(const change& x, const std::string& key,
                        const std::string& before, const std::string& now) {
  auto author = [](const std::string& text) {
    return number_in(member_of(read_record(text), "updated_by"), "epoch");
  };
  auto by = author(now);
  if (!x.by_operator && by != won_by_[x.holder] && by != author(before))
    fail("I5", key + " is written in epoch " + std::to_string(x.epoch)
                 + " by epoch " + std::to_string(by));
}

void oracle::check_events(const std::string& key, const std::string& before,
                          const std::string& now) {
  if (!member_of(read_record(now), "events").is_array())
    return fail("I11", key + " holds no events");
  auto ids = ids_of(now);
  auto known = ids_of(before);
  if (ids.size() > events_max)
    fail("I11", key + " holds more than five events");
  // The new one is the first one; the others move on.
  auto is_one_more
    = !ids.empty()
      && ids.size() == std::min<std::size_t>(known.size() + 1, events_max)
      && std::equal(ids.begin() + 1, ids.end(), known.begin());
  if (ids == known)
    return;
  if (!is_one_more)
    fail("I11", key + " changes by more than one event, the newest");
  else if (!events_seen_.insert(key + ids.front()).second)
    fail("I11", key + " holds event " + ids.front() + " twice");
}

void oracle::check_generation() {
  auto generation = number_in(read_record(meta_), "gen");
  if (generation == generation_)
    return;
  generation_ = generation;
  auto stored = stored_tasks();
  for (const auto& task : world_.options().tasks)
    if (generation > 0 && !stored.contains(task) && !exists_.contains(task))
      fail("I18", "generation " + std::to_string(generation)
                    + " is visible without " + task);
  for (const auto& [task, exists] : exists_)
    if (exists && open_mutations_[task] == 0 && !contested_.contains(task)
        && !stored.contains(task))
      fail("I9", "generation " + std::to_string(generation) + " lacks " + task);
}

// -- the records of runs ------------------------------------------------------

void oracle::check_records(const change& x) {
  auto prefix = base_ + "inflight/";
  auto now = std::map<task_name, std::string>{};
  for (auto at = x.state.kv.lower_bound(prefix);
       at != x.state.kv.end() && at->first.starts_with(prefix); ++at)
    now[at->first.substr(prefix.size())] = at->second.value;
  if (now == inflight_)
    return;
  auto before = std::exchange(inflight_, std::move(now));
  for (const auto& [task, text] : before)
    if (!inflight_.contains(task))
      check_removal(x, task, text);
  for (const auto& [task, text] : inflight_) {
    auto known = before.find(task);
    if (known != before.end() && known->second == text)
      continue;
    if (has_secret(text))
      fail("I20", "a secret is stored in the record of " + task);
    if (known != before.end())
      check_acknowledgement(task, known->second, text);
    auto record = read_record(text);
    auto is_new
      = known == before.end()
        || text_in(record, "job") != text_in(read_record(known->second), "job");
    if (is_new && number_in(record, "epoch") != won_by_[x.holder])
      fail("I4", "the intent for " + task + " is of epoch "
                   + std::to_string(number_in(record, "epoch")) + " in epoch "
                   + std::to_string(x.epoch));
    if (is_new && x.request.node != x.holder)
      fail("I4", x.request.node + " intends to run " + task + " while '"
                   + x.holder + "' holds the lock");
  }
}

// Whoever sees it starts the task.
void oracle::check_acknowledgement(const task_name& task,
                                   const std::string& before,
                                   const std::string& now) {
  auto record = read_record(now);
  auto job = text_in(record, "job");
  auto is_news = text_in(record, "state") == "stopped"
                 && text_in(read_record(before), "state") != "stopped";
  if (!is_news)
    return;
  ++acknowledged_;
  for (const auto& [number, each] : living_[task])
    if (each.job == job && !is_excused(each))
      fail("I7", "the end of run " + job + " of " + task
                   + " is told while its process lives");
}

void oracle::check_removal(const change& x, const task_name& task,
                           const std::string& text) {
  auto record = read_record(text);
  auto job = text_in(record, "job");
  // It protects its run no more.
  if (x.by_operator)
    excused_jobs_.insert(job);
  if (excused_jobs_.contains(job))
    return;
  if (x.request.node != x.holder)
    fail("I7", "the record of " + task + " was removed by " + x.request.node
                 + " while '" + x.holder + "' holds the lock");
  for (const auto& [number, each] : living_[task])
    if (each.job == job)
      fail("I7", "the record of " + task + " is gone while its process lives");
  auto is_stopped = text_in(record, "state") == "stopped";
  auto is_own = text_in(record, "owner") == x.request.node;
  if (!is_stopped && !is_own)
    fail("I7", x.request.node + " removes the record of " + task + " of "
                 + text_in(record, "owner") + ", which is not stopped");
  // The run has an outcome: its owner lived to see it, or left it.
  auto has_outcome = is_stopped ? member_of(record, "result").is_object()
                                : started_jobs_[job] == life_of(x.request.node);
  auto events = kept_.find(base_ + "state/" + std::to_string(generation_)
                           + "/events/" + task);
  auto is_kept = kept_.contains(task_key(task));
  if (!has_outcome || !is_kept)
    return;
  auto is_told = events != kept_.end()
                 && std::ranges::count(ids_of(events->second.text), job) == 1;
  if (!is_told)
    fail("I11", "run " + job + " of " + task + " ended without an event");
}

} // namespace cts::simulation
