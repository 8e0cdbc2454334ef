#pragma once

#include "actors/contract.hpp"
#include "core/event_store.hpp"
#include "core/types.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

/// Which request asks for what. Source: spec chapter rest-api, sections 2 to 4.
namespace cts::api {

/// OPTIONS on whatever path: may a web page ask?
struct preflight {
  bool operator==(const preflight&) const = default;
};

/// Is the instance alive?
struct read_health {
  /// What it does besides.
  bool verbose = false;
  bool operator==(const read_health&) const = default;
};

/// Has each enabled task run once?
struct read_ready {
  bool operator==(const read_ready&) const = default;
};

/// How many tasks have which status.
struct read_status {
  bool operator==(const read_status&) const = default;
};

/// The status of one task, or of all.
struct read_task_status {
  std::optional<task_name> name{};
  /// Only tasks with this status.
  std::optional<task_status> only{};
  bool include_events = false;
  /// What each task does at the moment.
  bool verbose = false;
  bool operator==(const read_task_status&) const = default;
};

struct read_cluster {
  /// What the published schema does not know, too.
  bool verbose = false;
  bool operator==(const read_cluster&) const = default;
};

/// Another instance watches this process.
struct read_peer {
  /// Answer after a heartbeat instead of at once.
  bool hold = false;
  bool operator==(const read_peer&) const = default;
};

/// What the instance measures of itself, for Prometheus.
struct read_metrics {
  bool operator==(const read_metrics&) const = default;
};

struct list_tasks {
  bool operator==(const list_tasks&) const = default;
};

struct read_task {
  task_name name{};
  bool operator==(const read_task&) const = default;
};

struct create_task {
  task_run run = task_run::none;
  bool operator==(const create_task&) const = default;
};

struct update_task {
  task_name name{};
  task_run run = task_run::none;
  bool operator==(const update_task&) const = default;
};

struct delete_task {
  task_name name{};
  bool operator==(const delete_task&) const = default;
};

/// The leader is to hand over.
struct step_down {
  bool operator==(const step_down&) const = default;
};

/// What the body of a refusal looks like.
enum class refusal_body : std::uint8_t {
  /// The JSON object of section 4 with `message`.
  envelope,
  /// The same without a newline at the end: section 4.2.
  validator,
  /// `404 page not found` as plain text.
  page_not_found,
  empty,
};

/// Wrong path, method or parameter: refused without asking anybody.
struct refused {
  int status = 404;
  refusal_body body = refusal_body::page_not_found;
  std::string message{};
  /// The methods that the path knows; absent unless the method is wrong.
  std::optional<std::string> allow{};
  bool operator==(const refused&) const = default;
};

using route = std::variant<preflight, read_health, read_ready, read_status,
                           read_task_status, read_cluster, read_peer,
                           read_metrics, list_tasks, read_task, create_task,
                           update_task, delete_task, step_down, refused>;

/// Whether it changes something.
bool is_mutation(const route& x);

/// Total: each method and target has a route.
route find_route(std::string_view method, std::string_view target);

/// Whether the log shows the request: below `/v1`, but neither a probe of
/// health, readiness or metrics, nor a peer's greeting, nor OPTIONS (section
/// 6).
bool is_logged(std::string_view method, std::string_view target);

} // namespace cts::api
