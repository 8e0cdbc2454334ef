#pragma once

#include "drivers/terraform/run_record.hpp"

#include <optional>
#include <string>

namespace cts {

/// Keeps `run.json` in the folder of a task's run files: which processes were
/// started there and how they ended.
class run_journal {
public:
  /// Without a folder nothing is kept.
  explicit run_journal(std::string folder) : folder_(std::move(folder)) {}

  /// The process of an earlier instance that still runs, if there is one.
  std::optional<terraform::run_record> living() const;

  /// `job` names the run that the process belongs to; may be empty.
  void note_start(std::int64_t process_id, const std::string& command,
                  const std::string& job) const;
  void note_end(std::int64_t process_id, bool killed) const;

private:
  std::string path() const { return folder_ + "/run.json"; }
  terraform::run_records read() const;
  void write(const terraform::run_records& records) const;

  std::string folder_;
};

} // namespace cts
