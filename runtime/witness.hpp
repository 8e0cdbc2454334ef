#pragma once

#include "actors/consul_client.hpp"
#include "actors/leadership.hpp"
#include "runtime/guard_client.hpp"

#include <caf/local_actor.hpp>

#include <memory>

namespace cts {

/// What a witness is told of how to reach Consul.
guard_wire::hello hello_of(const config::settings& settings,
                           const consul_client_options& consul,
                           const http_options& http);

/// Passes on what the elector tells its witness. `consul` completes requests
/// as the Consul client would.
witness_actor make_witness(caf::local_actor* parent,
                           const consul_client_options& consul,
                           std::shared_ptr<guard_client> guard);

} // namespace cts
