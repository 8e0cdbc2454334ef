#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

/// The processes of this machine as the kernel shows them.
namespace cts::failover {

/// The children of `process`, their children and so on.
std::vector<pid_t> descendants(pid_t process);

/// The command's name, at most 15 characters; empty: there is no such process.
std::string name_of(pid_t process);

/// Living processes with `setting` ("NAME=value") in their environment.
std::vector<pid_t> processes_with(std::string_view setting);

/// Resident memory in KiB, and open descriptors; 0 without such a process.
long memory_kib(pid_t process);
int descriptors(pid_t process);

} // namespace cts::failover
