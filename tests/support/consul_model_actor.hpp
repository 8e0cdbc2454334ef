#pragma once

#include "actors/contract.hpp"
#include "tests/support/consul_model.hpp"

#include <caf/local_actor.hpp>

#include <functional>

/// How to simulate with it. One actor is the servers and the agent of the node
/// `model`; `make_consul_agent` adds further agents, each an http_actor for one
/// instance. All time is that of the actor system.
///
///   auto servers = make_consul_model(self.ptr(), {}, observer);
///   auto agent = make_consul_agent(self.ptr(), servers, {.node = "n1"});
///   // Give `agent` to the instance's Consul client, then hurt it:
///   tell(servers, set_agent_fault{agent_fault::killed, "n1"});
///   tell(servers, set_listener{"n1", "127.0.0.1:8558", false});
///   tell(servers, elect_leader{.outage = 3s});
///   tell(servers, lose_answers{.node = "n1", .matching = "PUT /v1/txn"});
///
/// The observer sees each change at once, with the whole state: invariants go
/// there. A killed agent comes back by `agent_fault::none`.
namespace cts {

/// What is wrong with a modelled agent.
enum class agent_fault : std::uint8_t {
  none,
  /// Killed: polls end without an answer, connections are refused. When it
  /// comes back, the checks of its services are critical.
  killed,
  /// Ended by a signal: polls end with the old index, connections are refused;
  /// an added agent takes its node out of the catalog.
  stopped,
  /// Paused: takes requests and answers none, polls included.
  hanging,
  /// A client agent whose servers died: 500 at once.
  failing,
  /// No leader: 500 after 7 s.
  leaderless,
  /// Its host is cut from the servers: 500 for what needs them, silence for
  /// polls; what its services tell it reaches the servers later.
  cut,
  /// Requests arrive and are carried out, answers are lost.
  mute,
  /// 429 for everything.
  throttled,
  /// Cut off from what is written: polls hear of nothing, reads see all.
  blind,
  /// Says that ACLs hide something.
  filtering,
};

/// A test sets what is wrong from now on. An agent that is killed, hanging or
/// cut becomes critical in `agent_options::lost_after`.
struct set_agent_fault {
  agent_fault fault = agent_fault::none;
  std::string node = consul_model::first_node;
};

/// A test takes rights from the clients of an agent, or gives them back.
struct set_agent_rights {
  std::string node = consul_model::first_node;
  consul_model::rights rights{};
};

/// A test makes an address accept or refuse connections. All accept until told
/// otherwise; TCP checks notice at their next tick.
struct set_listener {
  std::string node = consul_model::first_node;
  /// As the check names it, `address:port`.
  std::string address{};
  bool is_open = false;
};

/// The next `count` requests to an agent whose method and target contain
/// `matching` get no answer.
struct lose_answers {
  std::string node = consul_model::first_node;
  std::string matching{};
  std::uint64_t count = 1;
  /// They are carried out all the same.
  bool is_applied = true;
  /// The connection ends at once instead of at the asker's deadline.
  bool is_abrupt = false;
};

/// The servers lose their leader and find another after `outage`; then all TTLs
/// start over. Polls end with 500.
struct elect_leader {
  milliseconds outage{0};
  /// Meanwhile requests wait for the new leader, at most 7 s, instead of being
  /// answered 500 at once.
  bool holds_requests = false;
};

/// The polls that an agent has open get no answer for `span`, whatever happens.
/// An empty node means all agents.
struct hang_polls {
  std::string node{};
  milliseconds span{};
};

/// From now on, or no longer, `?stale` reads see nothing newer than now.
struct lag_stale_reads {
  bool is_lagging = true;
};

/// A test restores an older snapshot: indexes start over.
struct reset_agent_indexes {};

struct get_requests_seen {};

/// What was asked so far: method and target of each.
struct requests_seen {
  std::vector<std::string> lines{};
  /// Requests without an answer yet.
  std::uint64_t open = 0;
};

/// An agent passes on what its client asks.
struct agent_request {
  std::string node{};
  http_request request{};
};

struct agent_cancel {
  std::string node{};
  std::uint64_t id = 0;
};

/// A node and its agent.
struct agent_options {
  std::string node{};
  std::string address = "127.0.0.1";
  /// How long the others need to notice that it is gone: 5 to 6.6 s.
  milliseconds lost_after{5'500};
  /// How long it needs to leave.
  milliseconds leave_after{300};
};

/// The modelled agent's timers.
struct agent_timer {
  std::uint64_t ticket = 0;
};
struct world_timer {};

/// Modelled servers and an agent: speak HTTP like the real ones, in the time of
/// their actor system, and do what a test says besides.
using consul_model_actor = cafx::extended<
  http_actor, caf::result<void>(set_agent_fault),
  caf::result<void>(set_agent_rights), caf::result<void>(set_listener),
  caf::result<void>(lose_answers), caf::result<void>(elect_leader),
  caf::result<void>(hang_polls), caf::result<void>(lag_stale_reads),
  caf::result<void>(reset_agent_indexes),
  caf::result<requests_seen>(get_requests_seen),
  // Private.
  caf::result<http_reply>(agent_request), caf::result<void>(agent_cancel),
  caf::result<void>(agent_options), caf::result<void>(agent_timer),
  caf::result<void>(world_timer)>;

/// Sees a request that can change something, what it was answered, and the
/// state after it. What time changes has an empty request.
using consul_observer
  = std::function<void(const consul_model::request&, const consul_model::reply&,
                       const consul_model::state&)>;

consul_model_actor make_consul_model(caf::local_actor* parent,
                                     consul_model::state state = {},
                                     consul_observer observer = {});

/// Another agent of the same servers.
http_actor make_consul_agent(caf::local_actor* parent,
                             consul_model_actor servers, agent_options x);

CAFX_FIELDS(set_agent_fault, fault, node)
CAFX_FIELDS(set_agent_rights, node)
CAFX_FIELDS(set_listener, node, address, is_open)
CAFX_FIELDS(lose_answers, node, matching, count, is_applied, is_abrupt)
CAFX_FIELDS(elect_leader, outage, holds_requests)
CAFX_FIELDS(hang_polls, node, span)
CAFX_FIELDS(lag_stale_reads, is_lagging)
CAFX_FIELDS(reset_agent_indexes)
CAFX_FIELDS(get_requests_seen)
CAFX_FIELDS(requests_seen, lines, open)
CAFX_FIELDS(agent_request, node, request)
CAFX_FIELDS(agent_cancel, node, id)
CAFX_FIELDS(agent_options, node, address, lost_after, leave_after)
CAFX_FIELDS(agent_timer, ticket)
CAFX_FIELDS(world_timer)

} // namespace cts

CAF_BEGIN_TYPE_ID_BLOCK(cts_model, caf::first_custom_type_id + 500)

CAF_ADD_TYPE_ID(cts_model, (cts::set_agent_fault))
CAF_ADD_TYPE_ID(cts_model, (cts::reset_agent_indexes))
CAF_ADD_TYPE_ID(cts_model, (cts::get_requests_seen))
CAF_ADD_TYPE_ID(cts_model, (cts::requests_seen))
CAF_ADD_TYPE_ID(cts_model, (cts::agent_timer))
CAF_ADD_TYPE_ID(cts_model, (cts::set_agent_rights))
CAF_ADD_TYPE_ID(cts_model, (cts::set_listener))
CAF_ADD_TYPE_ID(cts_model, (cts::lose_answers))
CAF_ADD_TYPE_ID(cts_model, (cts::elect_leader))
CAF_ADD_TYPE_ID(cts_model, (cts::hang_polls))
CAF_ADD_TYPE_ID(cts_model, (cts::lag_stale_reads))
CAF_ADD_TYPE_ID(cts_model, (cts::agent_request))
CAF_ADD_TYPE_ID(cts_model, (cts::agent_cancel))
CAF_ADD_TYPE_ID(cts_model, (cts::agent_options))
CAF_ADD_TYPE_ID(cts_model, (cts::world_timer))

CAF_END_TYPE_ID_BLOCK(cts_model)
