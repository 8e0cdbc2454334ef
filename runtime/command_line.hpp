#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace cts {

/// `start`: run the daemon.
struct start_command {
  /// Files and folders, in the order given.
  std::vector<std::string> paths{};
  bool once = false;
  /// Only tell what would change; wins over `once`.
  bool inspect = false;
  /// The tasks to inspect, in the order given; empty: all.
  std::vector<std::string> inspect_tasks{};
  /// High availability only: replace the stored state at each election won.
  bool reset_storage = false;
  /// Given without `start`, which is deprecated.
  bool without_command = false;
};

/// `validate`: tell what is wrong with the configuration.
struct validate_command {
  std::vector<std::string> paths{};
  bool json = false;
  /// Whether warnings count as errors.
  bool strict = false;
};

/// `config show`: tell what the configuration is in effect.
struct show_command {
  std::vector<std::string> paths{};
  bool json = false;
};

/// Where a client command finds the API. Source: spec chapter cli, 9.1.
struct client_options {
  std::optional<std::string> http_addr{};
  /// Deprecated; empty: not given.
  std::string port{};
  std::string ca_cert{};
  std::string ca_path{};
  std::string client_cert{};
  std::string client_key{};
  std::optional<bool> ssl_verify{};
};

/// `cluster status` and `cluster step-down`.
struct cluster_command {
  enum class action : std::uint8_t { status, step_down };
  action what = action::status;
  client_options client{};
  bool json = false;
  /// Whether a follower's word that another instance leads is followed.
  bool follow_leader = true;
};

/// Say something and end.
struct spoken_command {
  /// For standard output and standard error, complete with line ends.
  std::string out{};
  std::string err{};
  int exit_code = 0;
};

using command = std::variant<start_command, validate_command, show_command,
                             cluster_command, spoken_command>;

/// What the words after the program's name ask for. Option syntax is Go's:
/// `-name`, `--name`, `-name=value`, `-name value`. Source: spec chapter cli,
/// 1 to 8.
command parse_command_line(const std::vector<std::string>& words);

/// The version as people see it, for example `v0.1.0`.
std::string human_version();

/// Seven lines for standard error: the deprecated form was used.
std::string deprecation_banner();

} // namespace cts
