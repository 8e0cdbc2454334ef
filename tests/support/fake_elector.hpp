#pragma once

#include "actors/leadership.hpp"

#include <caf/actor_system.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cts::fakes {

/// What a fake elector answers, and what it was asked.
struct elector_script {
  /// `turn t`, `permit t`, `step down`, ... in the order asked.
  std::vector<std::string> asked{};
  /// The epoch of the last question.
  ha::epoch epoch = 0;
  /// Turns are answered when the test calls `release`.
  bool hold_turns = false;
  bool refuse_turns = false;
  bool refuse_permits = false;
  std::function<void()> release{};
  std::uint64_t permits = 0;
  leadership_view leadership{};
  cluster_view cluster{};
};

using elector_script_ptr = std::shared_ptr<elector_script>;

/// An elector that follows `script`.
elector_actor make_elector(caf::local_actor* parent, elector_script_ptr script);

} // namespace cts::fakes
