#include "tests/simulation/oracle.hpp"

#include "core/consul/kv.hpp"

#include <boost/json/parse.hpp>

namespace cts::simulation {

namespace {

namespace json = boost::json;

constexpr auto secret = "never-to-be-seen";
constexpr auto operations_max = 64U;
constexpr auto body_max = std::size_t{512} * 1024;

json::value read(const std::string& text) {
  auto problem = boost::system::error_code{};
  auto out = json::parse(text, problem);
  return problem ? json::value{} : out;
}

std::string text_of(const json::value& x, const char* name) {
  const auto* members = x.if_object();
  const auto* found = members != nullptr ? members->if_contains(name) : nullptr;
  return found != nullptr && found->is_string()
           ? std::string{found->as_string()}
           : std::string{};
}

std::uint64_t number_of(const json::value& x, const char* name) {
  const auto* members = x.if_object();
  const auto* found = members != nullptr ? members->if_contains(name) : nullptr;
  auto problem = boost::system::error_code{};
  return found != nullptr ? found->to_number<std::uint64_t>(problem) : 0;
}

std::string value_at(const consul_model::state& x, const std::string& key) {
  auto found = x.kv.find(key);
  return found == x.kv.end() ? std::string{} : found->second.value;
}

} // namespace

oracle::oracle(world& x) : world_(x), base_(x.base()) {
  world_.observe(
    {.consul = [this](const auto& request, const auto& reply,
                      const auto& state) { see_consul(request, reply, state); },
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

// -- Consul -------------------------------------------------------------------

void oracle::see_consul(const consul_model::request& request,
                        const consul_model::reply& reply,
                        const consul_model::state& state) {
  auto holder_before = holder_;
  if (state.lock_delays.contains(base_ + "leader"))
    fail("I19", "a lock delay is active on the lock");
  if (state.kv_index == kv_index_)
    return;
  kv_index_ = state.kv_index;
  auto lock = state.kv.find(base_ + "leader");
  holder_ = lock != state.kv.end() && !lock->second.session.empty()
              ? state.sessions.at(lock->second.session).node
              : std::string{};
  if (request.path == "/v1/txn" && reply.status == 200)
    check_transaction(request, holder_before);
  check_epoch(state);
  check_records(request, holder_before, state);
  check_generation(state);
}

void oracle::check_transaction(const consul_model::request& request,
                               const std::string& holder_before) {
  if (request.body.size() > body_max)
    fail("I16",
         "a transaction of " + std::to_string(request.body.size()) + " bytes");
  auto parsed = read(request.body);
  const auto* operations = parsed.if_array();
  if (operations == nullptr)
    return;
  if (operations->size() > operations_max)
    fail("I16", "a transaction of too many operations");
  for (const auto& each : *operations) {
    const auto& kv = each.at("KV");
    auto key = text_of(kv, "Key");
    auto verb = text_of(kv, "Verb");
    if (!key.starts_with(base_) && key + "/" != base_)
      fail("I17", "the store touches " + key);
    auto writes = !verb.starts_with("check") && !verb.starts_with("get");
    if (writes && key.starts_with(base_ + "state/")
        && request.node != holder_before)
      fail("I5", request.node + " writes " + key + " while '" + holder_before
                   + "' holds the lock");
  }
}

void oracle::check_epoch(const consul_model::state& state) {
  auto epoch = number_of(read(value_at(state, base_ + "meta")), "epoch");
  if (epoch < epoch_ && !epochs_excused_)
    fail("I6", "the epoch fell from " + std::to_string(epoch_) + " to "
                 + std::to_string(epoch));
  epoch_ = epoch;
}

void oracle::check_records(const consul_model::request& request,
                           const std::string& holder_before,
                           const consul_model::state& state) {
  auto prefix = base_ + "inflight/";
  auto now = std::map<task_name, std::string>{};
  for (auto x = state.kv.lower_bound(prefix);
       x != state.kv.end() && x->first.starts_with(prefix); ++x)
    now[x->first.substr(prefix.size())] = x->second.value;
  for (const auto& [task, record] : inflight_) {
    if (now.contains(task))
      continue;
    auto by_operator = request.node == consul_model::first_node;
    if (!by_operator && request.node != holder_before)
      fail("I7", "the record of " + task + " was removed by " + request.node
                   + " while '" + holder_before + "' holds the lock");
    auto owner = text_of(read(record), "owner");
    for (const auto& [number, machine] : applying_[task])
      if (!by_operator && machine == owner)
        fail("I7",
             "the record of " + task + " is gone while its process lives");
  }
  inflight_ = std::move(now);
  auto below = base_ + "state/";
  for (auto x = state.kv.lower_bound(below);
       x != state.kv.end() && x->first.starts_with(below); ++x) {
    auto& known = kept_[x->first];
    if (known == x->second.value)
      continue;
    known = x->second.value;
    if (known.find(secret) != std::string::npos)
      fail("I20", "the token is stored under " + x->first);
    if (x->first.find("/events/") != std::string::npos)
      check_events(x->first, known);
  }
}

void oracle::check_events(const std::string& key, const std::string& value) {
  auto parsed = read(value);
  const auto* members = parsed.if_object();
  const auto* events
    = members != nullptr ? members->if_contains("events") : nullptr;
  if (events == nullptr || !events->is_array())
    return fail("I11", key + " holds no events");
  const auto& list = events->as_array();
  if (list.size() > 5)
    fail("I11", key + " holds more than five events");
  auto seen = std::set<std::string>{};
  for (const auto& each : list)
    if (!seen.insert(text_of(each, "id")).second)
      fail("I11", key + " holds one event twice");
}

void oracle::check_generation(const consul_model::state& state) {
  auto meta = read(value_at(state, base_ + "meta"));
  auto generation = number_of(meta, "gen");
  if (generation == generation_)
    return;
  generation_ = generation;
  for (const auto& task : world_.options().tasks) {
    auto key = base_ + "state/" + std::to_string(generation) + "/tasks/" + task;
    if (generation > 0 && !state.kv.contains(key) && !promised_.contains(task))
      fail("I18", "generation " + std::to_string(generation)
                    + " is visible without " + task);
  }
}

// -- processes ----------------------------------------------------------------

void oracle::see_process(const terraform_process& x) {
  auto machine = x.request().directory;
  auto where = std::string{};
  for (auto i = std::size_t{0}; i < world_.size(); ++i)
    if (world_.at(i).processes().running().contains(x.number()))
      where = world_.at(i).name();
  auto& living = applying_[x.task()];
  if (!x.is_alive()) {
    living.erase(x.number());
    return;
  }
  if (x.request().fenced && believes_.find(where) == believes_.end())
    fail("I15", where + " follows and runs " + x.command() + " of " + x.task());
  if (!x.applies())
    return;
  ++applies_;
  for (const auto& [number, other] : living)
    fail("I2", "two runs of " + x.task() + ": on " + other + " and " + where);
  living[x.number()] = where;
  auto record = read(inflight_[x.task()]);
  if (text_of(record, "owner") != where || text_of(record, "state") != "running"
      || number_of(record, "epoch") > epoch_)
    fail("I4", where + " starts " + x.task() + " without a committed intent");
}

// -- words --------------------------------------------------------------------

void oracle::see_log(const std::string& where, const log::line& line) {
  auto machine = where.substr(0, where.find('.'));
  auto epoch = ha::epoch{0};
  for (const auto& field : line.fields) {
    if (field.value.find(secret) != std::string::npos)
      fail("I20", "the token is logged by " + where);
    if (field.key == "epoch")
      epoch = std::stoull(std::string{field.value});
  }
  if (line.component != "ha")
    return;
  if (line.sentence == "acquired leadership lock") {
    auto [known, is_new] = acquired_.emplace(epoch, machine);
    if (!is_new && known->second != machine)
      fail("I1", "epoch " + std::to_string(epoch)
                   + " has two leaders: " + known->second + " and " + machine);
    believes_[machine] = epoch;
  }
}

// -- the end ------------------------------------------------------------------

void oracle::acknowledged(const task_name& task, bool exists) {
  promised_[task] = exists;
}

void oracle::registered(const task_name& task, const std::string& id,
                        bool is_there) {
  if (is_there)
    expected_[task].insert(id);
  else
    expected_[task].erase(id);
}

void oracle::finish() {
  if (holder_.empty())
    return fail("I13", "nobody leads at the end");
  auto prefix = base_ + "state/" + std::to_string(generation_) + "/tasks/";
  auto kept_now = [&](const task_name& task) {
    auto found = kept_.find(prefix + task);
    return found != kept_.end();
  };
  for (const auto& [task, exists] : promised_)
    if (exists && !kept_now(task))
      fail("I9", "the acknowledged task " + task + " is not kept");
  for (const auto& [task, ids] : expected_) {
    if (promised_.contains(task) && !promised_[task])
      continue;
    for (const auto& id : ids)
      if (applied_[task].find('"' + id + '"') == std::string::npos)
        fail("I10", "instance " + id + " of " + task + " was never applied");
  }
}

} // namespace cts::simulation
