#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace cts {

/// Name of a task, unique in the instance: letter or underscore, then letters,
/// digits, underscores and dashes.
using task_name = std::string;

/// Time as people and events see it. Decisions use `time_point` instead.
using wall_time = std::chrono::system_clock::time_point;

/// The wall clock, given to whoever must stamp a record. Only `runtime/` reads
/// the machine's clock.
using wall_clock = std::function<wall_time()>;

/// How far local time is ahead of UTC at a given time. Only `runtime/` knows
/// the machine's zone.
using zone_offset = std::function<std::chrono::seconds(wall_time)>;

/// Source of 64 random bits a call, given to whoever needs an identifier or
/// jitter. Called from several actors at a time.
using random_source = std::function<std::uint64_t()>;

/// Numbers the runs of one task actor, counting from 1.
struct run_id {
  std::uint64_t value = 0;
  auto operator<=>(const run_id&) const = default;
};

/// One random identifier, lower-case hex as 8-4-4-4-12, version 4.
std::string make_uuid(std::uint64_t high, std::uint64_t low);

/// One Consul query which a condition or a module input stands on. Two equal
/// dependencies share one watcher. Source: Consul API, health, catalog, kv.
struct dependency {
  enum class kind : std::uint8_t {
    /// `/v1/health/service/<name>`
    service,
    /// `/v1/catalog/services`
    catalog_services,
    /// `/v1/kv/<name>`, one key
    kv_key,
    /// `/v1/kv/<name>?recurse`
    kv_prefix,
  };

  kind what = kind::service;
  /// Service name or KV path; empty for the catalog.
  std::string name{};
  std::string datacenter{};
  std::string ns{};
  /// Consul filter expression; services only.
  std::string filter{};
  /// Catalog only: all pairs must match the node.
  std::map<std::string, std::string> node_meta{};

  auto operator<=>(const dependency&) const = default;
};

/// The watch as the reference's logs and errors name it, for example
/// `health.service(web?dc=dc1&filter=...)` or `kv.exists.get(a/b)`.
std::string to_string(const dependency& x);

/// One instance of a service, the projection that modules see and changes are
/// judged by (chapter monitoring 2.1).
struct service_instance {
  std::string id{};
  std::string name{};
  std::string kind{};
  std::string address{};
  std::int64_t port = 0;
  std::map<std::string, std::string> meta{};
  /// Sorted ascending.
  std::vector<std::string> tags{};
  std::string ns{};
  /// `passing`, `warning`, `critical`, `maintenance`, or empty if Consul sent
  /// a check status that nobody knows.
  std::string status{};
  std::string node{};
  std::string node_id{};
  std::string node_address{};
  std::string node_datacenter{};
  std::map<std::string, std::string> node_tagged_addresses{};
  std::map<std::string, std::string> node_meta{};

  bool operator==(const service_instance&) const = default;
};

/// Instances ordered by node, then id.
using service_instances = std::vector<service_instance>;

/// Tags (sorted) of each service in the catalog, by service name.
using catalog_services = std::map<std::string, std::vector<std::string>>;

/// One key of Consul KV with its decoded value.
struct kv_pair {
  std::string key{};
  std::string value{};
  bool operator==(const kv_pair&) const = default;
};

/// Ascending by key. Empty when the key or prefix does not exist.
using kv_pairs = std::vector<kv_pair>;

/// What Consul answered to a dependency, reduced to what may change a run.
struct snapshot {
  std::variant<service_instances, catalog_services, kv_pairs> data{};
  bool operator==(const snapshot&) const = default;
};

/// Snapshots are immutable and shared: one copy for any number of tasks.
using snapshot_ptr = std::shared_ptr<const snapshot>;

/// The newest known answer to each dependency of a task.
using task_inputs = std::map<dependency, snapshot_ptr>;

} // namespace cts
