#pragma once

#include "actors/contract.hpp"
#include "drivers/terraform/command.hpp"
#include "drivers/terraform/version.hpp"

#include <cstdint>
#include <optional>
#include <string>

/// What Terraform printed, and what it means. Source: spec chapter
/// terraform-driver, 2.2, 2.8, 2.11, 7.2.
namespace cts::terraform {

/// The version in the output of `version -json`, or of `version` of old
/// programs. Fails with `malformed`.
result<version> parse_version_output(const std::string& output);

/// Terraform's judgement of a root module.
struct validation {
  bool valid = false;
  /// Errors and warnings, as operators know them from the reference; empty if
  /// there are none.
  std::string text{};
};

/// Absent if `output` is not the JSON of `validate`.
std::optional<validation> parse_validation(const std::string& output,
                                           const std::string& task);

/// Why a command failed, in one text.
std::string cause_of(const process_finished& end, const version& x);

/// What a failure is a matter of; decides what is tried next.
enum class failure : std::uint8_t {
  /// Somebody else holds the state lock.
  lock,
  /// The directory must be initialised first.
  init_needed,
  /// The state cannot be read or written.
  backend,
  /// The same input will fail again.
  config,
  /// We stopped it.
  interrupted,
  /// Anything else: a provider, a resource.
  provider,
};

/// The name in logs.
const char* to_string(failure x);

failure classify(const process_finished& end);

/// Init found that the selected workspace has no state (2.7 step 2).
bool misses_workspace(const process_finished& end);

/// `workspace new` found what it was to create.
bool has_workspace_already(const process_finished& end);

/// A module by absolute path refers to its sibling (4.1).
bool escapes_package(const process_finished& end);

/// The end of what a plan has printed, `size_max` bytes at most, from the
/// beginning of a line.
std::string plan_text(std::string output, std::size_t size_max);

/// Resources of an apply that succeeded.
struct apply_summary {
  std::uint64_t added = 0;
  std::uint64_t changed = 0;
  std::uint64_t destroyed = 0;
  bool operator==(const apply_summary&) const = default;
};

/// From the line `Apply complete! Resources: ...`.
std::optional<apply_summary> parse_apply_summary(const std::string& output);

} // namespace cts::terraform
