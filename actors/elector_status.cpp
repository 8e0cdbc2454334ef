#include "actors/elector_shell.hpp"
#include "core/consul/checks.hpp"

#include <algorithm>
#include <set>

// The instances of the cluster, and what is said of them.

namespace cts {

namespace {

using namespace std::chrono_literals;

constexpr auto watch_pause = 1s;
constexpr auto checks_patience = 2000ms;
constexpr auto checks_valid = 1s;

} // namespace

void elector_shell::watch_members() {
  auto index
    = members_index_ == 0 ? std::nullopt : std::optional{members_index_};
  auto request = consul::read_keys({.key = options_.keys.instances(),
                                    .recurse = true,
                                    .consistent = false,
                                    .index = index,
                                    .wait = watch_wait,
                                    .ns = ha().ns});
  auto again = [this] {
    members_index_ = 0;
    self_->delayed_send(self_, watch_pause, watch_members_due{});
  };
  ask(
    std::move(request), watch_deadline,
    [this, again](const consul::reply& reply) {
      auto found = consul::decode_keys(reply);
      if (!found)
        return again();
      members_seen(*found);
      if (!reply.index)
        return again();
      members_index_ = *reply.index < members_index_ ? 0 : *reply.index;
      watch_members();
    },
    [again](const error&) { again(); });
}

void elector_shell::members_seen(const consul::kv_entries& xs) {
  // Most polls end without news.
  if (!members_read_ || *members_read_ != xs)
    read_members(xs);
  on(ha::elector::members_watched{member_rows_});
}

void elector_shell::read_members(const consul::kv_entries& xs) {
  members_read_ = xs;
  members_.clear();
  member_sessions_.clear();
  member_rows_.clear();
  for (const auto& each : xs)
    if (auto record = ha::decode_instance(each.value)) {
      member_rows_.push_back(ha::elector::member_of(each, *record));
      member_sessions_[record->id] = each.session;
      auto id = record->id;
      members_[id] = *std::move(record);
    }
}

caf::result<cluster_view> elector_shell::tell_cluster() {
  auto promise = self_->make_response_promise<cluster_view>();
  cluster_asked_.emplace_back(promise);
  auto fresh = checks_at_ && self_->clock().now() - *checks_at_ < checks_valid;
  if (fresh && cluster_asked_.size() == 1)
    answer_cluster();
  else if (cluster_asked_.size() == 1)
    ask_for_members();
  return promise;
}

// A watch may be behind; who asks wants to know how it is now.
void elector_shell::ask_for_members() {
  ask(
    consul::read_keys({.key = options_.keys.instances(),
                       .recurse = true,
                       .consistent = true,
                       .ns = ha().ns}),
    checks_patience,
    [this](const consul::reply& reply) {
      if (auto found = consul::decode_keys(reply))
        members_seen(*found);
      ask_for_checks();
    },
    [this](const error&) { ask_for_checks(); });
}

void elector_shell::ask_for_checks() {
  auto names = std::set<std::string>{};
  for (const auto& [id, record] : members_)
    if (!record.service_name.empty())
      names.insert(record.service_name);
  critical_.clear();
  checks_open_ = names.size();
  if (names.empty())
    return answer_cluster();
  auto answered = [this] {
    if (--checks_open_ > 0)
      return;
    checks_at_ = self_->clock().now();
    answer_cluster();
  };
  const auto& ns = options_.settings->consul.service_registration.ns;
  for (const auto& each : names)
    ask(
      consul::checks_request(each, ns), checks_patience,
      [this, answered](const consul::reply& reply) {
        auto checks
          = consul::decode_checks(reply.status == 200 ? reply.body : "[]");
        if (checks)
          for (const auto& check : *checks)
            if (check.status == "critical")
              critical_[check.service_id] = true;
        answered();
      },
      // Without an answer the session alone speaks for an instance.
      [answered](const error&) { answered(); });
}

void elector_shell::answer_cluster() {
  auto out
    = cluster_view{.cluster_name = ha().cluster_name, .leadership = view()};
  const auto& leader = out.leadership.leader;
  auto known = members_;
  if (auto session = machine_.member.session; !session.empty()) {
    known.try_emplace(options_.settings->id, own_record(record_seq_));
    member_sessions_.try_emplace(options_.settings->id, session);
  }
  for (const auto& [id, record] : known)
    out.members.push_back(
      {.id = id,
       .service_name = record.service_name,
       .address = record.address,
       .version = record.version,
       .healthy = !member_sessions_[id].empty() && !critical_.contains(id),
       .leader = leader && leader->id == id});
  std::ranges::stable_partition(out.members, &cluster_member::leader);
  auto waiting = std::exchange(cluster_asked_, {});
  for (auto& each : waiting)
    each.deliver(out);
}

} // namespace cts
