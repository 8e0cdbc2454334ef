#pragma once

#include "core/error.hpp"
#include "runtime/fork_child.hpp"

#include <sys/types.h>

#include <string>

namespace cts {

/// A witness that was started and not yet spoken to.
struct guard_start {
  pid_t process = -1;
  descriptor socket{};
};

/// This program, even if its file was replaced meanwhile.
inline constexpr const char* own_program = "/proc/self/exe";

/// Starts `program` as a witness of this process. Fails with `system`.
result<guard_start> start_guard(const std::string& program = own_program);

} // namespace cts
