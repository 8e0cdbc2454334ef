#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// A Consul agent with one server, reduced to what the product asks of it:
/// catalog, health, KV and status, with the indexes of 1.8.7 as measured
/// (chapter monitoring 1.4). A value without time: who serves it decides when
/// a blocked query is answered. The conformance tests compare it with the real
/// agent.
namespace cts::consul_model {

using index = std::uint64_t;
using text_map = std::map<std::string, std::string>;

struct node {
  std::string address{};
  text_map meta{};
  text_map tagged_addresses{};
};

/// Services and checks are known by node and id.
using place = std::pair<std::string, std::string>;

struct service {
  std::string name{};
  std::string address{};
  std::int64_t port = 0;
  std::vector<std::string> tags{};
  text_map meta{};
  bool operator==(const service&) const = default;
};

struct check {
  std::string name{};
  std::string status = "critical";
  std::string output{};
  /// Empty for a check of the node.
  std::string service_id{};
  bool operator==(const check&) const = default;
};

struct kv_entry {
  std::string value{};
  index create_index = 0;
  index modify_index = 0;
};

struct state {
  std::string datacenter = "dc1";
  /// The node that agent-local registrations belong to.
  std::string agent = "model";
  bool has_leader = true;
  /// Of the newest change of anything.
  index newest = 1;
  std::map<std::string, node> nodes{{"model", {.address = "127.0.0.1"}}};
  std::map<place, service> services{};
  std::map<place, check> checks{};
  /// By service name, as long as the service has instances.
  std::map<std::string, index> service_index{};
  /// Of the newest change in the list of services.
  index services_index = 1;
  /// Of the newest change in services, nodes or checks.
  index catalog_index = 1;
  /// When the last instance of any service went away; 0: never.
  index extinction_index = 0;
  std::map<std::string, kv_entry> kv{};
  index kv_index = 1;
  /// When deleted keys were deleted.
  std::map<std::string, index> kv_tombstones{};
};

/// A request as the agent understands it: nothing is encoded.
struct request {
  std::string method = "GET";
  std::string path{};
  std::multimap<std::string, std::string> query{};
  std::string body{};
};

struct reply {
  int status = 200;
  /// 0: the answer has none.
  index newest = 0;
  std::string body{};
};

/// Reads the URL of a request; the authority is ignored.
request parse(std::string_view method, std::string_view url, std::string body);

/// What the agent answers at once. Changes the state if the method is not GET.
reply serve(state& s, const request& x);

/// The index that `x` waits past, if it is a blocking query.
std::optional<index> blocked_past(const request& x);

/// How long `x` may be held back: 5 min unless it says so, at most 10 min.
std::chrono::milliseconds wait_of(const request& x);

/// All indexes start over with data unchanged, as if an older snapshot had
/// been restored.
void reset_indexes(state& s);

} // namespace cts::consul_model
