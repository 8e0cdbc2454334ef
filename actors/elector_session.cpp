#include "actors/elector_shell.hpp"
#include "core/consul/session.hpp"

// The session, the instance's record, and the instance that had the id before.

namespace cts {

namespace {

using namespace std::chrono_literals;
namespace membership = ha::membership;
using consul::session_outcome;

constexpr auto sweep_every = 250ms;

} // namespace

void elector_shell::perform(const membership::create_session& x) {
  auto wanted = consul::session_definition{
    .name = "cts/" + ha().cluster_name + "/" + options_.settings->id,
    .ttl = ha().session_ttl,
    .ns = ha().ns};
  if (!ha().failover.node_check)
    wanted.node_checks.clear();
  if (x.process_check)
    wanted.service_checks = {process_check_};
  auto ticket = x.ticket;
  auto refused = [this, ticket](const std::string& message, bool final) {
    on(membership::session_refused{
      .ticket = ticket,
      .final = final,
      .message = "cannot create the session of this instance: " + message});
  };
  ask(
    consul::create_session(wanted), write_deadline,
    [this, ticket, refused](const consul::reply& reply) {
      auto made = consul::decode_session_created(reply);
      if (!made)
        return refused(made.error().message, false);
      if (made->outcome == session_outcome::done)
        return on(membership::session_created{ticket, made->id});
      if (made->outcome == session_outcome::check_missing
          && options_.check_missing)
        options_.check_missing();
      if (made->outcome == session_outcome::check_missing
          || made->outcome == session_outcome::check_critical)
        return on(membership::session_refused{
          .ticket = ticket, .check = true, .message = made->message});
      refused(made->message, made->outcome == session_outcome::ttl_refused
                               || made->outcome == session_outcome::denied);
    },
    [refused](const error& reason) { refused(reason.message, false); });
}

void elector_shell::perform(const membership::renew_session& x) {
  auto timeout = std::chrono::duration_cast<milliseconds>(x.timeout);
  auto renewal = x.renewal;
  ask(
    consul::renew_session(x.session, ha().ns), timeout,
    [this, renewal](const consul::reply& reply) {
      auto changed = consul::decode_session_changed(reply);
      auto taken = changed && changed->outcome == session_outcome::done;
      measure_renewal(taken);
      if (taken)
        return on(membership::renewed{renewal});
      auto gone = changed && changed->outcome == session_outcome::not_found;
      on(membership::renew_failed{renewal, gone});
    },
    [this, renewal](const error&) {
      measure_renewal(false);
      on(membership::renew_failed{renewal, false});
    });
}

void elector_shell::perform(const membership::destroy_session& x) {
  auto ticket = x.ticket;
  ask(
    consul::destroy_session(x.session, ha().ns), 2000ms,
    [this, ticket](const consul::reply& reply) {
      auto changed = consul::decode_session_changed(reply);
      if (changed && changed->outcome != session_outcome::denied)
        return on(membership::done{ticket});
      on(membership::failed{
        .ticket = ticket,
        .message = "cannot destroy the session of a former process: "
                   + (changed ? changed->message : changed.error().message)});
    },
    [this, ticket](const error& reason) {
      on(membership::failed{.ticket = ticket, .message = reason.message});
    });
}

void elector_shell::perform(const membership::read_record& x) {
  auto key = options_.keys.instance(options_.settings->id);
  auto ticket = x.ticket;
  read(key, false, [this, ticket](const result<consul::kv_entries>& found) {
    if (!found)
      return on(
        membership::failed{.ticket = ticket,
                           .denied = found.error().code == errc::refused,
                           .message = "cannot read the record of this "
                                      "instance: "
                                      + found.error().message});
    auto event = membership::record_read{.ticket = ticket};
    if (!found->empty()) {
      event.found = ha::elector::holder_of(found->front());
      if (event.found->boot == options_.boot)
        note_own_record(*found, event.found->seq);
    }
    on(event);
  });
}

void elector_shell::perform(const membership::look_for_process& x) {
  const auto& lives = options_.services.process_lives;
  // One that nobody can look for may be alive.
  on(membership::process_looked_up{x.ticket,
                                   !lives || lives(x.pid, x.pid_start)});
}

void elector_shell::perform(const membership::sweep_host& x) {
  sweep(x.ticket, x.boot);
}

void elector_shell::sweep(std::uint64_t ticket, const std::string& boot) {
  if (!options_.services.sweep || options_.services.sweep(boot))
    return on(membership::done{ticket});
  self_->delayed_send(self_, sweep_every, sweep_due{ticket, boot});
}

void elector_shell::perform(const membership::settle_former& x) {
  if (!options_.services.sweep)
    return on(membership::done{x.ticket});
  auto ticket = x.ticket;
  auto boot = x.boot;
  read(options_.keys.inflight(), true,
       [this, ticket, boot](const result<consul::kv_entries>& found) {
         if (!found)
           return on(membership::failed{.ticket = ticket,
                                        .message = found.error().message});
         auto open = ha::run_records{};
         for (auto& each : ha::elector::runs_of(options_.keys, *found))
           if (each.owner == options_.settings->id && each.boot == boot
               && !each.stopped)
             open.push_back(std::move(each));
         settle_next(ticket, std::move(open));
       });
}

/// Acknowledges one after the other, as the witness would have done.
void elector_shell::settle_next(std::uint64_t ticket, ha::run_records open) {
  if (open.empty())
    return on(membership::done{ticket});
  auto next = std::move(open.back());
  open.pop_back();
  auto record = ha::decode_inflight(next.text);
  if (!record)
    return settle_next(ticket, std::move(open));
  record->state = ha::run_state::stopped;
  record->killed = true;
  log::info("ha", "run of a former process of this instance is over",
            {{"task_name", next.task}});
  commit(
    ha::tx_acknowledge(options_.keys, *record, next.index),
    [this, ticket, open](const result<consul::txn::outcome>& x) {
      // A refusal says that the record is another one by now.
      if (x)
        return settle_next(ticket, open);
      on(membership::failed{.ticket = ticket, .message = x.error().message});
    });
}

void elector_shell::perform(const membership::claim_record& x) {
  auto ticket = x.ticket;
  auto operations = ha::tx_lease(options_.keys, x.session, own_record(0));
  commit(operations, [this, ticket,
                      operations](const result<consul::txn::outcome>& outcome) {
    auto failed = [&](const std::string& text, bool over, bool denied) {
      on(membership::failed{.ticket = ticket,
                            .session_over = over,
                            .denied = denied,
                            .message = "cannot take the record of this "
                                       "instance: "
                                       + text});
    };
    if (!outcome)
      return failed(outcome.error().message, false, false);
    if (const auto* done = std::get_if<consul::txn::committed>(&*outcome)) {
      note_own_record(done->entries, 0);
      return on(membership::done{ticket});
    }
    const auto& refused = std::get<consul::txn::refused>(*outcome);
    auto why
      = ha::elector::lease_refusal_of(options_.keys, operations, refused);
    if (why == ha::lease::refusal::record_taken)
      return on(membership::record_held{ticket});
    failed(ha::elector::words_of(refused),
           why == ha::lease::refusal::session_over,
           why == ha::lease::refusal::denied);
  });
}

void elector_shell::perform(const membership::refresh_record& x) {
  auto ticket = x.ticket;
  auto seq = record_seq_;
  auto operations = txn_operations{
    consul::txn::cas{.key = options_.keys.instance(options_.settings->id),
                     .value = encode(own_record(seq)),
                     .index = record_index_}};
  commit(operations, [this, ticket,
                      seq](const result<consul::txn::outcome>& outcome) {
    if (!outcome)
      return on(membership::failed{.ticket = ticket,
                                   .message = outcome.error().message});
    if (std::holds_alternative<consul::txn::refused>(*outcome))
      return on(membership::record_held{ticket});
    note_own_record(std::get<consul::txn::committed>(*outcome).entries, seq);
    on(membership::done{ticket});
  });
}

// -- what the operator is told ------------------------------------------------

void elector_shell::perform(const membership::report_waiting&) {
  log::warn("ha", "instance id '" + options_.settings->id
                    + "' is in use by another session, waiting");
}

void elector_shell::perform(const membership::report_without_check& x) {
  log::warn("ha",
            "the session does not depend on the process check: a crash of this "
            "process is noticed when its session is over",
            {{"error", x.message}});
}

void elector_shell::perform(const membership::report_trouble& x) {
  log::warn("ha", "cannot join the cluster yet", {{"error", x.message}});
}

void elector_shell::perform(const membership::joined&) {
  log::debug("ha", "joined the cluster",
             {{"id", options_.settings->id}, {"cluster", ha().cluster_name}});
}

void elector_shell::perform(const membership::expel& x) {
  if (std::exchange(expelled_, true))
    return;
  log::error("ha", x.message);
  tell(expelled{x.message});
}

} // namespace cts
