#pragma once

#include "actors/caf/inspect.hpp"
#include "actors/caf/interface.hpp"
#include "core/config/config.hpp"
#include "core/consul/request.hpp"
#include "core/dynamic/templates.hpp"
#include "core/event_store.hpp"
#include "core/ha/types.hpp"
#include "core/types.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/local_actor.hpp>
#include <caf/type_id.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Every message and every actor interface. A failed request is answered with
/// a caf::error of category `cts` (see actors/errors.hpp) whose text is a
/// sentence for the operator. All messages stay in the process.
namespace cts {

using std::chrono::milliseconds;
using headers = std::vector<std::pair<std::string, std::string>>;

// -- the world: provided by runtime/, modelled by tests -----------------------

/// The Consul client asks for one HTTP exchange.
struct http_request {
  /// Chosen by the asker, unique while the exchange lasts; names it in
  /// `cancel_http`.
  std::uint64_t id = 0;
  std::string method{};
  /// Absolute: scheme, authority, path, query.
  std::string url{};
  headers fields{};
  std::string body{};
  /// From now to the last byte of the answer.
  milliseconds deadline{};
};

/// The answer, whatever its status. Field names are in lower case.
struct http_reply {
  int status = 0;
  headers fields{};
  std::string body{};
};

/// The asker has lost interest. The exchange is answered with `cancelled`.
struct cancel_http {
  std::uint64_t id = 0;
};

/// Fails with `unavailable`, `timed_out`, `malformed`, `limit` or `cancelled`.
using http_actor = cafx::iface<
  // Performs an exchange; many run at a time.
  caf::result<http_reply>(http_request),
  // Ends one early. Unknown ids are ignored.
  caf::result<void>(cancel_http)>;

/// A driver asks for one child process, started without a shell.
struct start_process {
  /// Processes with the same key never overlap: a second one waits for the
  /// end of the first. The working directory of a task is its key.
  std::string key{};
  /// argv[0] is an absolute path.
  std::vector<std::string> argv{};
  /// The complete environment, `NAME=value`.
  std::vector<std::string> environment{};
  std::string directory{};
  /// Standard output and standard error go to these files (mode 0600,
  /// truncated at the start), never to a pipe: the child must survive us.
  /// Empty: to memory that ends with the process.
  std::string output_file{};
  std::string error_file{};
  /// After this time the process is stopped like by `stop_process` with a
  /// grace of one minute. Zero: no limit.
  milliseconds timeout{0};
  /// It can change infrastructure, so it needs the lease that `extend_lease`
  /// brings: refused with `conflict` (`lease ...`) unless enough of the lease
  /// is left right before the start, and stopped before the lease is over
  /// (chapter high-availability 4.4, R1 and R2).
  bool fenced = false;
  /// For the log; empty: none.
  std::string task{};
  /// Names the run in `run.json` of the task's directory; empty: none.
  std::string job{};
};

/// How a child process ended.
struct process_finished {
  /// Valid if `signal` is 0.
  int exit_code = 0;
  /// The signal that killed it, or 0.
  int signal = 0;
  bool timed_out = false;
  /// We sent it a signal before it ended.
  bool stopped = false;
  /// That was because its lease was nearly over.
  bool lease_over = false;
  /// What it wrote, at most `process_output_max` bytes of each, the last ones.
  std::string output{};
  std::string error_output{};
  milliseconds wall_time{0};
  milliseconds cpu_time{0};
  /// Peak resident memory in bytes.
  std::uint64_t memory_peak = 0;
};

constexpr std::size_t process_output_max = std::size_t{4} * 1024 * 1024;

/// Stop the process with this key: SIGINT to its group now, a second one 6 s
/// before `grace` is over, SIGKILL then (chapter terraform-driver 8.1.9). One
/// that still waits for its turn is answered with `cancelled`.
struct stop_process {
  std::string key{};
  milliseconds grace{};
};

/// The elector tells how long this instance may change infrastructure: time
/// since the machine's start by CLOCK_BOOTTIME. A lease never gets shorter.
struct extend_lease {
  std::chrono::nanoseconds deadline{0};
};

/// Leadership is lost: no fenced process starts until the next `extend_lease`.
/// Those that run go on until they are stopped or the lease is over.
struct revoke_lease {};

/// Fails with `not_found` (no such program), `system` (cannot be started; the
/// text has the reason), `limit`, `conflict` (no lease) or `cancelled`.
using process_actor = cafx::iface<
  // Starts a process and answers when it and its group are gone.
  caf::result<process_finished>(start_process),
  // Unknown keys are ignored.
  caf::result<void>(stop_process), caf::result<void>(extend_lease),
  caf::result<void>(revoke_lease)>;

/// A file below the directory that the message names.
struct file_content {
  std::string name{};
  std::string bytes{};
  /// Permission bits, set exactly (no umask).
  unsigned mode = 0640;
};

/// Write each file whose bytes differ from what is there: temporary file in
/// the same directory, fsync, chmod, rename, in the given order.
struct write_files {
  /// Created with its parents if nothing is there, 0750 minus umask.
  std::string directory{};
  std::vector<file_content> files{};
};

struct files_written {
  /// Names of the files that differed, in the given order.
  std::vector<std::string> changed{};
  /// Those among them that had existed before.
  std::vector<std::string> overwritten{};
};

struct read_files {
  std::vector<std::string> paths{};
};

struct files_read {
  /// In the order asked for; absent if there is no such file.
  std::vector<std::optional<std::string>> contents{};
};

/// Missing files are no error.
struct remove_files {
  std::vector<std::string> paths{};
};

/// Fails with `system`, naming the file and the operating system's reason.
using files_actor = cafx::iface<caf::result<files_written>(write_files),
                                // At most `file_bytes_max` each.
                                caf::result<files_read>(read_files),
                                caf::result<void>(remove_files)>;

constexpr std::size_t file_bytes_max = std::size_t{16} * 1024 * 1024;

// -- Consul -------------------------------------------------------------------

/// A watcher or the controller asks the agent something.
struct consul_query {
  /// Unique while the query lasts; names it in `cancel_query`.
  std::uint64_t id = 0;
  consul::request request{};
  milliseconds deadline{};
};

struct cancel_query {
  std::uint64_t id = 0;
};

/// Answers with whatever the agent said, errors by status included. Fails like
/// `http_actor`.
using consul_actor = cafx::iface<caf::result<consul::reply>(consul_query),
                                 caf::result<void>(cancel_query)>;

// -- watching -----------------------------------------------------------------

/// A watcher tells its subscribers, once until they have fetched the snapshot,
/// that there is a newer one.
struct dependency_changed {
  dependency what{};
};

/// A watcher tells its subscribers that the query fails. `permanent`: the
/// agent's answer cannot heal by itself (bad filter, unknown datacenter,
/// missing permission).
struct dependency_failed {
  dependency what{};
  std::string message{};
  bool permanent = false;
};

/// Who wants to know of changes: a task's condition.
using subscriber_actor = cafx::iface<caf::result<void>(dependency_changed),
                                     caf::result<void>(dependency_failed)>;

/// The newest answer to a dependency. Version 0: none yet, `data` is null.
struct dependency_snapshot {
  dependency what{};
  std::uint64_t version = 0;
  snapshot_ptr data{};
};

struct get_snapshot {};

/// Read the query once, now, with `?consistent`: what a long poll would not
/// tell in time must not be missed (chapter high-availability 5.4).
struct refresh_snapshot {
  /// From now to the agent's answer.
  milliseconds deadline{};
};

struct subscribe {
  subscriber_actor who{};
};

struct unsubscribe {
  subscriber_actor who{};
};

/// Keeps one dependency current. A subscriber monitors it and subscribes again
/// through the registry when it dies.
using watcher_actor = cafx::iface<
  // Sends `dependency_changed` at once if there is a snapshot.
  caf::result<void>(subscribe),
  // Without subscribers it ends.
  caf::result<void>(unsubscribe),
  // Also allows the next `dependency_changed` to the asker.
  caf::result<dependency_snapshot>(get_snapshot),
  // Like `get_snapshot`, after the agent has been asked; the other subscribers
  // are told of what is new. Who asks while such a read is under way shares
  // it. Fails like `consul_actor`, or with `refused` or `malformed`; the
  // watcher keeps its data then.
  caf::result<dependency_snapshot>(refresh_snapshot)>;

/// A condition wants `what` watched.
struct watch {
  dependency what{};
  subscriber_actor who{};
};

/// One watcher per distinct dependency, shared by all who subscribe.
using watch_registry_actor = cafx::iface<
  // Finds or starts the watcher and subscribes `who` to it.
  caf::result<watcher_actor>(watch)>;

// -- running tasks ------------------------------------------------------------

/// What a slot is wanted for. Smaller goes first.
enum class slot_use : std::uint8_t { run, prepare };

/// A task wants to start a Terraform process.
struct acquire_slot {
  task_name task{};
  /// Position in the configuration; breaks ties.
  std::size_t order = 0;
  slot_use use = slot_use::run;
};

/// Names the slot in `release_slot`.
struct slot_granted {
  std::uint64_t ticket = 0;
};

struct release_slot {
  std::uint64_t ticket = 0;
  /// The machine had no process, memory or descriptor left to start one.
  bool starved = false;
};

/// Bounds how many Terraform processes run at once. The end of the asker
/// returns its slots.
using run_queue_actor = cafx::iface<
  // Answered when a slot is free.
  caf::result<slot_granted>(acquire_slot), caf::result<void>(release_slot)>;

/// What a task's condition has gathered: the newest snapshot of each
/// dependency. Incomplete while one has not been answered yet.
struct gathered_inputs {
  task_inputs snapshots{};
  bool complete = false;
  /// Each has been read from the agent for this answer.
  bool fresh = false;
};

struct get_inputs {};

/// Have each input read once from the agent before it is handed out.
struct get_fresh_inputs {
  milliseconds deadline{};
};

/// Where a task stands (chapter monitoring 3.12).
enum class task_phase : std::uint8_t {
  creating,
  idle,
  queued,
  running,
  disabled,
  failed
};

/// The enumerator's name.
const char* to_string(task_phase phase);

/// A task tells its task manager and its condition where it stands now.
struct task_changed {
  task_name task{};
  task_phase phase = task_phase::creating;
  /// A trigger or a failed run still waits to be applied.
  bool due = false;
  /// A run of a former leader stands in its way (high-availability, R4).
  bool waiting = false;
  /// Triggers are served.
  bool monitoring = false;
};

/// Decides when a task runs.
using condition_actor
  = cafx::extended<subscriber_actor,
                   // The newest inputs.
                   caf::result<gathered_inputs>(get_inputs),
                   // The same, never later than the deadline. If a read
                   // fails, with what was known and `fresh` false: then the
                   // task must run again when a read has succeeded.
                   caf::result<gathered_inputs>(get_fresh_inputs),
                   caf::result<void>(task_changed)>;

/// The condition tells its task, once, that each input has been delivered.
struct inputs_complete {};

/// The condition tells its task that an input cannot be fetched.
struct input_failed {
  std::string message{};
  bool permanent = false;
};

/// The condition, or the clock, asks for a run.
struct run_task {};

/// The task manager asks for a run: whatever the condition says, without
/// buffer period and without retries.
struct run_once {
  /// The leadership that it is under from now on; 0: the one that it knows.
  ha::epoch epoch = 0;
};

/// How a run ended. `ran` is false for a disabled task.
struct run_outcome {
  bool ran = false;
  std::optional<std::string> error{};
};

/// What an inspection found out.
struct run_inspected {
  bool changes = false;
  /// Terraform's words for people, secrets masked; of one that is too long the
  /// last `inspected_plan_max` bytes.
  std::string plan{};
  milliseconds wall_time{0};
};

constexpr auto inspected_plan_max = std::size_t{1024} * 1024;

/// Once-mode is over: serve what was triggered, from now on.
struct start_monitoring {};

/// The task manager waits until the task could run, or has learned why not.
struct await_ready {};

/// The task manager has the task enabled or disabled. An enabled task serves
/// no trigger before `start_monitoring`; if it cannot be prepared, it stays
/// disabled.
struct switch_task {
  bool enabled = true;
};

/// The task manager wants to know what a run would change.
struct inspect_task {};

/// Take no more triggers and end a run that goes on, gently within `grace`.
struct stop_task {
  milliseconds grace{};
  /// How long a run that goes on is left alone before it is stopped.
  milliseconds drain{0};
};

/// Who follows the tasks: the task manager.
using task_observer_actor = cafx::iface<caf::result<void>(task_changed)>;

/// A task as the outside sees it.
struct task_view {
  std::shared_ptr<const config::task> configuration{};
  bool enabled = true;
  task_phase phase = task_phase::creating;
  bool due = false;
  /// A run of a former leader stands in its way.
  bool waiting = false;
  /// Its deletion was accepted and has not ended yet.
  bool deleting = false;
  /// Why it cannot be used: its record is broken.
  std::string problem{};
};

/// One task: condition, driver and runs.
using task_actor = cafx::iface<
  caf::result<void>(inputs_complete), caf::result<void>(input_failed),
  caf::result<void>(run_task),
  // Answered when the run has ended; at once for a disabled task (when it is
  // prepared). A failed run is an outcome, not an error.
  caf::result<run_outcome>(run_once), caf::result<void>(start_monitoring),
  // Fails with `driver` and the reason why the task cannot be created.
  caf::result<void>(await_ready), caf::result<void>(switch_task),
  caf::result<run_inspected>(inspect_task),
  // Answered when no process of the task is left.
  caf::result<void>(stop_task)>;

/// The program that a driver runs.
struct driver_program {
  /// Absolute.
  std::string path{};
  std::string version{};
};

/// What happens when a task fails in once-mode.
enum class once_policy : std::uint8_t {
  /// The remaining tasks are not started: standalone.
  stop_at_first_error,
  /// The error is an event like any other: with high availability.
  keep_going,
};

/// A task as the state store keeps it.
struct kept_task {
  /// Never null.
  std::shared_ptr<const config::task> configuration{};
  bool enabled = true;
  /// Deletion was accepted; what remains is to end its runs and forget it.
  bool deleting = false;
  /// Why its record cannot be used; then only the name is known.
  std::string problem{};
  /// Came from the configuration, not through the API.
  bool configured = true;
};

/// In configuration order, then in order of creation.
using kept_tasks = std::vector<kept_task>;

/// The controller has the tasks created and run once.
struct start_tasks {
  driver_program program{};
  once_policy policy = once_policy::stop_at_first_error;
  /// Serve triggers afterwards; false in once mode.
  bool monitor = true;
  /// All tasks have run before: monitor at once, and let each run when it can.
  bool resume = false;
  /// Run them all at the same time, each monitored as soon as it has run.
  bool at_once = false;
  /// The leadership under which they run; 0 without high availability.
  ha::epoch epoch = 0;
  /// Absent: the tasks of the configuration.
  std::optional<kept_tasks> tasks{};
};

/// A follower has the tasks created, prepared and kept current, but not run.
/// Repeated with each change of the kept tasks until `start_tasks`.
struct stand_by {
  driver_program program{};
  kept_tasks tasks{};
};

struct once_finished {
  /// Why it stopped early.
  std::optional<std::string> error{};
};

struct get_tasks {};

/// In configuration order, then in order of creation.
struct task_views {
  std::vector<task_view> tasks{};
};

/// The controller has the tasks inspected, one after the other: inspect mode.
struct inspect_tasks {
  driver_program program{};
};

/// The tasks go by other settings from now on: those of a reload, or with other
/// dynamic values. Whom that concerns is made anew and runs; tasks that came
/// through the API, or are kept by a cluster, stay.
struct renew_settings {
  /// As configured. Never null.
  std::shared_ptr<const config::settings> settings{};
  /// The same for drivers: values in place of templates. Never null.
  std::shared_ptr<const config::settings> rendered{};
  /// Null: there are no dynamic values.
  std::shared_ptr<const dynamic::values> values{};
};

/// What a mutation of a task does besides.
enum class task_run : std::uint8_t {
  none,
  /// Apply once, and answer with its failure.
  now,
  /// Only tell what would change; nothing is kept.
  inspect,
};

/// The API has a task created.
struct create_task {
  /// Never null.
  std::shared_ptr<const config::task> configuration{};
  task_run run = task_run::none;
};

/// The API has a task enabled or disabled.
struct change_task {
  task_name task{};
  bool enabled = true;
  task_run run = task_run::none;
};

/// The API has a task deleted: once its run has ended.
struct delete_task {
  task_name task{};
};

/// A mutation of a task is done.
struct task_mutated {
  /// Present if it was inspected.
  std::optional<run_inspected> inspected{};
};

/// As many tasks are supervised at most.
constexpr auto tasks_max = std::size_t{10'000};

/// Stop all tasks; answered when no process is left.
struct stop_tasks {
  milliseconds grace{};
  /// How long a run that goes on is left alone before it is stopped.
  milliseconds drain{0};
};

/// The task supervisor. It answers a mutation when it is kept by the state
/// store and done. Mutations fail with `conflict` if the name is taken (create)
/// or the task is active (change), `not_found`, `refused` if the task is not
/// created yet, `limit`, `driver` with the words of Terraform, and
/// `unavailable` if it cannot be kept, for instance because this instance does
/// not lead.
using task_manager_actor = cafx::iface<
  // Answered when once-mode is over. Tasks of another `stand_by` are adopted.
  caf::result<once_finished>(start_tasks), caf::result<void>(stand_by),
  // Answered when all are inspected, or the first one failed.
  caf::result<once_finished>(inspect_tasks), caf::result<task_views>(get_tasks),
  caf::result<task_mutated>(create_task),
  caf::result<task_mutated>(change_task),
  // Answered when the mark is kept.
  caf::result<void>(delete_task),
  // After it, `start_tasks` or `stand_by` begins anew.
  caf::result<void>(stop_tasks),
  // At any time, also before the tasks have been started.
  caf::result<void>(renew_settings)>;

// -- drivers ------------------------------------------------------------------

/// Write the root module, initialise and validate.
struct prepare_workspace {};

/// Write the input file from these inputs.
struct render_inputs {
  task_inputs snapshots{};
};

struct inputs_rendered {
  /// The file's bytes differ from before.
  bool changed = false;
};

/// A run that another instance has left behind: it was stopped, and nothing of
/// it lives any more.
struct former_run {
  /// `user@host` of that instance.
  std::string who{};
  wall_time started_at{};
};

/// Carry out a run with what was rendered last.
struct apply_workspace {
  run_id run{};
  /// The run's identifier in the in-flight record; empty without high
  /// availability.
  std::string lease_job{};
  /// Whose dead state lock may be released first.
  std::optional<former_run> former_owner{};
};

/// A run that succeeded.
struct run_applied {
  milliseconds wall_time{0};
};

/// Tell what a run with what was rendered last would change. Nothing is
/// changed.
struct inspect_workspace {};

/// End what goes on, gently within `grace`.
struct stop_driver {
  milliseconds grace{};
};

/// Carries out the runs of one task; it is asked for one thing at a time.
/// Fails with `driver`, or with `limit` if the machine has no process, memory
/// or descriptor left to start one, and the text that events show; with
/// `conflict` if a run was refused for want of a lease.
using driver_actor = cafx::iface<caf::result<void>(prepare_workspace),
                                 caf::result<inputs_rendered>(render_inputs),
                                 caf::result<run_applied>(apply_workspace),
                                 caf::result<run_inspected>(inspect_workspace),
                                 // Answered when no process is left; what went
                                 // on fails with `cancelled`.
                                 caf::result<void>(stop_driver)>;

/// The controller has the driver's program looked for and checked.
struct find_program {};

/// Fails with the sentence that ends the start (exit 16).
using driver_setup_actor
  = cafx::iface<caf::result<driver_program>(find_program)>;

/// What a task's driver is made for.
struct driver_order {
  std::shared_ptr<const config::task> task{};
  driver_program program{};
  consul_actor consul{};
  /// Without templates; null: those that the factory knows.
  std::shared_ptr<const config::settings> settings{};
  /// What stands in place of templates, to be masked; may be null.
  std::shared_ptr<const dynamic::values> secrets{};
};

/// How a task's driver is made: a value that the wiring gives to the task
/// manager, so that actors know no driver.
using driver_factory = std::function<driver_actor(caf::local_actor* parent,
                                                  const driver_order& order)>;

// -- events and API -----------------------------------------------------------

/// A task reports a finished run.
struct record_event {
  task_event event{};
  /// The permit under which it ran; absent without high availability.
  std::optional<ha::run_permit> permit{};
};

struct get_events {};

/// The events of all tasks, a shared copy.
struct events_snapshot {
  std::shared_ptr<const std::map<task_name, task_events>> events{};
};

/// The task manager has a task kept: a new one, or one that changed.
struct keep_task {
  kept_task task{};
};

/// The task manager has a task and its events forgotten.
struct forget_task {
  task_name task{};
};

/// Keeps tasks and events: in memory, or with high availability in Consul.
/// What it answers is done: nothing is lost that was answered. Fails with
/// `conflict` if this instance does not lead (any more), `limit` if the task is
/// too large, `unavailable` if Consul cannot be reached.
using state_store_actor
  = cafx::iface<caf::result<void>(record_event),
                caf::result<events_snapshot>(get_events),
                caf::result<void>(keep_task), caf::result<void>(forget_task)>;

/// The HTTP server passes on a request. Header names are in lower case.
struct api_request {
  std::string method{};
  /// Path and query, as received.
  std::string target{};
  std::string host{};
  /// `address:port` of the peer.
  std::string remote{};
  headers fields{};
  std::string body{};
};

struct api_reply {
  int status = 200;
  headers fields{};
  std::string body{};
};

using api_actor = cafx::iface<
  // Never fails: what goes wrong is a reply.
  caf::result<api_reply>(api_request)>;

/// The controller opens the API's port. Port 0 picks a free one.
struct open_api {
  int port = 0;
  config::server_tls tls{};
  api_actor target{};
};

struct api_opened {
  int port = 0;
};

/// Stop accepting, give open requests up to `grace`, close.
struct close_api {
  milliseconds grace{};
};

/// Fails with `system`: `listen tcp :8558: bind: address already in use`.
using http_server_actor = cafx::iface<caf::result<api_opened>(open_api),
                                      caf::result<void>(close_api)>;

// -- the instance -------------------------------------------------------------

/// The controller has the instance registered as a service of its agent, or
/// looked after at once if it is.
struct register_instance {
  /// The API's port.
  int port = 0;
};

/// The instance ends: leave the catalog.
struct deregister_instance {};

using registrar_actor = cafx::iface<
  // In the background, for as long as the instance lives; never fatal.
  caf::result<void>(register_instance),
  // Answered when the agent has answered, or has had its time.
  caf::result<void>(deregister_instance)>;

/// What the instance is to do (chapter cli 7.5).
enum class run_mode : std::uint8_t { daemon, once, inspect };

/// The enumerator's name.
const char* to_string(run_mode mode);

/// A signal, or a test, asks for the orderly end.
struct stop_instance {
  /// `interrupt`, `terminated` or `quit`, for the log.
  std::string signal{};
};

/// The controller tells `main` that it is over and with which exit code.
struct instance_ended {
  int exit_code = 0;
};

using exit_listener_actor = cafx::iface<caf::result<void>(instance_ended)>;

/// A signal: these settings, which have been checked, take the place of those
/// that are in effect, as far as that is possible while the instance runs.
struct reload_instance {
  /// Never null.
  std::shared_ptr<const config::settings> settings{};
};

/// Leads the instance through start, work and stop.
using controller_actor = cafx::iface<caf::result<void>(stop_instance),
                                     caf::result<void>(reload_instance)>;

// -- dynamic values -----------------------------------------------------------

/// The controller has the templates rendered.
struct render_values {};

/// What the templates stand for. Never null.
struct values_rendered {
  std::shared_ptr<const dynamic::values> values{};
};

/// Renders the templates of some settings, and follows their sources if
/// `dynamic_values` is set. Fails with `configuration`, `timed_out`,
/// `refused` or `unavailable`; what failed has been logged.
using values_actor
  = cafx::extended<subscriber_actor,
                   caf::result<values_rendered>(render_values)>;

CAFX_FIELDS(http_request, id, method, url, fields, body, deadline)
CAFX_FIELDS(http_reply, status, fields, body)
CAFX_FIELDS(cancel_http, id)
CAFX_FIELDS(start_process, key, argv, directory, fenced)
CAFX_FIELDS(extend_lease, deadline)
CAFX_FIELDS(revoke_lease)
CAFX_FIELDS(process_finished, exit_code, signal, timed_out, stopped)
CAFX_FIELDS(stop_process, key, grace)
CAFX_FIELDS(remove_files, paths)
CAFX_FIELDS(files_written, changed, overwritten)
CAFX_FIELDS(read_files, paths)
CAFX_FIELDS(cancel_query, id)
CAFX_FIELDS(get_snapshot)
CAFX_FIELDS(refresh_snapshot, deadline)
CAFX_FIELDS(slot_granted, ticket)
CAFX_FIELDS(acquire_slot, task, order, use)
CAFX_FIELDS(release_slot, ticket, starved)
CAFX_FIELDS(get_inputs)
CAFX_FIELDS(get_fresh_inputs, deadline)
CAFX_FIELDS(inputs_complete)
CAFX_FIELDS(input_failed, message, permanent)
CAFX_FIELDS(run_task)
CAFX_FIELDS(run_once, epoch)
CAFX_FIELDS(await_ready)
CAFX_FIELDS(switch_task, enabled)
CAFX_FIELDS(inspect_task)
CAFX_FIELDS(start_monitoring)
CAFX_FIELDS(task_changed, task, phase, due, waiting, monitoring)
CAFX_FIELDS(stop_task, grace, drain)
CAFX_FIELDS(driver_program, path, version)
CAFX_FIELDS(find_program)
CAFX_FIELDS(inspect_tasks, program)
CAFX_FIELDS(change_task, task, enabled, run)
CAFX_FIELDS(delete_task, task)
CAFX_FIELDS(get_tasks)
CAFX_FIELDS(stop_tasks, grace, drain)
CAFX_FIELDS(prepare_workspace)
CAFX_FIELDS(inputs_rendered, changed)
CAFX_FIELDS(apply_workspace, run.value, lease_job)
CAFX_FIELDS(inspect_workspace)
CAFX_FIELDS(run_inspected, changes, plan, wall_time)
CAFX_FIELDS(run_applied, wall_time)
CAFX_FIELDS(stop_driver, grace)
CAFX_FIELDS(get_events)
CAFX_FIELDS(forget_task, task)
CAFX_FIELDS(api_request, method, target, host, remote, fields, body)
CAFX_FIELDS(api_reply, status, fields, body)
CAFX_FIELDS(api_opened, port)
CAFX_FIELDS(close_api, grace)
CAFX_FIELDS(register_instance, port)
CAFX_FIELDS(deregister_instance)
CAFX_FIELDS(stop_instance, signal)
CAFX_FIELDS(render_values)
CAFX_FIELDS(instance_ended, exit_code)

} // namespace cts

// Shared pointers, optionals and variants have no wire form; these types never
// leave the process.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::write_files)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::files_read)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::consul_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::consul::reply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::dependency_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::dependency_failed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::dependency_snapshot)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::subscribe)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::unsubscribe)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::watch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::gathered_inputs)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::run_outcome)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::once_finished)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::task_views)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::render_inputs)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::record_event)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::events_snapshot)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::keep_task)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::start_tasks)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::stand_by)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::open_api)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::create_task)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::renew_settings)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::reload_instance)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::values_rendered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::task_mutated)

CAF_BEGIN_TYPE_ID_BLOCK(cts, first_custom_type_id)

CAF_ADD_TYPE_ID(cts, (cts::http_request))
CAF_ADD_TYPE_ID(cts, (cts::http_reply))
CAF_ADD_TYPE_ID(cts, (cts::cancel_http))
CAF_ADD_TYPE_ID(cts, (cts::start_process))
CAF_ADD_TYPE_ID(cts, (cts::process_finished))
CAF_ADD_TYPE_ID(cts, (cts::stop_process))
CAF_ADD_TYPE_ID(cts, (cts::write_files))
CAF_ADD_TYPE_ID(cts, (cts::files_written))
CAF_ADD_TYPE_ID(cts, (cts::read_files))
CAF_ADD_TYPE_ID(cts, (cts::files_read))
CAF_ADD_TYPE_ID(cts, (cts::remove_files))
CAF_ADD_TYPE_ID(cts, (cts::consul_query))
CAF_ADD_TYPE_ID(cts, (cts::consul::reply))
CAF_ADD_TYPE_ID(cts, (cts::cancel_query))
CAF_ADD_TYPE_ID(cts, (cts::dependency_changed))
CAF_ADD_TYPE_ID(cts, (cts::dependency_failed))
CAF_ADD_TYPE_ID(cts, (cts::dependency_snapshot))
CAF_ADD_TYPE_ID(cts, (cts::get_snapshot))
CAF_ADD_TYPE_ID(cts, (cts::subscribe))
CAF_ADD_TYPE_ID(cts, (cts::unsubscribe))
CAF_ADD_TYPE_ID(cts, (cts::watch))
CAF_ADD_TYPE_ID(cts, (cts::watcher_actor))
CAF_ADD_TYPE_ID(cts, (cts::acquire_slot))
CAF_ADD_TYPE_ID(cts, (cts::slot_granted))
CAF_ADD_TYPE_ID(cts, (cts::release_slot))
CAF_ADD_TYPE_ID(cts, (cts::get_inputs))
CAF_ADD_TYPE_ID(cts, (cts::gathered_inputs))
CAF_ADD_TYPE_ID(cts, (cts::inputs_complete))
CAF_ADD_TYPE_ID(cts, (cts::input_failed))
CAF_ADD_TYPE_ID(cts, (cts::run_task))
CAF_ADD_TYPE_ID(cts, (cts::run_once))
CAF_ADD_TYPE_ID(cts, (cts::run_outcome))
CAF_ADD_TYPE_ID(cts, (cts::start_monitoring))
CAF_ADD_TYPE_ID(cts, (cts::task_changed))
CAF_ADD_TYPE_ID(cts, (cts::stop_task))
CAF_ADD_TYPE_ID(cts, (cts::start_tasks))
CAF_ADD_TYPE_ID(cts, (cts::once_finished))
CAF_ADD_TYPE_ID(cts, (cts::get_tasks))
CAF_ADD_TYPE_ID(cts, (cts::task_views))
CAF_ADD_TYPE_ID(cts, (cts::stop_tasks))
CAF_ADD_TYPE_ID(cts, (cts::prepare_workspace))
CAF_ADD_TYPE_ID(cts, (cts::render_inputs))
CAF_ADD_TYPE_ID(cts, (cts::inputs_rendered))
CAF_ADD_TYPE_ID(cts, (cts::apply_workspace))
CAF_ADD_TYPE_ID(cts, (cts::run_applied))
CAF_ADD_TYPE_ID(cts, (cts::stop_driver))
CAF_ADD_TYPE_ID(cts, (cts::driver_program))
CAF_ADD_TYPE_ID(cts, (cts::find_program))
CAF_ADD_TYPE_ID(cts, (cts::record_event))
CAF_ADD_TYPE_ID(cts, (cts::get_events))
CAF_ADD_TYPE_ID(cts, (cts::events_snapshot))
CAF_ADD_TYPE_ID(cts, (cts::api_request))
CAF_ADD_TYPE_ID(cts, (cts::api_reply))
CAF_ADD_TYPE_ID(cts, (cts::open_api))
CAF_ADD_TYPE_ID(cts, (cts::api_opened))
CAF_ADD_TYPE_ID(cts, (cts::close_api))
CAF_ADD_TYPE_ID(cts, (cts::register_instance))
CAF_ADD_TYPE_ID(cts, (cts::deregister_instance))
CAF_ADD_TYPE_ID(cts, (cts::stop_instance))
CAF_ADD_TYPE_ID(cts, (cts::instance_ended))
CAF_ADD_TYPE_ID(cts, (cts::keep_task))
CAF_ADD_TYPE_ID(cts, (cts::forget_task))
CAF_ADD_TYPE_ID(cts, (cts::stand_by))
CAF_ADD_TYPE_ID(cts, (cts::extend_lease))
CAF_ADD_TYPE_ID(cts, (cts::revoke_lease))
CAF_ADD_TYPE_ID(cts, (cts::inspect_workspace))
CAF_ADD_TYPE_ID(cts, (cts::run_inspected))
CAF_ADD_TYPE_ID(cts, (cts::await_ready))
CAF_ADD_TYPE_ID(cts, (cts::switch_task))
CAF_ADD_TYPE_ID(cts, (cts::inspect_task))
CAF_ADD_TYPE_ID(cts, (cts::inspect_tasks))
CAF_ADD_TYPE_ID(cts, (cts::create_task))
CAF_ADD_TYPE_ID(cts, (cts::change_task))
CAF_ADD_TYPE_ID(cts, (cts::delete_task))
CAF_ADD_TYPE_ID(cts, (cts::task_mutated))
CAF_ADD_TYPE_ID(cts, (cts::refresh_snapshot))
CAF_ADD_TYPE_ID(cts, (cts::get_fresh_inputs))
CAF_ADD_TYPE_ID(cts, (cts::renew_settings))
CAF_ADD_TYPE_ID(cts, (cts::reload_instance))
CAF_ADD_TYPE_ID(cts, (cts::render_values))
CAF_ADD_TYPE_ID(cts, (cts::values_rendered))

CAF_END_TYPE_ID_BLOCK(cts)
