#pragma once

#include "actors/contract.hpp"
#include "core/ha/witness.hpp"

/// The second half of the contract: the messages of high availability. Source:
/// spec chapter high-availability, 3 to 5.
namespace cts {

// -- the elector tells the controller -----------------------------------------

/// The election is won. The state is to be loaded, then `tenure_ready`.
struct promoted {
  ha::leadership term{};
  /// How the vacancy was noticed: `release`, `witness`, `session`, `vacant`.
  std::string detector{};
};

/// The lock is gone: no run may start, those that go on are to be ended, then
/// `tenure_over`. Once for each lost or released epoch.
struct revoked {
  ha::epoch epoch = 0;
  std::string reason{};
  /// Given back on purpose: runs may go on, their leases are extended.
  bool graceful = false;
};

/// The lock cannot be confirmed; nothing may change.
struct suspended {
  ha::epoch epoch = 0;
};

struct resumed {
  ha::epoch epoch = 0;
};

/// Another instance with our identity took our place; we must end (4.7).
struct expelled {
  std::string message{};
};

using leadership_listener_actor
  = cafx::iface<caf::result<void>(promoted), caf::result<void>(revoked),
                caf::result<void>(suspended), caf::result<void>(resumed),
                caf::result<void>(expelled)>;

// -- the elector is told and asked --------------------------------------------

/// The controller has the instance join the cluster and compete.
struct join_cluster {
  leadership_listener_actor listener{};
  /// The API's port, and whether it speaks TLS.
  int port = 0;
  /// Id of the registered process check; empty: none.
  std::string process_check{};
};

/// The state is loaded: permits may be given.
struct tenure_ready {
  ha::epoch epoch = 0;
};

/// The state cannot be loaded: give the lock back and rest.
struct tenure_failed {
  ha::epoch epoch = 0;
  std::string reason{};
};

/// No process of that epoch is left and what ended was reported.
struct tenure_over {
  ha::epoch epoch = 0;
};

/// A task waits until no run of a former leader stands in its way (R4).
struct await_turn {
  ha::epoch epoch = 0;
  task_name task{};
};

/// A task is about to start a process (R1).
struct request_permit {
  ha::epoch epoch = 0;
  task_name task{};
  /// What is stored, with the run's id, an end and an error, should the asker
  /// end before its run.
  task_event will{};
};

/// The store tells that a run is over. `unrecorded`: its event could not be
/// written any more, because the lock is lost.
struct run_closed {
  ha::run_permit permit{};
  std::optional<task_event> unrecorded{};
};

/// The store's write was refused: the lock is not ours.
struct lost_lock {
  ha::epoch epoch = 0;
};

/// Consul does not let the store write (any more): the token lacks a right.
/// Said with each such write.
struct write_denied {
  ha::epoch epoch = 0;
  /// Consul's words.
  std::string message{};
};

/// The instance ends, or an operator asked for it: give the lock to another
/// instance now. Runs that go on stay covered. `leave`: do not compete again.
struct step_down {
  bool leave = false;
};

/// Everything has ended: acknowledge, give the session back.
struct leave_cluster {};

struct get_leadership {};

struct leadership_view {
  ha::role role = ha::role::joining;
  ha::epoch epoch = 0;
  /// The newest known leader; absent if none is known.
  std::optional<ha::leader_identity> leader{};
};

struct get_cluster {};

/// A row of `/v1/status/cluster` (1.6).
struct cluster_member {
  std::string id{};
  std::string service_name{};
  std::string address{};
  std::string version{};
  bool healthy = false;
  bool leader = false;
};

struct cluster_view {
  std::string cluster_name{};
  leadership_view leadership{};
  /// The leader first, then by id.
  std::vector<cluster_member> members{};
};

/// The only source of leadership. Fails with `conflict` if the epoch is over,
/// `unavailable` if the lock cannot be confirmed now.
using elector_actor = cafx::iface<
  caf::result<void>(join_cluster), caf::result<void>(tenure_ready),
  caf::result<void>(tenure_failed), caf::result<void>(tenure_over),
  // Answered when the turn has come.
  caf::result<void>(await_turn),
  // Answered when the intent is committed.
  caf::result<ha::run_permit>(request_permit), caf::result<void>(run_closed),
  caf::result<void>(lost_lock), caf::result<void>(write_denied),
  // Answered when the lock is released, or was not ours.
  caf::result<void>(step_down),
  // Answered when the session is destroyed, or could not be.
  caf::result<void>(leave_cluster),
  caf::result<leadership_view>(get_leadership),
  caf::result<cluster_view>(get_cluster)>;

// -- the elector tells the process service ------------------------------------

/// Who had the permit of this run is gone: nothing of the run starts any more,
/// and what goes on is stopped like by `stop_process`.
struct end_job {
  std::string job{};
};

/// The process service where runs have permits.
using fenced_process_actor
  = cafx::extended<process_actor,
                   // Answered when no process of the run is left.
                   caf::result<void>(end_job)>;

// -- the elector tells the witness --------------------------------------------

/// What the witness is to ask of Consul should this process die or hang.
struct bequeath {
  ha::witness::bequest what{};
};

/// That is not wanted any more, for example since the run is over.
struct withdraw_bequest {
  std::string name{};
};

/// The elector is well. Every `ha::witness::beat_every`.
struct heartbeat {};

/// The process beside this one, see `ha::witness`. Nothing is lost when it
/// dies: it is started again and told everything anew.
using witness_actor = cafx::iface<caf::result<void>(bequeath),
                                  caf::result<void>(withdraw_bequest),
                                  caf::result<void>(heartbeat)>;

// -- the state store under a leader -------------------------------------------

/// The controller has the state loaded under a new term (5.1).
struct load_state {
  ha::leadership term{};
};

/// What the new leader works with.
struct state_loaded {
  kept_tasks tasks{};
};

/// The term is over: settle what is being written, write nothing more.
/// Answered when each event that was received is written or handed to the
/// elector.
struct close_state {
  ha::epoch epoch = 0;
};

/// The elector found the record of a former leader's run that is `stopped`:
/// keep its result and remove the record (I11).
struct settle_run {
  ha::epoch epoch = 0;
  task_name task{};
  /// The record's index and text as read.
  std::uint64_t index = 0;
  std::string record{};
};

/// The follower's copy of the state changed.
struct state_copied {
  kept_tasks tasks{};
};

using state_observer_actor = cafx::iface<caf::result<void>(state_copied)>;

/// Who is told of `state_copied`, now and with each change, while following.
struct follow_state {
  state_observer_actor who{};
};

using cluster_store_actor
  = cafx::extended<state_store_actor, caf::result<state_loaded>(load_state),
                   caf::result<void>(close_state),
                   caf::result<void>(settle_run),
                   caf::result<void>(follow_state)>;

// -- the controller tells the promoter ----------------------------------------

/// The controller has the instance take part in the cluster. Answered at once,
/// or in once-mode when all tasks have run.
struct lead_tasks {
  driver_program program{};
  /// The API's port.
  int port = 0;
};

CAFX_FIELDS(lead_tasks, program, port)
CAFX_FIELDS(revoked, epoch, reason, graceful)
CAFX_FIELDS(suspended, epoch)
CAFX_FIELDS(resumed, epoch)
CAFX_FIELDS(expelled, message)
CAFX_FIELDS(tenure_ready, epoch)
CAFX_FIELDS(tenure_failed, epoch, reason)
CAFX_FIELDS(tenure_over, epoch)
CAFX_FIELDS(await_turn, epoch, task)
CAFX_FIELDS(request_permit, epoch, task)
CAFX_FIELDS(lost_lock, epoch)
CAFX_FIELDS(write_denied, epoch, message)
CAFX_FIELDS(end_job, job)
CAFX_FIELDS(step_down, leave)
CAFX_FIELDS(leave_cluster)
CAFX_FIELDS(get_leadership)
CAFX_FIELDS(get_cluster)
CAFX_FIELDS(withdraw_bequest, name)
CAFX_FIELDS(heartbeat)
CAFX_FIELDS(close_state, epoch)
CAFX_FIELDS(settle_run, epoch, task, index, record)

} // namespace cts

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::promoted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::join_cluster)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::run_closed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::ha::run_permit)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::leadership_view)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::cluster_view)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::bequeath)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::load_state)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::state_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::state_copied)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::follow_state)

