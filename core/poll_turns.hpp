#pragma once

#include "core/machine.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string_view>

namespace cts {

/// How long one long poll may hold a connection before it makes room, when
/// `polls` of them share `slots` connections. The agent limits connections per
/// client; so that everybody is heard, the turns get shorter as it gets
/// crowded. Already half full they are short, since those who come next would
/// have to wait for them. `slots` 0: connections are not scarce.
inline duration poll_turn(std::size_t polls, std::size_t slots, duration wait) {
  constexpr auto crowded_turn = std::chrono::seconds{10};
  constexpr auto overfull_turn = std::chrono::seconds{1};
  if (slots == 0 || polls <= slots / 2)
    return wait;
  return std::min<duration>(wait, polls <= slots ? duration{crowded_turn}
                                                 : duration{overfull_turn});
}

/// Reads the `wait` of a query: a whole number of `ms`, `s` or `m`, not more
/// than the 10 min that Consul keeps to. Nothing for anything else.
inline std::optional<std::chrono::milliseconds>
read_wait(std::string_view text) {
  constexpr auto longest = 600'000;
  auto number = 0;
  auto [unit, problem]
    = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || number <= 0 || number > longest)
    return std::nullopt;
  auto name = text.substr(static_cast<std::size_t>(unit - text.data()));
  auto factor = name == "ms"  ? 1
                : name == "s" ? 1'000
                : name == "m" ? 60'000
                              : 0;
  if (factor == 0 || number > longest / factor)
    return std::nullopt;
  return std::chrono::milliseconds{number * factor};
}

} // namespace cts
