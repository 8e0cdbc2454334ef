#pragma once

#include "core/error.hpp"
#include "core/types.hpp"

#include <cstdint>
#include <string>

namespace cts::terraform {

/// What tells two versions of a Terraform state apart.
struct state_header {
  std::string lineage{};
  std::uint64_t serial = 0;
  /// The JSON array without white space; empty if there are none.
  std::string resources{};
  bool operator==(const state_header&) const = default;
};

/// Reads a state; an empty `text` is one without resources. Fails with
/// `malformed`; the error does not quote `text`, which may hold passwords.
result<state_header> parse_state_header(const std::string& text);

/// What to do with a state that Terraform could not save.
enum class errored_state : std::uint8_t {
  /// It continues the stored one.
  push,
  /// It is the stored one: we were interrupted after the push.
  archive,
};

/// Compares `errored` with `stored`, the output of `state pull`. Fails with the
/// end of a sentence about `errored` if the operator must decide.
result<errored_state> judge_errored_state(const std::string& errored,
                                          const std::string& stored);

/// Name that `errored.tfstate` gets when it was stored at `now`.
std::string archive_name(wall_time now);

} // namespace cts::terraform
