#pragma once

#include "tests/support/consul_model.hpp"

#include <optional>
#include <string>

namespace cts::consul_model {

/// Answers the paths below `/v1/session/`. Nothing for other paths.
std::optional<reply> serve_session(state& s, const request& x, time_point now);

/// Ends a session and frees what it holds. Unknown ones are ignored.
void end_session(state& s, const std::string& id, time_point now);

/// Ends the sessions that a check keeps alive.
void end_sessions_of(state& s, const place& check, time_point now);

/// Ends the sessions that live on a node.
void end_sessions_on(state& s, const std::string& node, time_point now);

/// A new leader knows no renewal: every TTL starts over.
void restart_ttls(state& s, time_point now);

/// What Consul says about an id that is none; nothing if it is one.
std::optional<std::string> malformed_id(const std::string& id);

} // namespace cts::consul_model
