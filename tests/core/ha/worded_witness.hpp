#pragma once

#include "core/ha/witness.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace cts::ha::witness {

inline constexpr auto t0 = boot_time{std::chrono::hours{1}};

using words = std::vector<std::string>;

inline std::string milliseconds_after(boot_time x) {
  using std::chrono::duration_cast;
  auto left = duration_cast<std::chrono::milliseconds>(x - t0);
  return std::to_string(left.count());
}

inline std::string word(const send& x) {
  return "send " + x.name + " " + x.request.path;
}
inline std::string word(const stop_processes& x) {
  return "stop " + milliseconds_after(x.kill_at);
}
inline std::string word(const report_death& x) {
  return "dead " + std::to_string(x.processes);
}
inline std::string word(const report_stall& x) {
  return "stall " + milliseconds_after(t0 + x.silent);
}
inline std::string word(const report_unsent& x) {
  return "unsent " + x.name;
}
inline std::string word(const leave&) {
  return "leave";
}

/// A witness that keeps what it wants done, as words, and its alarm.
class guard {
public:
  template <class Event>
  words on(const Event& event, boot_time now) {
    auto out = words{};
    feed(state_, event, now, [&](const auto& x) { perform(x, out); });
    return out;
  }

  /// The alarm goes off when it is due.
  words wake() { return on(timer_elapsed{}, *alarm_); }

  /// In milliseconds; empty: none.
  std::string alarm() const {
    return alarm_ ? milliseconds_after(*alarm_) : "";
  }
  const witness::state& state() const { return state_; }

private:
  template <class Effect>
  void perform(const Effect& x, words& out) {
    out.push_back(word(x));
  }
  void perform(const arm_timer& x, words&) { alarm_ = x.due; }
  void perform(const disarm_timer&, words&) { alarm_.reset(); }

  witness::state state_;
  std::optional<boot_time> alarm_;
};

inline bequeathed release(const std::string& path = "/r") {
  return {{.name = "release",
           .purpose = purpose::release,
           .request = {.method = "PUT", .path = path}}};
}

} // namespace cts::ha::witness
