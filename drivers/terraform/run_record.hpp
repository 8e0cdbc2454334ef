#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cts::terraform {

/// One command as the directory of its task remembers it, so that a later
/// instance can tell whether it still runs and which lock it left behind.
/// Source: spec chapter terraform-driver, 8.1 item 10.
struct run_record {
  std::int64_t process_id = 0;
  /// Clock ticks after the machine's start.
  std::uint64_t process_start = 0;
  std::string boot_id{};
  std::string host{};
  std::string command{};
  /// The run of the in-flight record; empty without high availability.
  std::string job{};
  /// Seconds since 1970.
  std::int64_t started = 0;
  /// Absent as long as nobody has seen the end.
  std::optional<std::int64_t> ended{};
  /// It was killed by a signal.
  bool killed = false;

  bool operator==(const run_record&) const = default;
};

/// Oldest first.
using run_records = std::vector<run_record>;

constexpr auto run_records_max = std::size_t{8};

/// The content of `.cts/run.json`, the newest `run_records_max` runs.
std::string encode_run_records(const run_records& records);

/// The way back; what cannot be understood is empty.
run_records decode_run_records(const std::string& text);

} // namespace cts::terraform
