#pragma once

#include "core/consul/kv.hpp"
#include "core/ha/layout.hpp"
#include "core/ha/records.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// What the keys of one generation hold, taken together: read from a list of
/// entries, chunks joined, damaged records set apart. Source: spec chapter
/// high-availability, 3.1 and 3.4.
namespace cts::ha {

/// A record above this many bytes lies in pieces, each at most that large.
inline constexpr std::size_t piece_bytes_max = 256 * 1024;
/// Larger records are refused.
inline constexpr std::size_t record_bytes_max = 2 * 1024 * 1024;

/// Where a record lies.
struct record_slot {
  /// Of its key; 0: there is none.
  std::uint64_t index = 0;
  /// Of its pieces, relative to the generation; empty: it lies in the key.
  std::string directory{};
  bool operator==(const record_slot&) const = default;
};

/// All that is stored of a task.
struct stored_task {
  record_slot task_at{};
  record_slot events_at{};
  task_record record{};
  events_record events{};
  /// Why the record of the task cannot be used.
  std::string problem{};
  bool operator==(const stored_task&) const = default;
};

/// By name; events without a task have no index in `task_at`.
using stored_tasks = std::map<task_name, stored_task>;

/// A record that cannot be read. Its key is left alone until it is written.
struct damaged_record {
  std::string key{};
  std::string reason{};
  bool operator==(const damaged_record&) const = default;
};

struct generation_contents {
  stored_tasks tasks{};
  std::vector<damaged_record> damaged{};
  /// Keys of the generation that name nothing known.
  std::vector<std::string> strange{};
};

/// What was read before, and what from: a record whose text is the same need
/// not be read again.
struct known_contents {
  const consul::kv_entries* entries = nullptr;
  const stored_tasks* tasks = nullptr;
};

/// What `entries` say about a generation; others are ignored. `known` is null,
/// or what an earlier call for the same generation made of its entries.
generation_contents read_generation(const layout& keys, std::uint64_t number,
                                    const consul::kv_entries& entries,
                                    const known_contents& known = {});

/// The tasks that exist, in their order; those with a problem come last.
std::vector<const stored_task*> in_order(const stored_tasks& from);

/// A record cut into pieces, with what its key gets.
struct chunked_text {
  chunked_record pointer{};
  std::vector<std::string> pieces{};
};

/// `text` is not empty.
chunked_text cut(place kind, std::string_view task, std::string_view text);

/// The key of a piece; numbers count from 0 and are written with 4 digits.
std::string piece_key(const layout& keys, std::uint64_t generation,
                      const std::string& directory, std::size_t number);

} // namespace cts::ha
