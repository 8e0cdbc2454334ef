#pragma once

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/elector.hpp"
#include "actors/errors.hpp"
#include "actors/guard_log.hpp"
#include "core/ha/elector_wire.hpp"
#include "core/ha/last_will.hpp"
#include "core/ha/transactions.hpp"

#include <caf/actor_addr.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_event_based_actor.hpp>

// The elector's class, for the files that carry out its effects; nobody else
// includes this.

namespace cts {

class elector_shell {
public:
  using actor_type = elector_impl;
  static inline constexpr const char* name = "elector";

  elector_shell(elector_impl::pointer self, elector_options options,
                consul_actor consul);

  elector_impl::behavior_type make_behavior();

private:
  using permit_answer = cafx::answer<ha::run_permit>;
  using cluster_answer = cafx::answer<cluster_view>;
  using txn_operations = consul::txn::operations;

  // -- messages ---------------------------------------------------------------

  void join(const join_cluster& x);
  caf::result<void> await(const await_turn& x);
  caf::result<ha::run_permit> permit(const request_permit& x);
  caf::result<void> release(const step_down& x);
  caf::result<void> leave();
  caf::result<cluster_view> tell_cluster();
  leadership_view view() const;
  void note_readiness(const report_readiness& x);

  template <class Event>
  void on(const Event& event) {
    auto [next, effects] = ha::elector::step(std::move(machine_), event,
                                             options_.services.boot_clock());
    machine_ = std::move(next);
    // Before an intent is sent or a permit given: the witness has to know.
    for (const auto& each : effects)
      note_intent(each);
    keep_will();
    for (const auto& each : effects)
      std::visit(
        [this](const auto& inner) {
          std::visit([this](const auto& x) { perform(x); }, inner);
        },
        each);
    measure_role();
  }

  // -- asking Consul ----------------------------------------------------------

  template <class OnReply, class OnError>
  void ask(consul::request request, milliseconds deadline, OnReply on_reply,
           OnError on_error) {
    auto query = consul_query{.id = options_.services.random(),
                              .request = std::move(request),
                              .deadline = deadline};
    self_->request(consul_, deadline + milliseconds{500}, query)
      .then([on_reply](const consul::reply& x) { on_reply(x); },
            [on_error](caf::error& reason) { on_error(to_core(reason)); });
  }

  /// Reads keys consistently and passes on the entries, or why there are none.
  template <class OnEntries>
  void read(std::string key, bool recurse, OnEntries then) {
    auto request = consul::read_keys(
      {.key = std::move(key), .recurse = recurse, .ns = ha().ns});
    ask(
      std::move(request), read_deadline,
      [then](const consul::reply& x) { then(consul::decode_keys(x)); },
      [then](const error& reason) {
        then(result<consul::kv_entries>{reason});
      });
  }

  /// Carries out a transaction and passes on its outcome, or why it has none.
  template <class OnOutcome>
  void commit(const txn_operations& xs, OnOutcome then) {
    using outcome = result<consul::txn::outcome>;
    auto request = consul::txn::request_for(xs, ha().ns);
    if (!request)
      return then(outcome{request.error()});
    ask(
      *std::move(request), write_deadline,
      [then](const consul::reply& x) { then(consul::txn::decode(x)); },
      [then](const error& reason) { then(outcome{reason}); });
  }

  // -- effects: the session and the record (elector_session.cpp)
  // ---------------

  void perform(const ha::membership::create_session& x);
  void perform(const ha::membership::read_record& x);
  void perform(const ha::membership::look_for_process& x);
  void perform(const ha::membership::sweep_host& x);
  void perform(const ha::membership::settle_former& x);
  void perform(const ha::membership::destroy_session& x);
  void perform(const ha::membership::claim_record& x);
  void perform(const ha::membership::refresh_record& x);
  void perform(const ha::membership::renew_session& x);
  void perform(const ha::membership::report_waiting&);
  void perform(const ha::membership::report_without_check& x);
  void perform(const ha::membership::report_trouble& x);
  void perform(const ha::membership::joined&);
  void perform(const ha::membership::confirmed&) {}
  void perform(const ha::membership::session_lost&) {}
  void perform(const ha::membership::expel& x);
  void perform(const ha::membership::left&);
  void perform(const ha::membership::arm_timer& x) { arm(x.due); }

