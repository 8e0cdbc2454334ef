#include "actors/elector_shell.hpp"
#include "core/go_duration.hpp"

// Watching the lock, taking it and giving it back.

namespace cts {

namespace {

using namespace std::chrono_literals;
namespace election = ha::election;

} // namespace

void elector_shell::perform(const election::watch_lock& x) {
  auto key = options_.keys.leader();
  auto request = consul::read_keys(
    {.key = key,
     .consistent = false,
     .index = x.index == 0 ? std::nullopt : std::optional{x.index},
     .wait = watch_wait,
     .ns = ha().ns});
  auto ticket = x.ticket;
  auto unseen = [this, ticket](const error& reason) {
    on(election::lock_unseen{.from = election::source::watch,
                             .ticket = ticket,
                             .denied = reason.code == errc::refused,
                             .message = reason.message});
  };
  ask(
    std::move(request), watch_deadline,
    [this, ticket, key, unseen](const consul::reply& reply) {
      auto found = consul::decode_keys(reply);
      if (!found)
        return unseen(found.error());
      on(election::lock_seen{
        .from = election::source::watch,
        .ticket = ticket,
        .index = reply.index.value_or(0),
        .view = ha::elector::lock_view_of(ha::elector::entry_of(*found, key))});
    },
    unseen);
}

void elector_shell::perform(const election::read_lock& x) {
  auto key = options_.keys.leader();
  auto ticket = x.ticket;
  read(
    key, false, [this, ticket, key](const result<consul::kv_entries>& found) {
      if (!found)
        return on(election::lock_unseen{
          .from = election::source::read,
          .ticket = ticket,
          .denied = found.error().code == errc::refused,
          .message = "cannot read '" + key + "': " + found.error().message
                     + ": the token needs write on keys below '"
                     + options_.keys.base() + "' and on sessions"});
      on(election::lock_seen{
        .from = election::source::read,
        .ticket = ticket,
        .view = ha::elector::lock_view_of(ha::elector::entry_of(*found, key))});
    });
}

void elector_shell::perform(const election::read_meta& x) {
  auto key = options_.keys.meta();
  auto attempt = x.attempt;
  auto failed = [this, attempt](const error& reason) {
    on(election::attempt_failed{
      .attempt = attempt,
      .denied = reason.code == errc::refused,
      .message = "cannot read what the cluster has stored: " + reason.message});
  };
  read(key, false,
       [this, key, attempt, failed](const result<consul::kv_entries>& found) {
         if (!found)
           return failed(found.error());
         if (!found->empty())
           return judge_meta(attempt, found->front(), false);
         read(options_.keys.base(), true,
              [this, attempt, failed](const result<consul::kv_entries>& all) {
                if (!all)
                  return failed(all.error());
                judge_meta(attempt, std::nullopt,
                           ha::elector::has_strangers(options_.keys, *all));
              });
       });
}

void elector_shell::judge_meta(std::uint64_t attempt,
                               const std::optional<consul::kv_entry>& found,
                               bool strangers) {
  auto meta = ha::elector::meta_of(options_.keys, found, strangers);
  meta_ = std::move(meta.record);
  on(election::meta_read{attempt, meta.view});
}

ha::leader_record elector_shell::leader_of(ha::epoch epoch) const {
  const auto& settings = *options_.settings;
  return {.id = settings.id,
          .boot = options_.boot,
          .epoch = epoch,
          .address = ha().address,
          .port = port_,
          .scheme = scheme(),
          .service_name = settings.consul.service_registration.service_name,
          .elected_at = elected_at_};
}

void elector_shell::perform(const election::acquire& x) {
  auto now = options_.services.clock();
  elected_at_ = now;
  auto meta = meta_.value_or(
    ha::meta_record{.cluster = ha().cluster_name, .created = now});
  meta.epoch = x.epoch;
  meta.leader = options_.settings->id;
  meta.boot = options_.boot;
  meta.writer = "consul-terraform-sync/" + options_.version;
  auto operations = ha::tx_acquire(options_.keys, {.session = x.session,
                                                   .leader = leader_of(x.epoch),
                                                   .meta = std::move(meta),
                                                   .meta_index = x.meta_index});
  auto attempt = x.attempt;
  commit(operations, [this, attempt](const auto& outcome) {
    if (!outcome && consul::txn::is_ambiguous(outcome.error()))
      return on(election::acquire_unclear{attempt});
    if (!outcome)
      return on(
        election::acquire_refused{.attempt = attempt,
                                  .why = election::refusal::other,
                                  .message = "cannot take the leadership lock: "
                                             + outcome.error().message});
    if (const auto* no = std::get_if<consul::txn::refused>(&*outcome))
      return on(
        election::acquire_refused{.attempt = attempt,
                                  .why = ha::elector::election_refusal_of(*no),
                                  .message = "cannot take the leadership lock: "
                                             + ha::elector::words_of(*no)});
    const auto& entries = std::get<consul::txn::committed>(*outcome).entries;
    auto lock = ha::elector::entry_of(entries, options_.keys.leader());
    on(
      election::acquired{.attempt = attempt,
                         .lock_index = lock ? lock->modify_index : 0,
                         .runs = ha::elector::runs_of(options_.keys, entries)});
  });
}

void elector_shell::perform(const election::read_runs& x) {
  auto attempt = x.attempt;
  read(options_.keys.inflight(), true,
       [this, attempt](const result<consul::kv_entries>& found) {
         if (!found)
           return on(election::attempt_failed{
             .attempt = attempt, .message = found.error().message});
         on(election::runs_read{attempt,
                                ha::elector::runs_of(options_.keys, *found)});
       });
}

void elector_shell::perform(const election::release_lock& x) {
  auto leader = leader_of(x.epoch);
  leader.state = ha::lock_state::released;
  leader.clean = x.clean;
  leader.reason = x.reason;
  auto release = x.release;
  commit(ha::tx_release(options_.keys, x.session, leader),
         [this, release](const result<consul::txn::outcome>& outcome) {
           if (!outcome)
             return on(election::release_failed{release});
           const auto* no = std::get_if<consul::txn::refused>(&*outcome);
           if (no == nullptr)
             return on(election::released{release});
           auto why = ha::elector::lease_refusal_of(options_.keys, {}, *no);
           if (why == ha::lease::refusal::denied
               || why == ha::lease::refusal::other)
             return on(election::release_failed{release});
           on(election::release_refused{release});
         });
}

void elector_shell::perform(const election::rewrite_lock& x) {
  auto key = options_.keys.leader();
  log::warn("ha",
            "the record of the leadership lock was overwritten, writing "
            "it again",
            {{"key", key}});
  // Should it fail, the next look at the lock asks for it again.
  commit(record_again(x.epoch), [](const result<consul::txn::outcome>&) {});
}

void elector_shell::perform(const election::try_write& x) {
  commit(record_again(x.epoch),
         [this, x](const result<consul::txn::outcome>& outcome) {
           const auto* no
             = outcome ? std::get_if<consul::txn::refused>(&*outcome) : nullptr;
           if (no != nullptr
               && ha::elector::lease_refusal_of(options_.keys, {}, *no)
                    == ha::lease::refusal::not_leader)
             return on(election::lock_refused{x.epoch});
           on(election::write_tried{x.trial, outcome && no == nullptr});
         });
}

elector_shell::txn_operations
elector_shell::record_again(ha::epoch epoch) const {
  return ha::tx_write(
    options_.keys, machine_.election.session,
    {consul::txn::set{options_.keys.leader(), encode(leader_of(epoch))}});
}

void elector_shell::perform(const election::remember_epoch& x) {
  if (options_.services.store_epoch)
    options_.services.store_epoch(x.epoch);
}

// -- news ---------------------------------------------------------------------

void elector_shell::perform(const election::promote& x) {
  log::info("ha", "acquired leadership lock",
            {{"id", options_.settings->id},
             {"epoch", std::to_string(x.term.epoch)},
             {"detector", x.detector}});
  ++tally_.failovers[x.detector];
  tell(promoted{.term = x.term, .detector = x.detector});
}

void elector_shell::perform(const election::revoke& x) {
  if (!x.graceful)
    ++tally_.losses;
  if (!x.graceful)
    log::warn("ha", "lost leadership lock",
              {{"id", options_.settings->id},
               {"epoch", std::to_string(x.epoch)},
               {"reason", x.reason}});
  tell(revoked{.epoch = x.epoch, .reason = x.reason, .graceful = x.graceful});
}

void elector_shell::perform(const election::suspend& x) {
  if (!x.denial.empty())
    log::error("ha",
               "leadership suspended: Consul denies writes: the ACL token "
               "needs key_prefix \""
                 + options_.keys.base()
                 + "\" { policy = \"write\" } and session_prefix \"\" { "
                   "policy = \"write\" }",
               {{"error", x.denial}});
  else
    report_silence(x.unconfirmed);
  tell(suspended{x.epoch});
}

void elector_shell::report_silence(duration unconfirmed) {
  auto span = std::chrono::floor<milliseconds>(unconfirmed);
  log::warn("ha", "leadership suspended: consul unreachable for="
                    + go_duration::to_string(span));
}

void elector_shell::perform(const election::resume& x) {
  log::info("ha", "leadership resumed");
  tell(resumed{x.epoch});
}

void elector_shell::perform(const election::report_released& x) {
  log::info(
    "ha", "released leadership lock",
    {{"id", options_.settings->id}, {"epoch", std::to_string(x.epoch)}});
}

void elector_shell::perform(const election::report_following& x) {
  log::info("ha", "following leader",
            {{"id", options_.settings->id}, {"leader", x.leader}});
}

void elector_shell::perform(const election::report_backwards& x) {
  log::error(
    "ha", "stored epoch went backwards",
    {{"stored", std::to_string(x.stored)}, {"seen", std::to_string(x.seen)}});
}

void elector_shell::perform(const election::report_trouble& x) {
  log::error("ha", x.message);
}

void elector_shell::perform(const election::expel& x) {
  perform(ha::membership::expel{x.message});
}

} // namespace cts
