#pragma once

#include "core/ha/election.hpp"

// What the files of the election share; nobody else includes this.

namespace cts::ha::election {

/// A step in the making.
struct draft {
  state s;
  time_point now;
  std::vector<effect> out{};

  template <class Effect>
  void add(Effect x) {
    out.push_back(std::move(x));
  }

  void arm(std::optional<time_point>& slot, time_point due) {
    slot = due;
    add(arm_timer{due});
  }

  answer finish();
};

/// What the lock says of a holder who was said to be dead.
void judge_suspect(draft& d, const lock_view& x);

/// Starts the wait for a change of the lock, and the read beside it.
void watch(draft& d);
void read(draft& d);

/// Takes what is to be done if the lock is free for us.
void compete(draft& d);

/// A follower again, or one that needs a session first.
void follow(draft& d);

/// The attempt has failed.
void fall_back(draft& d);

/// The lock is gone.
void lose(draft& d, const std::string& reason);

/// The lock is ours.
void win(draft& d, const run_records& runs);

void begin_release(draft& d);

/// The operator is told once of each trouble.
void complain(draft& d, const std::string& message);

void rest(draft& d, duration span, bool for_others);

} // namespace cts::ha::election
