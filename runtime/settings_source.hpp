#pragma once

#include "actors/consul_client.hpp"
#include "actors/contract.hpp"
#include "runtime/command_line.hpp"
#include "runtime/http_options.hpp"

#include <boost/system/result.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace cts {

/// What the instance is started with.
struct prepared_start {
  std::shared_ptr<const config::settings> settings{};
  run_mode mode = run_mode::daemon;
  bool reset_storage = false;
  std::string process_directory{};
  std::map<std::string, std::string> environment{};
  consul_client_options consul{};
  http_options http{};
  /// If Vault is configured.
  std::optional<http_options> vault{};
};

/// The error is the exit code; all problems have been reported.
template <class T>
using reported = boost::system::result<T, int>;

/// Reads and checks the configuration and sets up logging. `consul` and `http`
/// are left empty if templates say how to reach Consul: they wait for
/// `connect`.
reported<prepared_start> prepare_start(const start_command& order);

/// Completes it with `settings` that say how to reach Consul.
reported<prepared_start>
connect(prepared_start x, std::shared_ptr<const config::settings> settings);

/// Reads and checks the files again, for an instance that runs. Null: they
/// cannot take the place of what is in effect, which has been reported.
std::shared_ptr<const config::settings> read_again(const start_command& order);

} // namespace cts
