#include "actors/contract.hpp"

namespace cts {

const char* to_string(task_phase phase) {
  switch (phase) {
    case task_phase::creating: return "creating";
    case task_phase::idle: return "idle";
    case task_phase::queued: return "queued";
    case task_phase::running: return "running";
    case task_phase::disabled: return "disabled";
    case task_phase::failed: return "failed";
  }
  return "unknown";
}

const char* to_string(run_mode mode) {
  constexpr const char* names[] = {"daemon", "once", "inspect"};
  return names[static_cast<std::size_t>(mode)];
}

} // namespace cts
