#pragma once

#include <sys/types.h>

#include <vector>

/// Processes below this one, for a process that adopts orphans
/// (PR_SET_CHILD_SUBREAPER).
namespace cts {

/// The children of this process, adopted ones and dead ones included.
/// Source: proc(5), /proc/<pid>/task/<tid>/children.
std::vector<pid_t> children_of_this_process();

/// Kills and reaps all children of this process, and what they leave behind,
/// except those in `spared`. Returns when none is left.
void end_children(const std::vector<pid_t>& spared = {});

/// Kills what is left of the group that the child `leader` leads and reaps the
/// child. Does nothing if it is not ours (any more).
void end_group(pid_t leader);

} // namespace cts
