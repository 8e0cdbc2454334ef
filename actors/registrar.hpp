#pragma once

#include "actors/contract.hpp"

namespace cts {

/// Id of the check that sees the process end (chapter high-availability, 3.1).
/// Empty if the instance has none: no high availability, not registered, or
/// switched off.
std::string process_check_of(const config::settings& settings);

struct registrar_options {
  std::shared_ptr<const config::settings> settings{};
  random_source random{};
};

/// Registers the instance as a service of its Consul agent. A restart forgets
/// that; the controller says it again only at the next start.
registrar_actor make_registrar(caf::local_actor* parent,
                               registrar_options options, consul_actor consul);

} // namespace cts