CAF_BEGIN_TYPE_ID_BLOCK(cts_leadership, caf::first_custom_type_id + 640)

CAF_ADD_TYPE_ID(cts_leadership, (cts::promoted))
CAF_ADD_TYPE_ID(cts_leadership, (cts::revoked))
CAF_ADD_TYPE_ID(cts_leadership, (cts::suspended))
CAF_ADD_TYPE_ID(cts_leadership, (cts::resumed))
CAF_ADD_TYPE_ID(cts_leadership, (cts::expelled))
CAF_ADD_TYPE_ID(cts_leadership, (cts::join_cluster))
CAF_ADD_TYPE_ID(cts_leadership, (cts::tenure_ready))
CAF_ADD_TYPE_ID(cts_leadership, (cts::tenure_failed))
CAF_ADD_TYPE_ID(cts_leadership, (cts::tenure_over))
CAF_ADD_TYPE_ID(cts_leadership, (cts::await_turn))
CAF_ADD_TYPE_ID(cts_leadership, (cts::request_permit))
CAF_ADD_TYPE_ID(cts_leadership, (cts::ha::run_permit))
CAF_ADD_TYPE_ID(cts_leadership, (cts::run_closed))
CAF_ADD_TYPE_ID(cts_leadership, (cts::lost_lock))
CAF_ADD_TYPE_ID(cts_leadership, (cts::write_denied))
CAF_ADD_TYPE_ID(cts_leadership, (cts::step_down))
CAF_ADD_TYPE_ID(cts_leadership, (cts::leave_cluster))
CAF_ADD_TYPE_ID(cts_leadership, (cts::get_leadership))
CAF_ADD_TYPE_ID(cts_leadership, (cts::leadership_view))
CAF_ADD_TYPE_ID(cts_leadership, (cts::get_cluster))
CAF_ADD_TYPE_ID(cts_leadership, (cts::cluster_view))
CAF_ADD_TYPE_ID(cts_leadership, (cts::bequeath))
CAF_ADD_TYPE_ID(cts_leadership, (cts::withdraw_bequest))
CAF_ADD_TYPE_ID(cts_leadership, (cts::heartbeat))
CAF_ADD_TYPE_ID(cts_leadership, (cts::load_state))
CAF_ADD_TYPE_ID(cts_leadership, (cts::state_loaded))
CAF_ADD_TYPE_ID(cts_leadership, (cts::close_state))
CAF_ADD_TYPE_ID(cts_leadership, (cts::settle_run))
CAF_ADD_TYPE_ID(cts_leadership, (cts::state_copied))
CAF_ADD_TYPE_ID(cts_leadership, (cts::follow_state))
CAF_ADD_TYPE_ID(cts_leadership, (cts::lead_tasks))
CAF_ADD_TYPE_ID(cts_leadership, (cts::end_job))

CAF_END_TYPE_ID_BLOCK(cts_leadership)
