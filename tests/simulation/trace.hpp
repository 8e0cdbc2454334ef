#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <string>

namespace cts::simulation {

using std::chrono::nanoseconds;

/// What happened, for people: the last lines, or all of them. Switched off it
/// costs a comparison a line.
class trace {
public:
  /// 0: write nothing down.
  explicit trace(std::size_t lines_max) : lines_max_(lines_max) {}

  bool is_on() const { return lines_max_ > 0; }

  /// `text` is asked for only if the trace is on.
  template <class Text>
  void add(nanoseconds at, const Text& text) {
    if (is_on())
      write(at, text());
  }

  /// One line an event, each with the time in seconds.
  std::string text() const;

private:
  void write(nanoseconds at, const std::string& text);

  std::size_t lines_max_;
  std::deque<std::string> lines_{};
};

} // namespace cts::simulation
