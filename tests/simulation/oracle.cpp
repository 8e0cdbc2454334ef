#include "tests/simulation/oracle.hpp"

#include "core/consul/kv.hpp"
#include "tests/simulation/record_text.hpp"

#include <boost/json/value.hpp>

#include <functional>
#include <utility>

namespace cts::simulation {

namespace {

constexpr auto payload_max = 62U;
constexpr auto body_max = std::size_t{512} * 1024;
constexpr auto terraform_keys = "consul-terraform-sync/terraform-env:";
/// Requests of a node whose time of sending is remembered.
constexpr auto sent_max = 64U;

std::string value_at(const consul_model::state& x, const std::string& key) {
  auto found = x.kv.find(key);
  return found == x.kv.end() ? std::string{} : found->second.value;
}

bool is_transaction(const consul_model::request& x) {
  return x.path == "/v1/txn";
}

} // namespace

oracle::oracle(world& x, oracle_rules rules)
  : world_(x), rules_(rules), base_(x.base()) {
  world_.observe(
    {.consul = [this](const auto& request, const auto& reply,
                      const auto& state) { see_consul(request, reply, state); },
     .sent = [this](const auto& node,
                    const auto& request) { see_sent(node, request); },
     .process = [this](const auto& process) { see_process(process); },
     .provider
     = [this](const provider_call& call) { applied_[call.task] = call.inputs; },
     .log
     = [this](const auto& where, const auto& line) { see_log(where, line); }});
}

void oracle::fail(const char* invariant, std::string sentence) {
  world_.engine().note(
    [&] { return "VIOLATION " + std::string{invariant} + ": " + sentence; });
  violations_.push_back({.invariant = invariant,
                         .sentence = std::move(sentence),
                         .at = world_.engine().now()});
}

std::string oracle::life_of(const std::string& machine) const {
  auto found = world_.find(machine);
  return found == nullptr ? std::string{}
                          : machine + "." + std::to_string(found->lives());
}

// -- Consul -------------------------------------------------------------------

void oracle::see_sent(const std::string& node, const http_request& request) {
  if (!request.url.ends_with("/v1/txn")
      && request.url.find("/v1/txn?") == std::string::npos)
    return;
  auto& known = sent_[node];
  known.emplace_back(std::hash<std::string>{}(request.body),
                     world_.engine().now());
  if (known.size() > sent_max)
    known.pop_front();
}

void oracle::see_consul(const consul_model::request& request,
                        const consul_model::reply& reply,
                        const consul_model::state& state) {
  if (state.lock_delays.contains(base_ + "leader"))
    fail("I19", "a lock delay is active on the lock");
  auto operations = is_transaction(request) ? read_record(request.body)
                                            : boost::json::value{};
  check_sizes(request, operations);
  check_secrets(request, operations);
  if (state.kv_index == kv_index_)
    return;
  kv_index_ = state.kv_index;
  check_place(request);
  auto x = change{.request = request,
                  .state = state,
                  .holder = holder_,
                  .session = lock_session_,
                  .epoch = epoch_,
                  .by_operator = request.node == consul_model::first_node};
  auto lock = state.kv.find(base_ + "leader");
  lock_session_ = lock != state.kv.end() ? lock->second.session : "";
  holder_ = lock_session_.empty() ? "" : state.sessions.at(lock_session_).node;
  auto is_free = lock_session_.empty() && !x.session.empty();
  if (is_free && lock != x.state.kv.end()
      && text_in(read_record(lock->second.value), "reason") == "witness")
    ++witness_releases_;
  check_strangers(x);
  check_epoch(x);
  if (is_transaction(request) && reply.status == 200)
    check_transaction(x, operations);
  check_state(x);
  check_records(x);
  check_generation();
}

// Whatever it is, and whether it is committed or not.
void oracle::check_secrets(const consul_model::request& request,
                           const boost::json::value& operations) {
  auto is_mine = request.path.find("/kv/") == std::string::npos
                 || request.path.find(base_) != std::string::npos;
  if (!is_mine || request.node == consul_model::first_node)
    return;
  if (has_secret(request.body) || has_secret(request.path))
    fail("I20", request.node + " tells Consul a secret: " + request.path);
  if (!operations.is_array())
    return;
  for (const auto& each : operations.get_array()) {
    auto value = consul::decode_base64(text_in(member_of(each, "KV"), "Value"));
    if (value && has_secret(*value))
      fail("I20", request.node + " stores a secret under "
                    + text_in(member_of(each, "KV"), "Key"));
  }
}

void oracle::check_sizes(const consul_model::request& request,
                         const boost::json::value& operations) {
  if (is_transaction(request) && request.body.size() > body_max)
    fail("I16",
         "a transaction of " + std::to_string(request.body.size()) + " bytes");
  if (!operations.is_array())
    return;
  auto count = operations.get_array().size();
  if (count > payload_max + 1)
    fail("I16", "a transaction of " + std::to_string(count) + " operations");
}

void oracle::check_place(const consul_model::request& request) {
  constexpr auto root = std::string_view{"/v1/kv/"};
  if (!request.path.starts_with(root)
      || request.node == consul_model::first_node)
    return;
  auto key = request.path.substr(root.size());
  if (!key.starts_with(base_) && !key.starts_with(terraform_keys))
    fail("I17", request.node + " touches " + key);
}

// Only who took the lock of a state for himself gives it back.
void oracle::check_strangers(const change& x) {
  constexpr auto root = std::string_view{"/v1/kv/"};
  auto is_lock = x.by_operator && x.request.path.starts_with(root)
                 && x.request.path.ends_with("/.lock");
  if (is_lock) {
    auto key = x.request.path.substr(root.size());
    auto found = x.state.kv.find(key);
    if (found != x.state.kv.end() && !found->second.session.empty())
      strangers_[key] = found->second.session;
  }
  std::erase_if(strangers_, [&](const auto& each) {
    auto found = x.state.kv.find(each.first);
    auto is_held
      = found != x.state.kv.end() && found->second.session == each.second;
    if (!is_held && x.state.sessions.contains(each.second))
      fail("I17", x.request.node + " breaks the lock " + each.first
                    + " of somebody else");
    return !is_held;
  });
}

void oracle::check_transaction(const change& x,
                               const boost::json::value& operations) {
  if (!operations.is_array())
    return;
  auto session = std::string{};
  auto extends = false;
  for (const auto& each : operations.get_array()) {
    const auto& kv = member_of(each, "KV");
    auto key = text_in(kv, "Key");
    auto verb = text_in(kv, "Verb");
    if (!key.starts_with(base_) && key + "/" != base_)
      fail("I17", "the store touches " + key);
    if (verb == "lock" && key == base_ + "instances/" + x.request.node)
      extends = true;
    if (verb == "check-session" && key == base_ + "leader")
      session = text_in(kv, "Session");
    auto writes = !verb.starts_with("check") && !verb.starts_with("get");
    if (!writes || !key.starts_with(base_ + "state/"))
      continue;
    if (x.request.node != x.holder)
      fail("I5", x.request.node + " writes " + key + " while '" + x.holder
                   + "' holds the lock");
    else if (session.empty() || session != x.session)
      fail("I5", x.request.node + " writes " + key
                   + " without a proof that it holds the lock");
  }
  if (extends)
    check_lease(x);
}

// Whoever takes the lock raises the epoch in the same step.
void oracle::check_epoch(const change& x) {
  meta_ = value_at(x.state, base_ + "meta");
  epoch_ = number_in(read_record(meta_), "epoch");
  if (epoch_ < x.epoch && !epochs_excused_)
    fail("I6", "the epoch fell from " + std::to_string(x.epoch) + " to "
                 + std::to_string(epoch_));
  auto is_won = !holder_.empty() && lock_session_ != x.session;
  if (!is_won)
    return;
  auto least = epochs_excused_ ? won_by_[holder_] : epoch_max_;
  if (epoch_ <= least)
    fail("I6", holder_ + " takes the lock in epoch " + std::to_string(epoch_)
                 + " after " + std::to_string(least));
  epoch_max_ = std::max(epoch_max_, epoch_);
  won_[epoch_] = holder_;
  won_by_[holder_] = epoch_;
  awaited_.clear();
  first_start_.reset();
  if (rules_.watches_delays)
    for (const auto& task : stored_tasks())
      if (!inflight_.contains(task) && is_enabled(task))
        awaited_.insert(task);
}

// -- words --------------------------------------------------------------------

void oracle::see_log(const std::string& where, const log::line& line) {
  auto machine = where.substr(0, where.find('.'));
  // What an earlier life believed ended with it.
  if (!machine.empty() && std::exchange(lives_[machine], where) != where)
    believes_.erase(machine);
  if (has_secret(line.sentence))
    fail("I20", where + " logs a secret");
  auto epoch = ha::epoch{0};
  for (const auto& field : line.fields) {
    if (has_secret(field.value))
      fail("I20", where + " logs a secret");
    if (field.key == "epoch")
      epoch = std::stoull(field.value);
  }
  if (line.component != "ha")
    return;
  if (line.sentence == "lost leadership lock"
      || line.sentence == "released leadership lock")
    believes_.erase(machine);
  if (line.sentence != "acquired leadership lock")
    return;
  believes_[machine] = epoch;
  if (won_.contains(epoch) && won_[epoch] != machine)
    fail("I1", machine + " says that it leads in epoch " + std::to_string(epoch)
                 + ", which " + won_[epoch] + " won");
  else if (!won_.contains(epoch))
    fail("I1", machine + " says that it leads in epoch " + std::to_string(epoch)
                 + ", which nobody won");
  auto [known, is_new] = acquired_.emplace(epoch, where);
  if (!is_new && known->second != where && !epochs_excused_)
    fail("I1", "epoch " + std::to_string(epoch)
                 + " has two leaders: " + known->second + " and " + where);
}

} // namespace cts::simulation
