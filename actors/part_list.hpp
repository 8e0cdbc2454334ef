#pragma once

#include "actors/timers.hpp"

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/exit_reason.hpp>
#include <caf/local_actor.hpp>
#include <caf/send.hpp>

#include <map>
#include <string>
#include <vector>

namespace cts {

/// The parts of an instance, in the order of their start.
class part_list {
public:
  template <class Handle>
  void add(const std::string& name, const Handle& x) {
    order_.push_back(caf::actor_cast<caf::strong_actor_ptr>(x));
    by_name_[name] = order_.back();
  }

  /// Has what is behind a name fail; unknown ones are ignored.
  void fail(const fail_part& x) const {
    if (auto found = by_name_.find(x.name); found != by_name_.end())
      caf::anon_send(caf::actor_cast<caf::actor>(found->second), x);
  }

  void end_in_reverse(caf::local_actor* self) {
    for (; !order_.empty(); order_.pop_back())
      self->send_exit(order_.back(), caf::exit_reason::user_shutdown);
  }

private:
  std::map<std::string, caf::strong_actor_ptr> by_name_{};
  std::vector<caf::strong_actor_ptr> order_{};
};

} // namespace cts
