#pragma once

#include "core/error.hpp"
#include "core/value.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// JSON as values that keep what they do not understand, each digit included.
namespace cts::ha {

/// Deeper nesting is refused.
inline constexpr std::size_t json_depth_max = 100;

/// Reads one JSON value; of repeated members the last one counts. Fails with
/// `malformed`.
result<value> parse_json(std::string_view text);

/// The value as JSON without spaces, members sorted by name. Bytes that are no
/// UTF-8 become U+FFFD; a block that was given more than once is a list.
std::string json_text(const value& from);

/// Text that is UTF-8 whatever `text` is: what is not becomes U+FFFD.
std::string valid_text(std::string_view text);

/// Reads the members of an object, each at most once, and keeps the rest. A
/// member that is absent or null leaves its target alone; one of another type
/// is remembered as the first error.
class members {
public:
  explicit members(object from) : from_{std::move(from)} {}

  void read(const char* name, std::string& to);
  void read(const char* name, bool& to);
  void read(const char* name, std::uint64_t& to);
  /// Fails beyond the range of an int, too.
  void read(const char* name, int& to);
  void read(const char* name, std::vector<std::string>& to);
  void read(const char* name, object& to);
  /// Whatever it is; null if absent.
  value take(const char* name);
  /// Whether it is there and not null.
  bool has(const char* name) const;

  /// Remembers an error unless there is one already.
  void refuse(std::string sentence);

  /// Absent if all was understood.
  const std::optional<error>& problem() const { return problem_; }

  /// What was not read.
  object rest() && { return std::move(from_); }

private:
  template <class T>
  const T* take_as(const char* name, value& keep, const char* type);

  object from_;
  std::optional<error> problem_{};
};

/// `known` over `rest`; objects that are in both are merged.
object merged(object rest, object known);

value json_number(std::uint64_t x);
value json_list(const std::vector<std::string>& from);

} // namespace cts::ha
