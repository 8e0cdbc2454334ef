#pragma once

#include "core/machine.hpp"

namespace cts {

/// Whether an agent can be reached, as far as all who ask it have seen. While
/// it cannot, one of them at a time finds out for the others, so that they
/// neither pile up on an agent that is coming back nor notice it late.
struct circuit {
  duration probe_interval = std::chrono::seconds{1};
  bool open = false;
  /// A probe is under way; only while `open`.
  bool probing = false;
  /// When the next probe may start; only while `open`.
  time_point probe_at{};
};

/// Somebody got an answer, whatever it said.
inline void note_answer(circuit& x) {
  x.open = x.probing = false;
}

/// Somebody could not reach the agent.
inline void note_unreachable(circuit& x, time_point now) {
  x.open = true;
  x.probing = false;
  x.probe_at = now + x.probe_interval;
}

/// Whether a read may start now, as a probe if the circuit is open.
inline bool may_read(const circuit& x, time_point now) {
  return !x.open || (!x.probing && now >= x.probe_at);
}

} // namespace cts
