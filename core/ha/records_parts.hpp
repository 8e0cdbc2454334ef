#pragma once

#include "core/event_store.hpp"
#include "core/ha/json.hpp"

#include <algorithm>
#include <array>

// What the files of the records share; nobody else includes this.
namespace cts::ha::parts {

/// The members of a record that a text holds. Every record says its version.
result<members> open(std::string_view text);

/// The rest, or what was wrong.
result<object> close(members& from, const char* what);

void read_time(members& from, const char* name, wall_time& to);
void read_lease(members& from, const char* name, std::chrono::milliseconds& to);

/// The members of an object that is a member, which go back by `keep`.
members below(members& from, const char* name);
/// Puts what was not understood of `inner` back under `name`.
void keep(object& rest, const char* name, members& inner);

value time_value(wall_time x);

object event_value(const task_event& x);
void read_event(value from, task_event& to, members& problems);

/// The enumerator whose name is the member's text.
template <class Enum>
void read_name(members& from, const char* name, Enum& to, Enum last) {
  auto text = std::string{to_string(to)};
  from.read(name, text);
  for (auto i = 0; i <= static_cast<int>(last); ++i)
    if (text == to_string(static_cast<Enum>(i))) {
      to = static_cast<Enum>(i);
      return;
    }
  from.refuse(std::string{"member '"} + name + "' is '" + text + "'");
}

} // namespace cts::ha::parts
