#include "core/event_store.hpp"

#include <algorithm>

namespace cts {

namespace {

// Cuts between characters: a byte that continues one is never the first to go.
void cut(std::string& text) {
  if (text.size() <= event_store::error_bytes_max)
    return;
  auto keep = event_store::error_bytes_max;
  while (keep > 0 && (static_cast<unsigned char>(text[keep]) & 0xC0U) == 0x80U)
    --keep;
  auto removed = text.size() - keep;
  text.resize(keep);
  text += "... [truncated " + std::to_string(removed) + " bytes]";
}

} // namespace

const char* to_string(task_status status) {
  switch (status) {
    case task_status::unknown: return "unknown";
    case task_status::successful: return "successful";
    case task_status::errored: return "errored";
    case task_status::critical: return "critical";
  }
  return "unknown";
}

task_status status_of(const task_events& events) {
  if (events.empty())
    return task_status::unknown;
  if (events.front().success)
    return task_status::successful;
  auto failures = std::count_if(events.begin(), events.end(),
                                [](const auto& x) { return !x.success; });
  return failures > 1 ? task_status::critical : task_status::errored;
}

void event_store::add(task_event event) {
  if (event.error)
    cut(*event.error);
  auto& events = events_[event.task];
  events.push_front(std::move(event));
  if (events.size() > events_max)
    events.pop_back();
}

void event_store::drop(const task_name& task) {
  events_.erase(task);
}

} // namespace cts
