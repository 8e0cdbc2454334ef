#pragma once

#include "actors/contract.hpp"
#include "runtime/http_options.hpp"

#include <caf/local_actor.hpp>

namespace cts {

/// Performs HTTP exchanges through libcurl, on one thread that lives as long
/// as the actor. Its end answers what is under way with an error and closes
/// all connections.
http_actor make_http_transport(caf::local_actor* parent, http_options options);

} // namespace cts
