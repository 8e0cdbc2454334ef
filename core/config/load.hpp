#pragma once

#include "core/config/config.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace cts::config {

/// A file as the runtime read it: its path as the user wrote it, and its bytes.
/// The core reads no files itself.
struct source {
  std::string path{};
  std::string bytes{};
};

/// The step that found a problem; each has its own log line.
enum class stage : std::uint8_t { build, finalize, validate, logging };

/// `building`, `finalizing`, `validating` or `setting up logging`: what stands
/// between `error` and `configuration` in the log line.
const char* to_string(stage x);

/// One problem, ready to be shown. Never holds a secret.
struct diagnostic {
  enum class severity : std::uint8_t { error, warning };

  severity level = severity::error;
  stage where_found = stage::build;
  /// The reference's text first.
  std::string message{};
  std::optional<source_range> range{};
  /// What to do about it; may be empty.
  std::string hint{};
  /// The line of the file and a line with carets below it, or empty.
  std::string excerpt{};
  /// The logger of a warning: `config` or `config.task`.
  std::string component = "config";
};

/// What somebody else than the core finds wrong with a configuration.
struct complaint {
  /// Of the setting: `task[0].run_timeout`. Where it is written is found out.
  std::string path{};
  std::string message{};
};

/// What the process knows besides the files. Functions that are not set make
/// their checks disappear.
struct surroundings {
  std::map<std::string, std::string> environment{};
  /// The name of the machine, or why it is not known.
  result<std::string> host_name = std::string{};
  /// Absolute.
  std::string working_dir{};
  unsigned cpu_count = 1;
  /// Reads `variable_files`, token files and certificates; its errors are in
  /// Go's words: `open x: no such file or directory`.
  std::function<result<std::string>(const std::string& path)> read_file{};
  /// Do certificate and key (contents of PEM files) belong together?
  std::function<result<void>(const std::string& cert, const std::string& key)>
    check_key_pair{};
  /// Is there a local syslog daemon?
  std::function<bool()> syslog_available{};
  /// What the process cannot do with such settings.
  std::function<std::vector<complaint>(const settings&)> further_checks{};
};

struct loaded {
  settings value{};
  std::vector<diagnostic> warnings{};
};

struct failure {
  /// All problems; the first one is the one that the reference would report.
  std::vector<diagnostic> errors{};
  std::vector<diagnostic> warnings{};
};

/// Merges the files in order over the built-in defaults, fills in environment
/// and derived values, and checks the result. Source: spec configuration, 4.1.
std::variant<loaded, failure> load(const std::vector<source>& files,
                                   const surroundings& around);

/// A block of text for people: message, `file:line:col`, excerpt, hint.
std::string print(const diagnostic& x);

/// The configuration in one line without secrets, for the DEBUG log.
std::string describe(const settings& x);

} // namespace cts::config
