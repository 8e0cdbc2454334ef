#pragma once

#include "core/types.hpp"

#include <cstdint>
#include <string>

namespace cts::terraform {

/// What tells two versions of a Terraform state apart.
struct state_header {
  std::string lineage{};
  std::uint64_t serial = 0;
  bool has_resources = false;
  bool operator==(const state_header&) const = default;
};

/// Reads a state; what is none counts as one without resources.
state_header parse_state_header(const std::string& text);

/// Whether `errored`, which Terraform could not save, continues `stored`.
bool continues(const state_header& errored, const state_header& stored);

/// Name that `errored.tfstate` gets when it was stored at `now`.
std::string archive_name(wall_time now);

} // namespace cts::terraform
