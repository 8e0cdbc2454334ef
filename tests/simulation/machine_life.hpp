#pragma once

#include "tests/simulation/machine.hpp"

namespace cts::simulation {

/// Where an instance believes to be.
constexpr auto process_directory = "/srv";
constexpr auto api_port = 8558;

struct machine::life {
  island* where = nullptr;
  /// The nonce of the process.
  std::string boot{};
  /// Stopped by a signal; waiting for a processor.
  bool is_stopped = false;
  bool is_starved = false;
  /// Nothing it asks for is carried out any more.
  bool is_over = false;
  bool is_listening = false;
  outside_ptr world{};
  std::shared_ptr<guard_link> guard{};
  http_service http{};
  process_service processes{};
  witness_actor witness{};
  peer_service peers{};
  files_actor files{};
  http_server_actor port{};
  exit_listener_actor exit{};
  api_client client{};
  controller_actor controller{};
  api_actor api{};
  std::shared_ptr<const config::settings> settings{};
};

} // namespace cts::simulation
