#pragma once

#include "actors/consul_client.hpp"
#include "actors/contract.hpp"
#include "runtime/command_line.hpp"
#include "runtime/http_options.hpp"

#include <boost/system/result.hpp>

#include <memory>
#include <string>

namespace cts {

/// What the instance is started with.
struct prepared_start {
  std::shared_ptr<const config::settings> settings{};
  run_mode mode = run_mode::daemon;
  bool reset_storage = false;
  std::string process_directory{};
  consul_client_options consul{};
  http_options http{};
};

/// Reads and checks the configuration and sets up logging. All problems have
/// been reported when it fails; the error is the exit code.
boost::system::result<prepared_start, int>
prepare_start(const start_command& order);

} // namespace cts
