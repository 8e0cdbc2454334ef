#pragma once

#include "tests/support/consul_model.hpp"

#include <string>

namespace cts::consul_model {

/// Nothing happens if it is the same already.
void put_service(state& s, const place& at, service x);

/// Ends the sessions that stand on it if it is critical.
void put_check(state& s, const place& at, check x, time_point now);

/// With its checks.
void erase_service(state& s, const place& at, time_point now);
void erase_check(state& s, const place& at, time_point now);

/// With all that is on it.
void erase_node(state& s, const std::string& name, time_point now);

/// The agent makes no more checks; its servers do not know yet.
void silence_node(state& s, const std::string& name);

/// The other agents have noticed that this one is gone.
void fail_node(state& s, const std::string& name, time_point now);

/// The agent is back. `restarted`: it knows nothing of its checks, which are
/// critical until they have been made.
void revive_node(state& s, const std::string& name, bool restarted,
                 time_point now);

/// The agent leaves in good order and takes its registrations along.
void leave_node(state& s, const std::string& name, time_point now);

/// `address` accepts or refuses connections from now on. The TCP checks of that
/// node notice at their next tick.
void set_listener(state& s, const place& address, bool is_open, time_point now);

/// The check is made at its next tick, if it is a TCP check.
void arm_check(state& s, const place& at, time_point now);

/// Makes the TCP checks that are due.
void make_checks(state& s, time_point now);

} // namespace cts::consul_model
