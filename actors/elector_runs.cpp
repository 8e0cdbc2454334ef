#include "actors/elector_shell.hpp"
#include "core/go_duration.hpp"

// Intents, leases, acknowledgements, and the runs of former leaders.

namespace cts {

namespace {

using namespace std::chrono_literals;
namespace lease = ha::lease;
namespace foreign_runs = ha::foreign_runs;

constexpr auto settle_patience = 30s;

std::string text_argument(const object& from, const std::string& name) {
  auto found = from.find(name);
  const auto* text = found == from.end()
                       ? nullptr
                       : std::get_if<std::string>(&found->second.data);
  return text == nullptr ? std::string{} : *text;
}

} // namespace

ha::inflight_record
elector_shell::intent_of(const lease::send_intent& x) const {
  const auto& driver = options_.settings->driver;
  auto path = text_argument(driver.backend.arguments, "path");
  auto is_consul = driver.backend.type == "consul" && !path.empty();
  return {.task = x.task,
          .epoch = x.epoch,
          .owner = options_.settings->id,
          .boot = options_.boot,
          .job = x.run,
          .driver = options_.settings->cloud ? "terraform-cloud" : "terraform",
          .phase = "apply",
          .lease
          = std::chrono::duration_cast<milliseconds>(ha().failover.lease),
          .who = options_.host.who,
          .started_at = options_.services.clock(),
          .backend_type = driver.backend.type,
          .lock_key = is_consul ? path + "-env:" + x.task + "/.lock" : ""};
}

void elector_shell::note_intent(const ha::elector::effect& x) {
  if (const auto* inner = std::get_if<lease::effect>(&x))
    if (const auto* sent = std::get_if<lease::send_intent>(inner))
      intents_[sent->task] = intent_of(*sent);
}

void elector_shell::perform(const lease::send_intent& x) {
  auto run = intents_.at(x.task);
  auto intent = ha::intent{.session = machine_.election.session,
                           .instance = own_record(x.seq),
                           .run = std::move(run),
                           .run_index = x.clearance.index};
  const auto& owner = x.clearance.owner;
  if (!owner.empty() && x.clearance.owner_index != 0)
    intent.former = {.id = owner, .index = x.clearance.owner_index};
  auto operations = ha::tx_intent(options_.keys, intent);
  if (!owner.empty() && x.clearance.owner_index == 0)
    operations.push_back(
      consul::txn::check_not_exists{options_.keys.instance(owner)});
  auto key = options_.keys.inflight(x.task);
  auto answered = [this, x, key,
                   operations](const result<consul::txn::outcome>& outcome) {
    if (!outcome && consul::txn::is_ambiguous(outcome.error()))
      return on(lease::intent_unclear{x.ticket});
    if (!outcome)
      return on(lease::intent_refused{
        .ticket = x.ticket,
        .why = outcome.error().code == errc::refused ? lease::refusal::denied
                                                     : lease::refusal::other,
        .message = outcome.error().message});
    if (const auto* no = std::get_if<consul::txn::refused>(&*outcome))
      return on(lease::intent_refused{
        .ticket = x.ticket,
        .why = ha::elector::lease_refusal_of(options_.keys, operations, *no),
        .message = ha::elector::words_of(*no)});
    const auto& entries = std::get<consul::txn::committed>(*outcome).entries;
    note_own_record(entries, x.seq);
    auto written = ha::elector::entry_of(entries, key);
    on(lease::intent_committed{x.ticket, written ? written->modify_index : 0});
  };
  commit(operations, answered);
}

void elector_shell::perform(const lease::read_run& x) {
  auto ticket = x.ticket;
  read(options_.keys.inflight(x.task), false,
       [this, ticket](const result<consul::kv_entries>& found) {
         if (!found)
           return on(lease::run_unreadable{ticket});
         auto event = lease::run_read{.ticket = ticket};
         if (!found->empty())
           event.found = ha::elector::run_of(options_.keys, found->front());
         on(event);
       });
}

void elector_shell::perform(const lease::send_extension& x) {
  auto operations
    = ha::tx_lease(options_.keys, machine_.member.session, own_record(x.seq));
  commit(operations, [this, x,
                      operations](const result<consul::txn::outcome>& outcome) {
    if (!outcome)
      return on(lease::extension_failed{x.extension});
    if (const auto* no = std::get_if<consul::txn::refused>(&*outcome))
      return on(lease::extension_refused{
        x.extension,
        ha::elector::lease_refusal_of(options_.keys, operations, *no),
        ha::elector::words_of(*no)});
    note_own_record(std::get<consul::txn::committed>(*outcome).entries, x.seq);
    on(lease::extended{x.extension});
  });
}

void elector_shell::perform(const lease::extend_processes& x) {
  if (options_.processes)
    self_
      ->request(options_.processes, 5s,
                extend_lease{x.deadline.time_since_epoch()})
      .then([] {}, [](const caf::error&) {});
}

void elector_shell::perform(const lease::revoke_processes&) {
  if (options_.processes)
    self_->request(options_.processes, 5s, revoke_lease{})
      .then([] {}, [](const caf::error&) {});
}

// Without a result nobody told how the run ended, so perhaps it goes on.
void elector_shell::perform(const lease::acknowledge& x) {
  if (x.result || !options_.processes)
    return send_acknowledgement(x);
  self_->request(options_.processes, end_patience, end_job{x.run})
    .then([this, x] { send_acknowledgement(x); },
          [this, x](const caf::error&) {
            on(lease::acknowledge_failed{x.ticket});
          });
}

void elector_shell::send_acknowledgement(const lease::acknowledge& x) {
  forget_holder(x.task, x.run);
  auto ticket = x.ticket;
  commit(ha::tx_acknowledge(options_.keys, end_of(x.task), x.index),
         [this, ticket](const result<consul::txn::outcome>& outcome) {
           if (!outcome)
             return on(lease::acknowledge_failed{ticket});
           const auto* no = std::get_if<consul::txn::refused>(&*outcome);
           if (no == nullptr)
             return on(lease::acknowledged{ticket});
           for (const auto& each : no->reasons)
             if (each.why == consul::txn::reason::permission_denied)
               return on(lease::acknowledge_failed{ticket});
           on(lease::acknowledged{ticket});
         });
}

// -- runs of former leaders ---------------------------------------------------

void elector_shell::perform(const foreign_runs::read_member& x) {
  auto ticket = x.ticket;
  auto owner = x.owner;
  read(options_.keys.instance(owner), false,
       [this, ticket, owner](const result<consul::kv_entries>& found) {
         if (!found)
           return on(foreign_runs::member_unreadable{ticket});
         auto event = foreign_runs::member_read{.ticket = ticket};
         if (!found->empty()) {
           event.found = ha::elector::member_of(found->front());
           // Something stands there: nobody's record.
           if (!event.found)
             event.found = ha::member_record{
               .id = owner, .index = found->front().modify_index};
         }
         on(event);
       });
}

void elector_shell::perform(const foreign_runs::watch_runs& x) {
  auto request = consul::read_keys(
    {.key = options_.keys.inflight(),
     .recurse = true,
     .consistent = false,
     .index = x.index == 0 ? std::nullopt : std::optional{x.index},
     .wait = watch_wait,
     .ns = ha().ns});
  auto watch = x.watch;
  ask(
    std::move(request), watch_deadline,
    [this, watch](const consul::reply& reply) {
      auto found = consul::decode_keys(reply);
      // Without an index the next question would be answered at once.
      if (!found || !reply.index)
        return on(foreign_runs::runs_unreadable{watch});
      on(foreign_runs::runs_seen{
        .watch = watch,
        .index = *reply.index,
        .runs = ha::elector::runs_of(options_.keys, *found)});
    },
    [this, watch](const error&) { on(foreign_runs::runs_unreadable{watch}); });
}

void elector_shell::perform(const foreign_runs::settle& x) {
  auto task = x.record.task;
  auto epoch = x.epoch;
  auto settled = [this, task, epoch](bool succeeded) {
    on(foreign_runs::settled{task, epoch, succeeded});
  };
  if (!options_.store)
    return settled(false);
  self_
    ->request(options_.store, settle_patience,
              settle_run{.epoch = epoch,
                         .task = task,
                         .index = x.record.index,
                         .record = x.record.text})
    .then([settled] { settled(true); },
          [settled](const caf::error&) { settled(false); });
}

void elector_shell::perform(const foreign_runs::report_wait& x) {
  auto remaining = std::chrono::ceil<milliseconds>(x.remaining);
  log::info("ha", "task waits for a run of a former leader",
            {{"task_name", x.task},
             {"owner", x.owner},
             {"lease_remaining", go_duration::to_string(remaining)}});
}

} // namespace cts
