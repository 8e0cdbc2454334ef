#include "core/ha/elector_wire.hpp"

#include <algorithm>

namespace cts::ha::elector {

namespace {

using namespace std::chrono_literals;
using consul::txn::reason;

/// No lease is longer.
constexpr auto lease_max = 60s;
/// No instance has this id.
constexpr auto nobody = "?";

const char* detector_of(lock_state x) {
  constexpr const char* names[] = {"session", "release", "witness"};
  return names[static_cast<std::size_t>(x)];
}

bool has(const consul::txn::refused& x, reason why) {
  return std::ranges::any_of(x.reasons,
                             [&](const auto& each) { return each.why == why; });
}

std::string key_of(const consul::txn::operation& x) {
  return std::visit([](const auto& each) { return each.key; }, x);
}

} // namespace

election::lock_view lock_view_of(const std::optional<consul::kv_entry>& x) {
  if (!x)
    return {.detector = "vacant"};
  auto out = election::lock_view{.modify_index = x->modify_index,
                                 .session = x->session,
                                 .detector = "session"};
  auto record = decode_leader(x->value);
  if (!record)
    return out;
  out.leader = leader_identity{.id = record->id,
                               .address = record->address,
                               .port = record->port,
                               .scheme = record->scheme,
                               .epoch = record->epoch};
  out.boot = record->boot;
  out.detector = detector_of(record->state);
  return out;
}

read_meta_record meta_of(const layout& keys,
                         const std::optional<consul::kv_entry>& x,
                         bool strangers) {
  auto advice = ": start one instance with -reset-storage to discard what is "
                "stored there";
  auto out = read_meta_record{};
  if (!x) {
    if (strangers)
      out.view.problem = "keys were found under '" + keys.base()
                         + "' that are none of this program's" + advice;
    return out;
  }
  out.view.index = x->modify_index;
  auto record = decode_meta(x->value);
  if (!record) {
    out.view.problem = "cannot understand '" + keys.meta()
                       + "': " + record.error().message + advice;
    return out;
  }
  out.view.epoch = record->epoch;
  out.view.schema = record->schema;
  out.view.min_reader = record->min_reader;
  out.record = *std::move(record);
  return out;
}

bool has_strangers(const layout& keys, const consul::kv_entries& xs) {
  return std::ranges::any_of(xs, [&](const auto& each) {
    auto known = keys.parse(each.key);
    return !known
           || (known->place != place::leader && known->place != place::meta
               && known->place != place::instance);
  });
}

membership::holder holder_of(const consul::kv_entry& x) {
  auto out = membership::holder{.session = x.session, .index = x.modify_index};
  auto record = decode_instance(x.value);
  if (!record)
    return out;
  out.boot = record->boot;
  out.host = record->host;
  out.host_boot_id = record->host_boot_id;
  out.pid = static_cast<std::int64_t>(record->pid);
  out.pid_start = record->pid_start;
  out.seq = record->seq;
  return out;
}

member_record member_of(const consul::kv_entry& x,
                        const instance_record& record) {
  return {.id = record.id,
          .boot = record.boot,
          .session = x.session,
          .host = record.host,
          .seq = record.seq,
          .lease = record.lease,
          .index = x.modify_index};
}

std::optional<member_record> member_of(const consul::kv_entry& x) {
  auto record = decode_instance(x.value);
  if (!record)
    return std::nullopt;
  return member_of(x, *record);
}

run_record run_of(const layout& keys, const consul::kv_entry& x) {
  auto out
    = run_record{.owner = nobody, .lease = lease_max, .index = x.modify_index};
  out.text = x.value;
  if (auto known = keys.parse(x.key))
    out.task = known->name;
  auto record = decode_inflight(x.value);
  if (!record)
    return out;
  out.owner = record->owner;
  out.boot = record->boot;
  out.run = record->job;
  out.epoch = record->epoch;
  out.stopped = record->state == run_state::stopped;
  out.killed = record->killed;
  out.lease = record->lease;
  out.who = record->who;
  out.started_at = record->started_at;
  return out;
}

run_records runs_of(const layout& keys, const consul::kv_entries& xs) {
  auto out = run_records{};
  for (const auto& each : xs) {
    auto known = keys.parse(each.key);
    if (known && known->place == place::inflight)
      out.push_back(run_of(keys, each));
  }
  return out;
}

std::optional<consul::kv_entry> entry_of(const consul::kv_entries& xs,
                                         const std::string& key) {
  auto found = std::ranges::find(xs, key, &consul::kv_entry::key);
  if (found == xs.end())
    return std::nullopt;
  return *found;
}

lease::refusal lease_refusal_of(const layout& keys,
                                const consul::txn::operations& asked,
                                const consul::txn::refused& x) {
  if (has(x, reason::session_mismatch))
    return lease::refusal::not_leader;
  if (has(x, reason::invalid_session))
    return lease::refusal::session_over;
  if (has(x, reason::lock_held))
    return lease::refusal::record_taken;
  auto owner_changed = false;
  for (const auto& each : x.reasons) {
    if (each.why != reason::stale_index || each.operation >= asked.size())
      continue;
    if (key_of(asked[each.operation]).starts_with(keys.inflight()))
      return lease::refusal::run_changed;
    owner_changed = true;
  }
  if (owner_changed)
    return lease::refusal::owner_changed;
  return has(x, reason::permission_denied) ? lease::refusal::denied
                                           : lease::refusal::other;
}

election::refusal election_refusal_of(const consul::txn::refused& x) {
  if (has(x, reason::invalid_session))
    return election::refusal::session_over;
  if (has(x, reason::lock_held) || has(x, reason::lock_delay))
    return election::refusal::held;
  if (has(x, reason::stale_index))
    return election::refusal::stale_meta;
  return election::refusal::other;
}

std::string words_of(const consul::txn::refused& x) {
  auto out = std::string{};
  for (const auto& each : x.reasons)
    out += (out.empty() ? "" : "; ") + each.message;
  return out;
}

} // namespace cts::ha::elector