  void sweep(std::uint64_t ticket, const std::string& boot);
  void settle_next(std::uint64_t ticket, ha::run_records open);

  // -- effects: the lock (elector_lock.cpp) -----------------------------------

  void perform(const ha::election::watch_lock& x);
  void perform(const ha::election::read_lock& x);
  void perform(const ha::election::read_meta& x);
  void perform(const ha::election::acquire& x);
  void perform(const ha::election::read_runs& x);
  void perform(const ha::election::release_lock& x);
  void perform(const ha::election::rewrite_lock& x);
  void perform(const ha::election::try_write& x);
  void perform(const ha::election::remember_epoch& x);
  void perform(const ha::election::promote& x);
  void perform(const ha::election::revoke& x);
  void perform(const ha::election::suspend& x);
  void perform(const ha::election::resume& x);
  void perform(const ha::election::report_released& x);
  void perform(const ha::election::report_following& x);
  void perform(const ha::election::report_backwards& x);
  void perform(const ha::election::report_trouble& x);
  void perform(const ha::election::session_ended&) {}
  void perform(const ha::election::stepped_down&);
  void perform(const ha::election::term_ended&) {}
  void perform(const ha::election::expel& x);
  void perform(const ha::election::watch_holder& x);
  void perform(const ha::election::depose& x);
  void perform(const ha::election::report_needless& x);
  void perform(const ha::election::arm_timer& x) { arm(x.due); }

  void judge_meta(std::uint64_t attempt,
                  const std::optional<consul::kv_entry>& found, bool strangers);
  void report_silence(duration unconfirmed);
  ha::leader_record leader_of(ha::epoch epoch) const;
  txn_operations record_again(ha::epoch epoch) const;

  // -- effects: runs (elector_runs.cpp)
  // ----------------------------------------

  void perform(const ha::lease::send_intent& x);
  void perform(const ha::lease::read_run& x);
  void perform(const ha::lease::send_extension& x);
  void perform(const ha::lease::extend_processes& x);
  void perform(const ha::lease::revoke_processes&);
  void perform(const ha::lease::acknowledge& x);
  void perform(const ha::lease::grant& x);
  void perform(const ha::lease::deny& x);
  void perform(const ha::lease::confirmed&) {}
  void perform(const ha::lease::report_refusal&) {}
  void perform(const ha::lease::replaced&) {}
  void perform(const ha::lease::doubt&) {}
  void perform(const ha::lease::all_closed&) {}
  void perform(const ha::lease::arm_timer& x) { arm(x.due); }
  void perform(const ha::foreign_runs::read_member& x);
  void perform(const ha::foreign_runs::watch_runs& x);
  void perform(const ha::foreign_runs::settle& x);
  void perform(const ha::foreign_runs::give_turn& x);
  void perform(const ha::foreign_runs::refuse_turn& x);
  void perform(const ha::foreign_runs::report_wait& x);
  void perform(const ha::foreign_runs::arm_timer& x) { arm(x.due); }

  ha::inflight_record intent_of(const ha::lease::send_intent& x) const;
  /// The record of our run when nothing of it is left.
  ha::inflight_record end_of(const task_name& task) const;

  // -- the last will (elector_will.cpp) ---------------------------------------

  /// Tells the witness what has changed in it.
  void keep_will();
  void note_intent(const ha::elector::effect& x);
  void bequeath_wish(const std::string& title, const ha::last_will::wish& x);
  result<consul::request> request_of(const std::string& title,
                                     const ha::last_will::wish& x) const;
  template <class Message>
  void tell_witness(const Message& x);
  void beat();
  void send_acknowledgement(const ha::lease::acknowledge& x);

