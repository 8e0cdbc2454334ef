#include "actors/task_log.hpp"

#include "actors/log.hpp"
#include "core/go_duration.hpp"

namespace cts::task_log {

void moved(const task_name& task, const std::string& from,
           const std::string& to) {
  if (from != to)
    log::debug("tasksmanager", "task changed state",
               {{"task_name", task}, {"from", from}, {"to", to}});
}

void tried(const task_name& task, unsigned attempt) {
  if (attempt == 1)
    log::info("tasksmanager", "executing task", {{"task_name", task}});
  else if (attempt > 2)
    log::warn("retry", "retrying",
              {{"attempt_number", std::to_string(attempt - 1)},
               {"description", "ApplyTask " + task}});
}

void ended(const task_name& task, const std::optional<std::string>& error,
           bool once) {
  if (!error)
    log::info("tasksmanager", "task completed", {{"task_name", task}});
  else if (once)
    log::error("tasksmanager", "error applying task",
               {{"task_name", task}, {"error", *error}});
  else
    log::error(
      "tasksmanager", "error running task",
      {{"task_name", task},
       {"error", "could not apply changes for task " + task + ": " + *error}});
}

void skipped(const task_name& task) {
  log::debug("tasksmanager", "task triggered but had no changes",
             {{"task_name", task}});
}

void skipped_at_tick(const task_name& task) {
  log::info("tasksmanager", "scheduled task triggered but had no changes",
            {{"task_name", task}});
}

// To lose everything at once is more likely than that there is nothing left.
void held(const task_name& task) {
  log::warn("tasksmanager",
            "run held back: no input of the task has any data (hold_empty)",
            {{"task_name", task}});
}

void not_fresh(const task_name& task, std::chrono::milliseconds again_in) {
  log::info(
    "tasksmanager",
    "inputs could not be read anew after the promotion, the task runs "
    "with the last known ones and again later",
    {{"task_name", task}, {"again_in", go_duration::to_string(again_in)}});
}

void not_created(const task_name& task, const std::string& error) {
  log::error("ctrl", "error initializing task",
             {{"task_name", task}, {"error", error}});
}

} // namespace cts::task_log
