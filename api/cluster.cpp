#include "api/cluster.hpp"

#include "api/error_reply.hpp"
#include "api/json_text.hpp"

#include <boost/json.hpp>

namespace cts::api {

namespace {

namespace json = boost::json;

/// The address as it was advertised, with the API's port unless it has one.
std::string place_of(const ha::leader_identity& leader) {
  const auto& address = leader.address;
  const auto last = address.rfind(':');
  const auto numeric_v6 = address.find(':') != last;
  const auto bracketed = address.starts_with('[');
  const auto has_port = last != std::string::npos
                        && (bracketed ? !address.ends_with(']') : !numeric_v6);
  if (has_port)
    return address;
  const auto host = numeric_v6 && !bracketed ? "[" + address + "]" : address;
  return host + ":" + std::to_string(leader.port);
}

api_reply redirect(const leadership_view& leadership,
                   const std::string& request_id) {
  auto text = std::string{"redirect requests to leader"};
  const auto& leader = leadership.leader;
  if (leader)
    text += " '" + leader->id + "'";
  if (leader && !leader->address.empty())
    text += " at " + place_of(*leader);
  auto reply = error_reply(400, text, request_id);
  if (leader)
    reply.fields.emplace_back("X-CTS-Leader", leader->id);
  return reply;
}

api_reply not_now(const char* why, const std::string& request_id) {
  return error_reply(503, why, request_id);
}

constexpr auto loading_text = "this instance has just become the leader and "
                              "loads the tasks; try again in a moment";
constexpr auto suspended_text
  = "this instance cannot reach Consul and does not know whether it still is "
    "the leader; nothing was changed, try again later";
constexpr auto draining_text
  = "this instance hands leadership over; try again in a moment";
constexpr auto stopped_text = "this instance is stopping";

/// Whether a follower is ready for what is asked of a follower.
std::optional<api_reply> readiness(const leadership_view& leadership,
                                   const std::string& request_id) {
  using enum ha::role;
  if (leadership.role == leader || leadership.role == suspended)
    return std::nullopt;
  if (leadership.role == follower || leadership.role == candidate)
    return json_reply(200, "{}\n");
  return not_now("this instance has no part in the cluster yet, or any more",
                 request_id);
}

json::object member_json(const cluster_member& member, bool verbose) {
  auto made = json::object{};
  if (member.leader && !member.address.empty())
    made["address"] = member.address;
  made["healthy"] = member.healthy;
  made["id"] = member.id;
  made["leader"] = member.leader;
  made["service_name"] = member.service_name;
  if (verbose)
    made["version"] = member.version;
  return made;
}

} // namespace

// Probes concern the instance itself, and only what is below `/v1` is logged.
bool depends_on_leader(const route& asked, bool logged) {
  return std::holds_alternative<read_ready>(asked)
         || (logged && !std::holds_alternative<read_cluster>(asked));
}

std::optional<api_reply> withheld(const route& asked,
                                  const leadership_view& leadership,
                                  const std::string& request_id) {
  using enum ha::role;
  if (std::holds_alternative<read_ready>(asked))
    return readiness(leadership, request_id);
  switch (leadership.role) {
    case leader: return std::nullopt;
    case loading:
      if (std::holds_alternative<step_down>(asked))
        return std::nullopt;
      return not_now(loading_text, request_id);
    case suspended:
      if (!is_mutation(asked))
        return std::nullopt;
      return not_now(suspended_text, request_id);
    case draining: return not_now(draining_text, request_id);
    case stopped: return not_now(stopped_text, request_id);
    case joining:
    case follower:
    case candidate:
    case lost: break;
  }
  return redirect(leadership, request_id);
}

api_reply no_cluster(const std::string& request_id) {
  return error_reply(405,
                     "this endpoint is only available with high availability "
                     "configured",
                     request_id);
}

std::string greeting_body(const std::string& id, const std::string& boot) {
  auto made = json::object{};
  made["boot"] = boot;
  made["id"] = id;
  return go_json_text(json::serialize(made)) + "\n";
}

std::string cluster_body(const cluster_view& cluster, bool verbose,
                         const std::string& request_id) {
  auto made = json::object{};
  made["cluster_name"] = cluster.cluster_name;
  const auto& leadership = cluster.leadership;
  if (verbose)
    made["epoch"]
      = leadership.leader ? leadership.leader->epoch : leadership.epoch;
  auto& members = made["members"].emplace_array();
  for (const auto& member : cluster.members)
    members.push_back(member_json(member, verbose));
  made["request_id"] = request_id;
  if (verbose)
    made["state"] = ha::to_string(cluster.leadership.role);
  return go_json_text(json::serialize(made)) + "\n";
}

} // namespace cts::api