  // -- who has a permit (elector_holders.cpp) ---------------------------------

  /// Who was given the permit of a task's run, or waits for it.
  struct permit_holder {
    caf::actor_addr who{};
    std::string run{};
    task_event will{};
    bool gone = false;
  };

  void note_holder(const task_name& task, const caf::strong_actor_ptr& who,
                   permit_holder holder);
  void forget_holder(const task_name& task, const std::string& run);
  void drop_denied_holder(const task_name& task);
  void holder_gone(const caf::down_msg& x);
  void end_processes(const ha::run_permit& permit);
  void record_abandoned(const ha::run_permit& permit);

  // -- the cluster (elector_status.cpp)
  // ----------------------------------------

  void watch_members();
  void members_seen(const consul::kv_entries& xs);
  void read_members(const consul::kv_entries& xs);
  void ask_for_members();
  void ask_for_checks();
  void answer_cluster();
  void compare_clocks();

  // -- deposing a dead leader, and the account (elector_peer.cpp) -------------

  void attach(const peer_link_known& x);
  void take_death(const peer_dead& x);
  void measure_role();
  void measure_renewal(bool taken);
  void send_tally();

  // -- ------------------------------------------------------------------------

  static constexpr auto read_deadline = milliseconds{4000};
  static constexpr auto write_deadline = milliseconds{4000};
  static constexpr auto watch_wait = milliseconds{5000};
  static constexpr auto watch_deadline = milliseconds{6000};
  /// A process that is stopped has ended by then.
  static constexpr auto end_patience = std::chrono::minutes{5};

  const config::high_availability& ha() const {
    return *options_.settings->high_availability;
  }
  std::string scheme() const {
    return options_.settings->tls.enabled ? "https" : "http";
  }
  void arm(time_point due);
  ha::instance_record own_record(std::uint64_t seq) const;
  /// Our record was written: at which index, with which `seq`.
  void note_own_record(const consul::kv_entries& xs, std::uint64_t seq);
  template <class Message>
  void tell(const Message& x);

  elector_impl::pointer self_;
  elector_options options_;
  consul_actor consul_;
  ha::elector::state machine_;
  leadership_listener_actor listener_{};
  int port_ = 0;
  std::string process_check_{};
  wall_time started_at_{};
  std::uint64_t record_index_ = 0;
  std::uint64_t record_seq_ = 0;
  report_readiness readiness_{.warm = true};
  /// As last read, to be written back.
  std::optional<ha::meta_record> meta_{};
  wall_time elected_at_{};
  /// The records of our own runs as we wrote them.
  std::map<task_name, ha::inflight_record> intents_{};
  std::map<task_name, std::vector<cafx::done_answer>> turns_{};
  std::map<task_name, permit_answer> permits_{};
  std::map<task_name, permit_holder> holders_{};
  std::vector<cafx::done_answer> released_{};
  std::vector<cafx::done_answer> left_{};
  bool expelled_ = false;
  /// What the witness was told.
  ha::last_will::wishes will_{};
  // -- the cluster
  std::map<std::string, ha::instance_record> members_{};
  /// What `members_` and `member_rows_` were read from.
  std::optional<consul::kv_entries> members_read_{};
  ha::member_records member_rows_{};
  std::map<std::string, std::string> member_sessions_{};
  std::uint64_t members_index_ = 0;
  std::vector<cluster_answer> cluster_asked_{};
  std::size_t checks_open_ = 0;
  std::map<std::string, bool> critical_{};
  std::optional<time_point> checks_at_{};
  duration wall_lead_{};
  // -- the peer link
  peer_link_actor link_{};
  watch_peer watched_{};
  metrics::election_tally tally_{};
};

template <class Message>
void elector_shell::tell(const Message& x) {
  if (listener_)
    self_->request(listener_, std::chrono::seconds{10}, x)
      .then([] {}, [](const caf::error&) {});
}

} // namespace cts
