#pragma once

#include "core/types.hpp"

#include <chrono>
#include <optional>
#include <string>

/// What the operator reads about the runs of a task. Source: spec chapter
/// monitoring, 4.4.
namespace cts::task_log {

/// The task is in another phase.
void moved(const task_name& task, const std::string& from,
           const std::string& to);

/// A try begins; `attempt` counts from 1.
void tried(const task_name& task, unsigned attempt);

/// A run ended; `once`: somebody asked for it and gets the error, too.
void ended(const task_name& task, const std::optional<std::string>& error,
           bool once);

/// A trigger brought nothing new.
void skipped(const task_name& task);

/// A tick of its schedule came, and nothing was new.
void skipped_at_tick(const task_name& task);

/// No input has any data, and the task is not to be run then.
void held(const task_name& task);

/// A new leader could not read all inputs anew; `again_in` is the pause before
/// the next try.
void not_fresh(const task_name& task, std::chrono::milliseconds again_in);

/// It could not be created and is tried again later.
void not_created(const task_name& task, const std::string& error);

} // namespace cts::task_log
