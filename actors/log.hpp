#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The log front end: who says what about which values. Where lines go, and in
/// what format, is decided by whoever sets the sink.
namespace cts::log {

enum class level : std::uint8_t { trace, debug, info, warn, error };

/// One `key=value` of a line. Values that may be secret never get here.
struct field {
  std::string_view key;
  std::string value;
};

/// What a sink receives. `component` is the logger's dotted name, for example
/// `ctrl` or `driver.terraform` (chapter cli 15.3).
struct line {
  log::level level;
  std::string_view component;
  std::string_view sentence;
  std::span<const field> fields;
};

/// Called from any thread, several at a time.
using sink = std::function<void(const line&)>;

/// Replaces the sink. Call while no other thread logs: at start, and in tests.
/// An empty sink discards everything, which is also the initial state.
void set_sink(sink target);

using fields = std::vector<field>;

void write(level at, std::string_view component, std::string_view sentence,
           const fields& values = {});

inline void trace(std::string_view component, std::string_view sentence,
                  const fields& values = {}) {
  write(level::trace, component, sentence, values);
}

inline void debug(std::string_view component, std::string_view sentence,
                  const fields& values = {}) {
  write(level::debug, component, sentence, values);
}

inline void info(std::string_view component, std::string_view sentence,
                 const fields& values = {}) {
  write(level::info, component, sentence, values);
}

inline void warn(std::string_view component, std::string_view sentence,
                 const fields& values = {}) {
  write(level::warn, component, sentence, values);
}

inline void error(std::string_view component, std::string_view sentence,
                  const fields& values = {}) {
  write(level::error, component, sentence, values);
}

} // namespace cts::log
