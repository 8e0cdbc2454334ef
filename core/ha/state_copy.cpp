#include "core/ha/state_copy.hpp"

#include <algorithm>

namespace cts::ha::state_copy {

namespace {

using effects = std::vector<effect>;

void ask_next(state& s, effects& out, time_point now) {
  for (auto i = std::size_t{0}; s.following && i < s.queries.size(); ++i) {
    auto& q = s.queries[i];
    if (q.awaited != 0)
      continue;
    if (now < q.due) {
      out.push_back(arm_timer{q.due});
      continue;
    }
    auto what = static_cast<subject>(i);
    q.awaited = ++s.ids;
    q.due = now + spacing;
    out.push_back(
      ask{.id = q.awaited,
          .subject = what,
          .key = what == subject::meta ? s.keys.meta() : s.keys.state(),
          .recurse = what == subject::state,
          .index = q.index});
  }
}

/// What both answers say, as far as they agree.
struct contents {
  stored_tasks tasks{};
  std::uint64_t generation = 0;
};

std::optional<contents> contents_of(const state& s) {
  const auto& meta = s.queries[0].entries;
  const auto& all = s.queries[1].entries;
  if (!meta || !all)
    return std::nullopt;
  if (meta->empty())
    return contents{};
  auto record = decode_meta(meta->front().value);
  if (!record || record->min_reader > schema_version)
    return std::nullopt;
  auto belongs = [&](const auto& entry) {
    return s.keys.generation_of(entry.key) == record->generation;
  };
  // One answer is ahead of the other.
  if (!all->empty() && !std::any_of(all->begin(), all->end(), belongs))
    return std::nullopt;
  // Each run of a task changes one of many records.
  auto known = known_contents{};
  if (s.complete && s.generation == record->generation)
    known = {.entries = &s.read_from, .tasks = &s.tasks};
  auto read = read_generation(s.keys, record->generation, *all, known);
  return contents{.tasks = std::move(read.tasks),
                  .generation = record->generation};
}

bool same_records(const stored_tasks& a, const stored_tasks& b) {
  return std::equal(
    a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
      return x.first == y.first && x.second.record == y.second.record
             && x.second.problem == y.second.problem
             && (x.second.task_at.index == 0) == (y.second.task_at.index == 0);
    });
}

void compare(state& s, effects& out) {
  auto found = contents_of(s);
  if (!found || (s.complete && found->tasks == s.tasks))
    return;
  auto records = !s.complete || !same_records(found->tasks, s.tasks);
  s.tasks = std::move(found->tasks);
  s.generation = found->generation;
  s.read_from = s.queries[1].entries.value_or(consul::kv_entries{});
  s.complete = true;
  out.push_back(publish{records});
}

} // namespace

transition<state, effect> step(state s, follow_requested, time_point now) {
  auto out = effects{};
  if (!s.following) {
    s.following = true;
    for (auto& q : s.queries)
      q = query{.due = now};
  }
  ask_next(s, out, now);
  return {std::move(s), std::move(out)};
}

transition<state, effect> step(state s, rest_requested, time_point) {
  s.following = false;
  for (auto& q : s.queries)
    q = query{};
  s.complete = false;
  return {std::move(s), {}};
}

transition<state, effect> step(state s, answered event, time_point now) {
  auto out = effects{};
  auto found
    = std::find_if(s.queries.begin(), s.queries.end(),
                   [&](const auto& q) { return q.awaited == event.id; });
  if (event.id == 0 || found == s.queries.end())
    return {std::move(s), {}};
  found->awaited = 0;
  if (!event.answer) {
    found->index = 0;
    found->due = now + pause;
  } else {
    // An index that goes back is of another life of the servers.
    auto index = event.index.value_or(0);
    found->index = index < found->index ? 0 : index;
    if (found->index == 0)
      found->due = std::max<time_point>(found->due, now + pause);
    // Most polls end without news.
    auto is_news = found->entries != *event.answer;
    found->entries = *std::move(event.answer);
    if (is_news)
      compare(s, out);
  }
  ask_next(s, out, now);
  return {std::move(s), std::move(out)};
}

transition<state, effect> step(state s, timer_elapsed, time_point now) {
  auto out = effects{};
  ask_next(s, out, now);
  return {std::move(s), std::move(out)};
}

} // namespace cts::ha::state_copy
