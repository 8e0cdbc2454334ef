#include "actors/task_log.hpp"

#include "actors/log.hpp"

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

void not_created(const task_name& task, const std::string& error) {
  log::error("ctrl", "error initializing task",
             {{"task_name", task}, {"error", error}});
}

} // namespace cts::task_log
