#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace cts {

/// Changes with each start of the machine.
std::string boot_id();

std::string host_name();

/// `user@host`, as Terraform names the holder of a state lock that a process of
/// ours takes.
std::string user_and_host();

/// When the process with this id started, in clock ticks after the machine's
/// start: with the id it names a process for ever. Absent if it is gone.
std::optional<std::uint64_t> process_start(std::int64_t id);

/// What the process calls itself; empty if it is gone.
std::string process_name(std::int64_t id);

/// Whether the process with this id belongs to another running instance of our
/// own program, directly or through its witness: then its owner looks after it.
bool is_owned_by_another_instance(std::int64_t id);

/// Whether the process with this id belongs to the witness of an instance that
/// is dead: it is being ended.
bool is_left_to_a_witness(std::int64_t id);

} // namespace cts
