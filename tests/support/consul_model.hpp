#pragma once

#include "core/machine.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Consul's servers and the agents before them, reduced to what the product
/// asks of them: catalog, health, sessions, KV, transactions and status, with
/// the indexes and the words of 1.8.7 as measured (chapters monitoring 1.4 and
/// high-availability 2). A value: time is an argument, and who serves it
/// decides when a blocked query is answered. The conformance tests compare it
/// with the real agent.
namespace cts::consul_model {

using index = std::uint64_t;
using text_map = std::map<std::string, std::string>;

/// The node of the agent that is there from the beginning.
constexpr auto first_node = "model";

struct node {
  std::string address{};
  text_map meta{};
  text_map tagged_addresses{};
  /// Its agent runs and reaches the servers: it makes its checks.
  bool is_up = true;
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
  /// What the agent connects to; empty if it makes no TCP check.
  std::string tcp{};
  /// Between two connections, from `since` on.
  duration interval{0};
  time_point since{};
  bool operator==(const check&) const = default;
};

struct kv_entry {
  std::string value{};
  index create_index = 0;
  index modify_index = 0;
  std::uint64_t flags = 0;
  std::uint64_t lock_index = 0;
  /// Who holds the lock; empty if nobody does.
  std::string session{};
};

struct session {
  std::string name{};
  std::string node{};
  /// As it was asked for; empty if there is none.
  std::string ttl{};
  std::chrono::nanoseconds lock_delay{0};
  bool deletes = false;
  std::vector<std::string> node_checks{};
  std::vector<std::string> service_checks{};
  std::vector<std::string> other_checks{};
  index create_index = 0;
  /// Ends then unless it is renewed; `time_point::max()` without a TTL.
  time_point due = time_point::max();
  /// What it holds.
  std::set<std::string> keys{};
};

/// What a token may do, or what is left to an agent's clients.
struct rights {
  bool read_keys = true;
  bool write_keys = true;
  bool write_sessions = true;
  bool write_services = true;
  bool read_agent = true;
  bool operator==(const rights&) const = default;
};

/// What a node takes with it when its agent leaves, and brings back.
struct departed_node {
  node self{};
  std::map<place, service> services{};
  std::map<place, check> checks{};
};

struct state {
  std::string datacenter = "dc1";
  bool has_leader = true;
  /// The lowest TTL of a session.
  std::chrono::nanoseconds session_ttl_min = std::chrono::seconds{10};
  /// By secret. Empty: no ACLs. Else a request without a token may do nothing.
  std::map<std::string, rights> tokens{};
  /// Of the newest change of anything.
  index newest = 1;
  std::map<std::string, node> nodes{{first_node, {.address = "127.0.0.1"}}};
  std::map<place, service> services{};
  std::map<place, check> checks{{{first_node, "serfHealth"},
                                 {.name = "Serf Health Status",
                                  .status = "passing",
                                  .output = "Agent alive and reachable"}}};
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
  /// When deleted keys were deleted; a deleted tree leaves its prefix.
  std::map<std::string, index> kv_tombstones{};
  /// What `?stale` reads see, if servers lag behind.
  std::optional<std::map<std::string, kv_entry>> stale_kv{};
  std::map<std::string, session> sessions{};
  index sessions_index = 1;
  std::uint64_t sessions_made = 0;
  /// Until when nobody may take a key.
  std::map<std::string, time_point> lock_delays{};
  /// Node and address of what refuses connections, as TCP checks name it.
  std::set<place> closed_listeners{};
  /// When which TCP check is made next, if that can change anything.
  std::map<place, time_point> ticks{};
  std::map<std::string, departed_node> departed{};
};

/// A request as the agent understands it: nothing is encoded.
struct request {
  std::string method = "GET";
  std::string path{};
  std::multimap<std::string, std::string> query{};
  std::string body{};
  /// The agent that was asked.
  std::string node = first_node;
  /// `X-Consul-Token`.
  std::string token{};
  /// What is left of the token's rights.
  rights left{};
};

struct reply {
  int status = 200;
  /// 0: the answer has none.
  index newest = 0;
  std::string body{};
};

/// Reads the URL of a request; the authority is ignored.
request parse(std::string_view method, std::string_view url, std::string body);

/// The value of a parameter; empty if there is none.
std::string value_of(const request& x, const std::string& name);

/// What the token of `x` may do. Nothing if it is unknown.
std::optional<rights> rights_of(const state& s, const request& x);

/// Whether only a leader can answer.
bool needs_leader(const request& x);

/// What the agent answers at once. Changes the state if the method is not GET.
reply serve(state& s, const request& x, time_point now);

/// The index that `x` waits past, if it is a blocking query.
std::optional<index> blocked_past(const request& x);

/// Whether `x` is not even looked at: malformed, unknown token, no leader.
bool is_refused(const state& s, const request& x);

/// The index that the answer to `x` would have now, without the answer.
/// Nothing if `x`, which is not refused, is not answered with 200 or 404.
std::optional<index> index_of(const state& s, const request& x);

/// The newest change that can concern the answer to `x`.
index table_index(const state& s, const request& x);

/// How long `x` may be held back: 5 min unless it says so, at most 10 min.
std::chrono::milliseconds wait_of(const request& x);

/// All indexes start over with data unchanged, as if an older snapshot had
/// been restored.
void reset_indexes(state& s);

/// When time alone changes something next; `time_point::max()` for never.
time_point next_due(const state& s);

/// Ends the sessions whose time is over and makes the checks that are due.
void elapse(state& s, time_point now);

} // namespace cts::consul_model
