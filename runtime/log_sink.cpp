#include "runtime/log_sink.hpp"

#include "runtime/log_format.hpp"
#include "runtime/wall_clock.hpp"

#include <unistd.h>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>

namespace cts {

std::optional<log::level> level_of(const std::string& setting) {
  auto upper = setting;
  std::ranges::transform(upper, upper.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  });
  if (upper == "TRACE")
    return log::level::trace;
  if (upper == "DEBUG")
    return log::level::debug;
  if (upper == "INFO")
    return log::level::info;
  if (upper == "WARN")
    return log::level::warn;
  if (upper == "ERR" || upper == "ERROR")
    return log::level::error;
  return std::nullopt;
}

namespace {

/// Changed while others log.
std::atomic<log::level>& threshold() {
  static auto level = std::atomic{log::level::info};
  return level;
}

} // namespace

void set_log_threshold(log::level x) {
  threshold().store(x);
}

void log_to_stderr(log::level least) {
  set_log_threshold(least);
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  auto logger = std::make_shared<spdlog::logger>("cts", sink);
  logger->set_pattern("%v"); // the line is complete
  logger->flush_on(spdlog::level::trace);
  log::set_sink([logger,
                 offset_of = local_zone_offset()](const log::line& line) {
    if (line.level < threshold().load())
      return;
    auto now = std::chrono::system_clock::now();
    logger->log(spdlog::level::info,
                spdlog::string_view_t{format_line(line, now, offset_of(now))});
  });
}

void write_line(const log::line& line) {
  auto now = std::chrono::system_clock::now();
  auto text = format_line(line, now, local_zone_offset()(now)) + '\n';
  [[maybe_unused]] auto n = ::write(STDERR_FILENO, text.data(), text.size());
}

} // namespace cts
