#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <optional>
#include <sstream>
#include <string>

namespace cts {

/// What kind of failure an error is; callers branch on it, people read the
/// sentence beside it.
enum class errc : std::uint8_t {
  /// A configuration file or an option is wrong; its author must act.
  configuration = 1,
  /// Something named does not exist: a file, a task, a program.
  not_found,
  /// The other side cannot be reached or closed the connection; may heal.
  unavailable,
  /// No answer within the deadline; may heal.
  timed_out,
  /// The other side answered, and its answer says no.
  refused,
  /// The other side's answer cannot be understood.
  malformed,
  /// The operating system refused a file, a process or a socket.
  system,
  /// A limit of ours is reached.
  limit,
  /// Terraform, or what stands in for it, failed.
  driver,
  /// It contradicts what is already so.
  conflict,
  /// We stopped the work ourselves.
  cancelled,
};

/// The name of `code` as it appears in logs, e.g. `timed_out`.
const char* to_string(errc code);

/// A place in a file that a person wrote. Lines and columns count from 1,
/// columns in Unicode code points; `end_column` is one past the last one.
struct source_range {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t end_column = 0;
  bool operator==(const source_range&) const = default;
};

/// The one error type: a kind, a sentence that says what failed, on what and
/// what to do next, and, for a mistake in a file, where it is.
struct error {
  errc code = errc::system;
  std::string message;
  std::optional<source_range> where{};
  bool operator==(const error&) const = default;
};

/// A value, or why there is none.
template <class T>
using result = boost::system::result<T, error>;

/// Makes an error whose message is the parts written one after the other.
template <class... Parts>
error fail(errc code, const Parts&... parts) {
  auto text = std::ostringstream{};
  (text << ... << parts);
  return error{code, std::move(text).str(), std::nullopt};
}

/// Found by boost::system::result: asking a failed result for its value is a
/// programmer's error.
[[noreturn]] void throw_exception_from_error(const error& reason,
                                             const boost::source_location& at);

} // namespace cts
