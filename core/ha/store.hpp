#pragma once

#include "core/consul/txn.hpp"
#include "core/ha/store_contents.hpp"
#include "core/ha/transactions.hpp"
#include "core/ha/types.hpp"
#include "core/machine.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// Keeps tasks and events in Consul KV for as long as this instance leads.
///
/// Every write is one transaction that begins with a check of the lock, and
/// writes each key only at the index it was read at. So a transaction whose
/// answer is lost can be sent again as it is: it takes place at most once, and
/// reading one of its keys tells whether it did. One transaction is under way
/// at a time; what waits meanwhile goes into the next one, a task at most once.
/// What must change as a whole (the first fill, a reset, a migration) is
/// written below a generation of its own that nobody reads until `meta` names
/// it.
///
/// Invariants: nothing is answered as done before its transaction committed;
/// memory holds what is committed, no more; a task's writes stay in order; no
/// transaction exceeds 64 operations or 512 KiB. Source: spec chapter
/// high-availability, 3 and 5.3.
namespace cts::ha::store {

/// A task of the configuration of this instance.
struct configured_task {
  task_name name{};
  bool enabled = true;
  /// See config/task_object.hpp.
  object config{};
};

struct settings {
  layout keys;
  /// Id and boot of this instance.
  std::string instance{};
  std::string boot{};
  /// `<product>/<version>`.
  std::string writer{};
  /// `-reset-storage`: stored tasks are discarded at each promotion.
  bool reset = false;
  /// In configuration order.
  std::vector<configured_task> configured{};
  /// What this program writes; tests raise it.
  int schema = schema_version;
  /// How long the API waits for a write.
  duration write_patience = std::chrono::seconds{10};
  /// How long loading tries to reach Consul.
  duration load_patience = std::chrono::seconds{10};
  duration retry_min = std::chrono::milliseconds{250};
  duration retry_max = std::chrono::seconds{1};
  duration compaction_first = std::chrono::minutes{1};
  duration compaction_every = std::chrono::hours{1};
  /// How long an unlocked record of an instance is left alone.
  duration instance_kept = std::chrono::hours{24};
};

/// As many writes may wait.
constexpr std::size_t waiting_max = 10'000;

// -- changes, and their turn --------------------------------------------------

/// A run ended.
struct record_run {
  task_event event{};
  std::optional<run_permit> permit{};
  /// The record of the run is not ours any more: only the event is written.
  bool record_gone = false;
};

/// A task is new, or changed.
struct put_task {
  task_name name{};
  /// Empty: as it was.
  object config{};
  bool enabled = true;
  bool deleting = false;
  /// Came from a configuration file.
  bool configured = true;
};

struct drop_task {
  task_name name{};
};

/// A former leader's run is stopped: its event is taken over.
struct take_over_run {
  task_name name{};
  /// Of the record of the run.
  std::uint64_t index = 0;
  std::optional<task_event> event{};
};

/// Removes what nobody needs; refused if that is not so any more.
struct sweep {
  txn::operations payload{};
};

using change
  = std::variant<record_run, put_task, drop_task, take_over_run, sweep>;

struct plan;

struct job {
  /// 0: nobody waits for an answer (any more).
  std::uint64_t request = 0;
  change what{};
  /// When it was asked for, for people.
  wall_time at{};
  /// When the asker's patience ends.
  time_point due = time_point::max();
  /// Digest and number of the pieces that are written.
  std::string pieces_of{};
  std::size_t pieces_written = 0;
  /// What it writes, drawn up once for all its pieces; holds while the tasks
  /// are those of the revision.
  std::shared_ptr<const plan> drawn{};
  std::uint64_t drawn_at = 0;
};

// -- state --------------------------------------------------------------------

enum class phase : std::uint8_t { closed, loading, open };

/// A key that shows whether a transaction took place.
struct proof {
  std::string key{};
  /// Absent: that the key is gone.
  std::optional<std::string> value{};
};

/// What a transaction under way is for.
enum class purpose : std::uint8_t { changes, piece, publication };

struct attempt {
  store::purpose purpose = purpose::changes;
  txn::operations operations{};
  std::optional<store::proof> proof{};
  /// What Consul refused, while it is found out whether an earlier copy of the
  /// transaction took place.
  std::vector<txn::refusal> refusals{};
};

/// What of memory a job changes, and which operations are its own.
struct planned {
  task_name task{};
  /// Absent: the task is forgotten.
  std::optional<stored_task> after{};
  /// One past the last operation, in the whole transaction.
  std::size_t end = 0;
  /// Whose index becomes that of the transaction.
  bool writes_task = false;
  bool writes_events = false;
};

/// What an answer to a read is for.
enum class question : std::uint8_t {
  none,
  meta,
  everything,
  /// Is an empty answer a denied one?
  permission,
  proof,
  /// What another hand did to a key.
  refresh,
  compaction,
};

/// A generation being written.
struct publication {
  std::uint64_t generation = 0;
  /// What the transactions left write.
  std::deque<txn::operations> steps{};
};

struct loading {
  /// When the last progress was made.
  time_point since{};
  wall_time at{};
  std::optional<store::publication> publication{};
  /// Every key below the base.
  consul::kv_entries entries{};
  /// The reset of this term took place.
  bool reset_done = false;
};

struct state {
  settings config;
  store::phase phase = phase::closed;
  leadership term{};
  meta_record meta{};
  std::uint64_t meta_index = 0;
  stored_tasks tasks{};
  /// Changes whenever `tasks` does.
  std::uint64_t revision = 0;
  std::optional<store::loading> loading{};
  std::deque<job> waiting{};
  /// The jobs of the transaction under way, and what they change.
  std::vector<job> batch{};
  std::vector<planned> plans{};
  std::optional<store::attempt> attempt{};
  /// The answer that is waited for; 0: none.
  std::uint64_t awaited = 0;
  store::question question = question::none;
  std::vector<std::string> refreshes{};
  std::uint64_t ids = 0;
  std::uint32_t setbacks = 0;
  time_point retry_at{};
  /// Consul denied the last write.
  bool denied = false;
  time_point compaction_at{};
  /// Unlocked records of instances: index, and since when.
  std::map<std::string, std::pair<std::uint64_t, time_point>> vacant{};
};

// -- events -------------------------------------------------------------------

/// This instance leads: load the state under that term.
struct load_requested {
  leadership term{};
  wall_time at{};
};

/// The term is over.
struct close_requested {
  ha::epoch epoch = 0;
};

struct change_requested {
  /// Names the answer; not 0.
  std::uint64_t request = 0;
  change what{};
  wall_time at{};
};

struct transaction_answered {
  std::uint64_t id = 0;
  result<txn::outcome> answer;
};

struct keys_read {
  std::uint64_t id = 0;
  result<consul::kv_entries> answer;
};

struct timer_elapsed {};

// -- effects ------------------------------------------------------------------

struct send_transaction {
  std::uint64_t id = 0;
  txn::operations operations{};
};

/// To be read with `?consistent`.
struct read_keys {
  std::uint64_t id = 0;
  std::string key{};
  bool recurse = false;
};

struct answer_change {
  std::uint64_t request = 0;
  /// Absent: it is done.
  std::optional<error> problem{};
};

/// The state is in `state::tasks`.
struct report_loaded {};

struct report_failed {
  error problem{};
};

/// The elector is to know that a run ended.
struct close_run {
  run_permit permit{};
  /// What could not be written any more.
  std::optional<task_event> unrecorded{};
};

struct report_lost {
  ha::epoch epoch = 0;
};

/// Consul does not let the leader write.
struct report_denied {
  ha::epoch epoch = 0;
  /// Consul's words.
  std::string words{};
};

enum class severity : std::uint8_t { info, warning, error };

struct write_log {
  store::severity severity = severity::info;
  std::string sentence{};
  std::vector<std::pair<std::string, std::string>> fields{};
};

struct arm_timer {
  time_point due{};
};

using effect = std::variant<send_transaction, read_keys, answer_change,
                            report_loaded, report_failed, close_run,
                            report_lost, report_denied, write_log, arm_timer>;
using effects = std::vector<effect>;

transition<state, effect> step(state s, load_requested event, time_point now);
transition<state, effect> step(state s, close_requested event, time_point now);
transition<state, effect> step(state s, change_requested event, time_point now);
transition<state, effect> step(state s, transaction_answered event,
                               time_point now);
transition<state, effect> step(state s, keys_read event, time_point now);
transition<state, effect> step(state s, timer_elapsed event, time_point now);

} // namespace cts::ha::store
