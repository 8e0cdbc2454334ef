#include "tests/simulation/stored_state.hpp"

#include "core/consul/session.hpp"

#include <gtest/gtest.h>

namespace cts::ha::store {

namespace {

settings settings_for(const layout& keys,
                      const std::vector<task_name>& configured) {
  auto out = settings{
    .keys = keys, .instance = "cts-01", .boot = "boot", .writer = "cts/test"};
  for (const auto& name : configured)
    out.configured.push_back(
      {.name = name, .config = {{"module", {"m/" + name}}, {"name", {name}}}});
  return out;
}

meta_record read_meta(const std::string& text) {
  auto out = decode_meta(text);
  return out ? *out : meta_record{};
}

} // namespace

world::world(std::vector<task_name> configured)
  : machine{settings_for(keys, configured)} {}

consul::reply world::serve(const consul::request& x) {
  auto answer = consul_model::serve(
    consul, consul_model::parse(x.method, consul::target_of(x), x.body), now);
  return {.status = answer.status,
          .index = answer.newest,
          .body = std::move(answer.body)};
}

result<txn::outcome> world::commit(const txn::operations& xs) {
  auto request = txn::request_for(xs);
  if (!request)
    return request.error();
  return txn::decode(serve(*request));
}

// -- other hands --------------------------------------------------------------

leadership world::elect(const std::string& instance) {
  if (!term.session.empty())
    end_session(term.session);
  auto created = consul::decode_session_created(
    serve(consul::create_session({.name = instance})));
  auto found
    = consul::decode_keys(serve(consul::read_keys({.key = keys.meta()})));
  auto next = acquisition{.session = created.value().id,
                          .leader = {.id = instance},
                          .meta = {.cluster = "c"}};
  if (!found->empty()) {
    next.meta = read_meta(found->front().value);
    next.meta_index = found->front().modify_index;
  }
  ++next.meta.epoch;
  auto won = commit(tx_acquire(keys, next));
  EXPECT_TRUE(won && std::holds_alternative<txn::committed>(*won));
  machine.config.instance = instance;
  term = {.epoch = next.meta.epoch, .session = next.session};
  return term;
}

void world::put(const std::string& key, const std::string& value) {
  auto done = commit({txn::set{.key = key, .value = value}});
  EXPECT_TRUE(done && std::holds_alternative<txn::committed>(*done));
}

void world::erase(const std::string& key) {
  (void)commit({txn::erase{key}});
}

void world::end_session(const std::string& id) {
  serve(consul::destroy_session(id, ""));
}

std::string world::value(const std::string& key) const {
  auto found = consul.kv.find(key);
  return found == consul.kv.end() ? std::string{} : found->second.value;
}

std::vector<std::string> world::keys_below(const std::string& prefix) const {
  auto out = std::vector<std::string>{};
  for (const auto& [key, entry] : consul.kv)
    if (key.starts_with(prefix))
      out.push_back(key);
  return out;
}

run_permit world::permit(const task_name& task, const std::string& run) {
  put(keys.inflight(task),
      encode(inflight_record{
        .task = task, .epoch = term.epoch, .owner = "cts-01", .job = run}));
  return {.epoch = term.epoch,
          .task = task,
          .run = run,
          .index = consul.kv.at(keys.inflight(task)).modify_index};
}

task_event world::event(const task_name& task, const std::string& id) const {
  return {.id = id,
          .success = true,
          .start_time = wall,
          .end_time = wall,
          .task = task};
}

// -- asking -------------------------------------------------------------------

bool world::load(const leadership& by) {
  auto before = loads;
  feed_event(load_requested{.term = by, .at = wall});
  return loads > before;
}

std::uint64_t world::ask(change what) {
  auto request = ++requests_;
  feed_event(
    change_requested{.request = request, .what = std::move(what), .at = wall});
  return request;
}

std::uint64_t world::end_run(const task_name& task, const std::string& id) {
  return ask(record_run{.event = event(task, id), .permit = permit(task, id)});
}

std::optional<std::string> world::answer(std::uint64_t request) const {
  auto found = answers_.find(request);
  if (found == answers_.end())
    return std::nullopt;
  return found->second ? found->second->message : std::string{};
}

// -- what happens -------------------------------------------------------------

void world::advance(duration span) {
  auto until = now + span;
  while (!timers_.empty() && *timers_.begin() <= until && !crashed) {
    now = std::max(now, *timers_.begin());
    timers_.erase(timers_.begin());
    feed_event(timer_elapsed{});
  }
  now = until;
}

void world::settle() {
  while (!effects_.empty() && !crashed) {
    auto next = std::move(effects_.front());
    effects_.pop_front();
    std::visit([this](const auto& x) { perform(x); }, next);
  }
}

void world::check(const txn::operations& xs) {
  operations_most = std::max(operations_most, xs.size());
  bytes_most = std::max(bytes_most, txn::body_bytes(xs));
  ASSERT_FALSE(xs.empty());
  EXPECT_EQ(xs.front(), txn::operation(txn::check_session{
                          keys.leader(), machine.term.session}));
  EXPECT_TRUE(txn::has_write(xs));
  for (const auto& x : xs) {
    auto key = std::visit([](const auto& one) { return one.key; }, x);
    EXPECT_TRUE(key.starts_with(keys.base())) << key;
  }
}

void world::perform(const send_transaction& x) {
  check(x.operations);
  auto what = fate_of ? fate_of(transactions, x.operations) : fate::answered;
  ++transactions;
  crashed = what == fate::crash_before || what == fate::crash_after;
  if (what == fate::crash_before)
    return;
  auto answer
    = result<txn::outcome>{fail(errc::timed_out, "no answer in time")};
  if (what == fate::delayed)
    delayed_.push_back(x.operations);
  else if (what != fate::request_lost)
    answer = commit(x.operations);
  if (what == fate::answered)
    for (const auto& late : std::exchange(delayed_, {}))
      (void)commit(late);
  if (what == fate::answer_lost)
    answer = fail(errc::unavailable, "connection reset");
  if (!crashed)
    feed(machine, transaction_answered{x.id, std::move(answer)}, now,
         [this](const auto& each) { queue(each); });
}

void world::perform(const read_keys& x) {
  auto answer
    = result<consul::kv_entries>{fail(errc::unavailable, "no cluster leader")};
  if (prefixes_hidden && x.recurse)
    answer = consul::kv_entries{};
  else if (!read_fails || !read_fails(x.key))
    answer = consul::decode_keys(
      serve(consul::read_keys({.key = x.key, .recurse = x.recurse})));
  feed(machine, keys_read{x.id, std::move(answer)}, now,
       [this](const auto& each) { queue(each); });
}

void world::perform(const answer_change& x) {
  EXPECT_FALSE(answers_.contains(x.request)) << "answered twice";
  answers_[x.request] = x.problem;
}

void world::perform(const write_log& x) {
  auto line = x.sentence;
  for (const auto& [name, text] : x.fields)
    line += (line == x.sentence ? ": " : " ") + name + "=" + text;
  logs.push_back(line);
}

std::vector<std::string> world::logs_with(const std::string& text) const {
  auto out = std::vector<std::string>{};
  for (const auto& line : logs)
    if (line.find(text) != std::string::npos)
      out.push_back(line);
  return out;
}

// -- what is stored -----------------------------------------------------------

meta_record world::meta() const {
  return read_meta(value(keys.meta()));
}

generation_contents world::seen() const {
  auto entries = consul::kv_entries{};
  for (const auto& [key, entry] : consul.kv)
    entries.push_back(
      {.key = key, .value = entry.value, .modify_index = entry.modify_index});
  return read_generation(keys, meta().generation, entries);
}

std::vector<task_name> world::names_seen() const {
  auto out = std::vector<task_name>{};
  auto all = seen();
  for (const auto* task : in_order(all.tasks))
    out.push_back(task->record.name);
  return out;
}

} // namespace cts::ha::store
