#pragma once

#include "actors/contract.hpp"
#include "core/config/config.hpp"
#include "drivers/terraform/program.hpp"

#include <string>
#include <variant>
#include <vector>

/// Which Terraform is used: the one in the configured folder, or else a
/// compatible one in PATH (deviation T6). A candidate is judged by what it says
/// of its version. Source: spec chapter terraform-driver, 2.1 and 2.2.
namespace cts::terraform::program_search {

struct candidate {
  std::string path{};
  /// In the configured folder: if it is there it is used, or refused.
  bool configured = false;
};

struct state {
  /// The rest, the current one first.
  std::vector<candidate> candidates{};
  /// Folder that was meant, for the error's text.
  std::string folder{};
  bool searches_path = false;
  std::string backend{};
  /// The current one is asked once more, without `-json`.
  bool plain = false;
};

/// What is searched, in order.
state begin(const config::terraform_driver& driver,
            const std::vector<std::string>& environment);

/// The candidate printed this.
struct answered {
  process_finished end{};
};
/// The candidate could not be started.
struct not_started {
  error reason{};
};

/// Run this program and report.
struct ask {
  std::string path{};
  std::vector<std::string> arguments{};
};
struct found {
  terraform::program program{};
};
/// The instance cannot work. `unsupported` is the version that was refused, if
/// that is why.
struct failed {
  error reason{};
  std::string path{};
  std::string unsupported{};
};

using decision = std::variant<ask, found, failed>;

struct transition {
  program_search::state state{};
  program_search::decision decision{};
};

/// The first decision.
transition step(state s);
transition step(state s, const answered& event);
transition step(state s, const not_started& event);

} // namespace cts::terraform::program_search
