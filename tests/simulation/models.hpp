#pragma once

#include "actors/leadership.hpp"

#include <caf/local_actor.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

/// Models of the world that whole instances live in, in virtual time.
namespace cts::simulation {

/// The files of one machine. Shared by the test and the model.
using disk = std::map<std::string, std::string>;

/// Serves `files` from memory.
files_actor make_disk(caf::local_actor* parent, std::shared_ptr<disk> files);

/// What the modelled Terraform was told, and what it does.
struct terraform_log {
  /// `<key>: <words after the program>` of each process, in order.
  std::vector<std::string> commands{};
  /// How long an apply works.
  milliseconds apply_time{0};
  /// An apply in one of these directories fails.
  std::vector<std::string> broken{};
  /// Processes that run, and the most seen at once in one directory.
  std::map<std::string, int> open{};
  int open_max = 0;

  int applies(const std::string& directory) const;
};

/// Runs every process as if it were Terraform 1.11.4.
fenced_process_actor make_terraform(caf::local_actor* parent,
                                    std::shared_ptr<terraform_log> log);

/// An API port that is only a handle: the test asks the API actor itself.
struct open_port {
  api_actor api{};
  bool open = false;
};

http_server_actor make_port(caf::local_actor* parent,
                            std::shared_ptr<open_port> port);

} // namespace cts::simulation
