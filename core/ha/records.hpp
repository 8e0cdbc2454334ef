#pragma once

#include "core/error.hpp"
#include "core/event_store.hpp"
#include "core/ha/types.hpp"
#include "core/value.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the keys of the cluster hold: JSON objects. What a record has beyond
/// what is known here is kept in `rest` and written back. Times are for people
/// and have microseconds. Every `decode_...` fails with `malformed`. Source:
/// spec chapter high-availability, 3.2.
namespace cts::ha {

/// The version of the schema that this program writes, and the highest one it
/// can read.
inline constexpr int schema_version = 1;

/// `B/meta`: what schema, epoch and generation count.
struct meta_record {
  /// Of what is stored.
  int schema = schema_version;
  /// The lowest version that may read it.
  int min_reader = schema_version;
  std::string cluster{};
  ha::epoch epoch = 0;
  /// The generation that holds the state; 0: none yet.
  std::uint64_t generation = 0;
  /// Instance and boot of the newest leader.
  std::string leader{};
  std::string boot{};
  wall_time created{};
  /// `<product>/<version>`.
  std::string writer{};
  object rest{};
  bool operator==(const meta_record&) const = default;
};

std::string encode(const meta_record& x);
result<meta_record> decode_meta(std::string_view text);

/// How the holder of the lock stands to it.
enum class lock_state : std::uint8_t { active, released, crashed };

/// `B/leader`, the lock key.
struct leader_record {
  std::string id{};
  std::string boot{};
  ha::epoch epoch = 0;
  std::string address{};
  int port = 0;
  std::string scheme{};
  std::string service_name{};
  lock_state state = lock_state::active;
  /// No run was in flight when the lock was released.
  bool clean = false;
  wall_time elected_at{};
  /// Why the lock was given back.
  std::string reason{};
  object rest{};
  bool operator==(const leader_record&) const = default;
};

std::string encode(const leader_record& x);
result<leader_record> decode_leader(std::string_view text);

/// What a follower has prepared.
struct warm_report {
  std::uint64_t tasks = 0;
  std::uint64_t ready = 0;
  std::vector<std::string> incompatible{};
  bool operator==(const warm_report&) const = default;
};

/// `B/instances/<id>`: membership, and evidence of lease extensions.
struct instance_record {
  std::string id{};
  std::string boot{};
  std::string session{};
  /// Counts extensions of the lease.
  std::uint64_t seq = 0;
  std::chrono::milliseconds lease{0};
  std::string role{};
  std::string host{};
  /// The kernel's boot id.
  std::string host_boot_id{};
  std::uint64_t pid = 0;
  std::uint64_t pid_start = 0;
  std::string address{};
  int port = 0;
  std::string scheme{};
  std::string service_name{};
  std::string version{};
  /// The highest schema that the instance reads.
  int schema_max = schema_version;
  warm_report warm{};
  wall_time started_at{};
  object rest{};
  bool operator==(const instance_record&) const = default;
};

std::string encode(const instance_record& x);
result<instance_record> decode_instance(std::string_view text);

enum class run_state : std::uint8_t { running, stopping, stopped };

/// `B/inflight/<task>`: a run that has not proved its end.
struct inflight_record {
  task_name task{};
  ha::epoch epoch = 0;
  /// The owner's id and boot.
  std::string owner{};
  std::string boot{};
  /// Names the run; a UUID, and that of its event.
  std::string job{};
  std::string driver{};
  std::string phase{};
  run_state state = run_state::running;
  std::chrono::milliseconds lease{0};
  /// `user@host`, as Terraform writes it.
  std::string who{};
  wall_time started_at{};
  std::string backend_type{};
  /// Terraform's lock in Consul, with that backend.
  std::string lock_key{};
  /// With Terraform Cloud; else empty.
  std::string workspace_id{};
  std::string run_id{};
  /// Ended by SIGKILL.
  bool killed = false;
  /// The run's event, once it is stopped and there is one.
  std::optional<task_event> result{};
  object rest{};
  bool operator==(const inflight_record&) const = default;
};

std::string encode(const inflight_record& x);
result<inflight_record> decode_inflight(std::string_view text);

/// `B/state/<gen>/tasks/<task>`: a task and its configuration.
struct task_record {
  task_name name{};
  /// `config`, or `api`.
  std::string source = "config";
  /// Tasks are shown and started in this order.
  std::uint64_t order = 0;
  /// Counts changes of the record.
  std::uint64_t rev = 1;
  bool enabled = true;
  bool deleting = false;
  /// The task as in a configuration file (see config/task_object.hpp).
  object config{};
  wall_time updated_at{};
  std::string updated_by{};
  ha::epoch updated_in = 0;
  object rest{};
  bool operator==(const task_record&) const = default;
};

/// Writes the digest of the configuration, too.
std::string encode(const task_record& x);
result<task_record> decode_task_record(std::string_view text);

/// `B/state/<gen>/events/<task>`.
struct events_record {
  /// Newest first, at most `event_store::events_max`.
  task_events events{};
  /// How many runs ended, and failed, ever.
  std::uint64_t runs = 0;
  std::uint64_t failures = 0;
  object rest{};
  bool operator==(const events_record&) const = default;
};

std::string encode(const events_record& x);
result<events_record> decode_events(std::string_view text);

/// Puts the event first, cut as `event_store` does, drops the oldest one and
/// counts. False, and nothing happens, if an event with its id is there.
bool add_event(events_record& to, task_event event);

/// What a key holds whose record was too large for it.
struct chunked_record {
  /// Lower-case hex, of the whole record.
  std::string sha256{};
  std::uint64_t size = 0;
  std::uint64_t pieces = 0;
  /// Relative to the generation; ends in `/`.
  std::string directory{};
  bool operator==(const chunked_record&) const = default;
};

std::string encode(const chunked_record& x);
/// Nothing if the text is no such record: then it is the record itself.
std::optional<chunked_record> decode_chunked(std::string_view text);

const char* to_string(lock_state x);
const char* to_string(run_state x);

} // namespace cts::ha
