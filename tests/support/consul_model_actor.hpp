#pragma once

#include "actors/contract.hpp"
#include "tests/support/consul_model.hpp"

#include <caf/local_actor.hpp>

namespace cts {

/// What is wrong with the modelled agent.
enum class agent_fault : std::uint8_t {
  none,
  /// Killed: polls end without an answer, connections are refused.
  killed,
  /// Ended by a signal: polls end with the old index, connections are refused.
  stopped,
  /// Takes requests and answers none, polls included.
  hanging,
  /// A client agent whose servers died: 500 at once.
  failing,
  /// No leader: 500 after 7 s.
  leaderless,
  /// Cut off from what is written: polls hear of nothing, reads see all.
  blind,
  /// Says that ACLs hide something.
  filtering,
};

/// A test sets what is wrong from now on.
struct set_agent_fault {
  agent_fault fault = agent_fault::none;
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

/// The modelled agent's timer.
struct agent_timer {
  std::uint64_t ticket = 0;
};

/// A modelled agent: speaks HTTP like the real one, in the time of its actor
/// system, and does what a test says besides.
using consul_model_actor
  = cafx::extended<http_actor, caf::result<void>(set_agent_fault),
                   caf::result<void>(reset_agent_indexes),
                   caf::result<requests_seen>(get_requests_seen),
                   // Private.
                   caf::result<void>(agent_timer)>;

consul_model_actor make_consul_model(caf::local_actor* parent,
                                     consul_model::state state = {});

CAFX_FIELDS(set_agent_fault, fault)
CAFX_FIELDS(reset_agent_indexes)
CAFX_FIELDS(get_requests_seen)
CAFX_FIELDS(requests_seen, lines, open)
CAFX_FIELDS(agent_timer, ticket)

} // namespace cts

CAF_BEGIN_TYPE_ID_BLOCK(cts_model, caf::first_custom_type_id + 500)

CAF_ADD_TYPE_ID(cts_model, (cts::set_agent_fault))
CAF_ADD_TYPE_ID(cts_model, (cts::reset_agent_indexes))
CAF_ADD_TYPE_ID(cts_model, (cts::get_requests_seen))
CAF_ADD_TYPE_ID(cts_model, (cts::requests_seen))
CAF_ADD_TYPE_ID(cts_model, (cts::agent_timer))

CAF_END_TYPE_ID_BLOCK(cts_model)
