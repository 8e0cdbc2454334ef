#include "core/dynamic/rendering.hpp"

#include <algorithm>
#include <utility>

namespace cts::dynamic::rendering {

namespace {

using effects = std::vector<effect>;

bool is_vault(const source& x) {
  return x.what == source::kind::secret || x.what == source::kind::secrets;
}

bool may_pass(const error& x) {
  return x.code == errc::unavailable || x.code == errc::timed_out;
}

void end(state& s, effects& out) {
  s.deadline.reset();
  if (s.follows && !s.refused)
    return;
  s.again.clear();
  out.push_back(stop_watching{});
}

void refuse_for(state& s, effects& out, const found_template& what,
                error reason) {
  s.refused = true;
  out.push_back(refuse{what, std::move(reason)});
  end(s, out);
}

/// The error that ends the waiting for what `missing` names, if there is one.
std::optional<error> permanent_trouble(const state& s,
                                       const std::set<source>& missing) {
  for (const auto& each : missing) {
    auto found = s.troubles.find(each);
    if (found != s.troubles.end() && !may_pass(found->second))
      return found->second;
  }
  return std::nullopt;
}

error late(const state& s, const std::set<source>& missing) {
  for (const auto& each : missing)
    if (auto found = s.troubles.find(each); found != s.troubles.end())
      return fail(errc::timed_out,
                  "context deadline exceeded: ", found->second.message);
  const auto& first = *missing.begin();
  if (is_vault(first))
    return fail(errc::timed_out,
                "context deadline exceeded: Vault has not answered about ",
                first.path);
  return fail(errc::timed_out, "context deadline exceeded: key ", first.path,
              " of Consul KV does not exist, or Consul has not answered");
}

void ask_for(state& s, effects& out, const std::set<source>& missing) {
  for (const auto& each : missing)
    if (s.asked.insert(each).second)
      out.push_back(ask{each});
}

/// What all templates stand for; nothing while something is missing.
std::optional<values> evaluate_all(state& s, effects& out, time_point now) {
  auto known = values{};
  auto complete = true;
  auto facts = text_template::facts{s.environment, s.answers};
  for (const auto& each : s.entries) {
    auto outcome = text_template::evaluate(each.parsed, facts);
    if (!outcome && s.reported) {
      out.push_back(warn{outcome.error().message});
      return std::nullopt;
    }
    if (!outcome) {
      refuse_for(s, out, each.of, outcome.error());
      return std::nullopt;
    }
    if (outcome->missing.empty()) {
      known[each.of.text] = std::move(outcome->text);
      continue;
    }
    complete = false;
    ask_for(s, out, outcome->missing);
    auto trouble = permanent_trouble(s, outcome->missing);
    if (trouble || (s.deadline && now >= *s.deadline)) {
      refuse_for(s, out, each.of, trouble.value_or(late(s, outcome->missing)));
      return std::nullopt;
    }
  }
  return complete ? std::optional{std::move(known)} : std::nullopt;
}

void look(state& s, effects& out, time_point now) {
  if (s.refused || (s.reported && !s.follows))
    return;
  auto known = evaluate_all(s, out, now);
  if (!known || known == s.reported)
    return;
  auto is_first = !std::exchange(s.reported, known);
  out.push_back(report{std::move(*known)});
  if (is_first)
    end(s, out);
}

void ask_later(state& s, effects& out, const source& what, time_point due) {
  s.again[what] = due;
  out.push_back(arm_timer{due});
}

void fail_to_read(state& s, effects& out, const answered& event,
                  time_point now) {
  const auto& reason = event.answer.error();
  if (s.reported)
    out.push_back(warn{reason.message});
  s.troubles.insert_or_assign(event.what, reason);
  if (!is_vault(event.what) || (!s.reported && !may_pass(reason)))
    return;
  s.pause = std::clamp<duration>(2 * s.pause, first_pause, longest_pause);
  ask_later(s, out, event.what, now + s.pause);
}

void take_answer(state& s, effects& out, const answered& event,
                 time_point now) {
  s.answers.insert_or_assign(event.what, *event.answer);
  s.troubles.erase(event.what);
  s.pause = {};
  if (!s.follows || !is_vault(event.what))
    return;
  auto pause = duration{reading_pause};
  if (event.lease.count() > 0)
    pause
      = std::max<duration>(duration{event.lease} * 2 / 3, reading_pause_min);
  ask_later(s, out, event.what, now + pause);
}

} // namespace

answer step(state s, const started& event, time_point now) {
  auto out = effects{};
  for (const auto& each : event.templates) {
    auto parsed = text_template::parse(each.text);
    if (!parsed) {
      refuse_for(s, out, each, parsed.error());
      return {std::move(s), std::move(out)};
    }
    s.entries.push_back({each, std::move(*parsed)});
  }
  s.deadline = now + patience;
  out.push_back(arm_timer{*s.deadline});
  look(s, out, now);
  return {std::move(s), std::move(out)};
}

answer step(state s, const answered& event, time_point now) {
  auto out = effects{};
  if (event.answer)
    take_answer(s, out, event, now);
  else
    fail_to_read(s, out, event, now);
  look(s, out, now);
  return {std::move(s), std::move(out)};
}

answer step(state s, const timer_elapsed&, time_point now) {
  auto out = effects{};
  auto due = std::vector<source>{};
  for (const auto& [what, at] : s.again)
    if (now >= at)
      due.push_back(what);
  for (const auto& each : due) {
    s.again.erase(each);
    out.push_back(ask{each});
  }
  look(s, out, now);
  return {std::move(s), std::move(out)};
}

} // namespace cts::dynamic::rendering
