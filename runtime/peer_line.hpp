#pragma once

#include "actors/peer_link.hpp"
#include "runtime/http_options.hpp"

#include <caf/local_actor.hpp>

namespace cts {

/// How the instances of a cluster reach each other's API: without a proxy, and
/// with what the API's own TLS is made of, since all of them are configured
/// alike. Without `tls.ca_cert` and `tls.ca_path` the system's authorities
/// count. Fails with `configuration`.
result<http_options> peer_http_options(const config::settings& x);

/// Carries the greetings of the peer link, on one thread that lives as long as
/// the actor.
peer_line_actor make_peer_line(caf::local_actor* parent, http_options options);

} // namespace cts
