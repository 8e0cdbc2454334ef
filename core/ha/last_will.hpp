#pragma once

#include "core/ha/elector.hpp"
#include "core/ha/witness.hpp"

#include <map>
#include <string>

/// What the witness of this instance is to do should the instance die or hang:
/// a function of what its elector knows, told anew whenever it changes. Source:
/// spec chapter high-availability, 4.2 and 4.5 D2.
namespace cts::ha::last_will {

inline constexpr auto release_name = "release";
inline constexpr auto session_name = "session";
inline constexpr auto service_name = "service";

/// What a request of the will is about. Equal ones make equal requests.
struct wish {
  witness::purpose purpose{};
  /// Of whom something goes back: a session, or the registered service.
  std::string id{};
  /// Of the lock that goes back.
  ha::epoch epoch = 0;
  /// The run whose end is told, and the index of its record.
  task_name task{};
  std::string run{};
  std::uint64_t index = 0;
  /// Its result is known, if it has one.
  bool ended = false;
  bool operator==(const wish&) const = default;
};

/// By the name of the request.
using wishes = std::map<std::string, wish>;

/// The lock goes back as long as it may be ours; a run's end is told from the
/// moment its intent is sent until its record says so, whoever leads meanwhile.
/// The index of the record is not known before the answer. `service`: the id
/// that is registered; empty: none.
wishes wishes_of(const elector::state& s, const std::string& service);

} // namespace cts::ha::last_will
