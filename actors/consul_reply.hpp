#pragma once

#include "actors/contract.hpp"

namespace cts {

/// The agent's answer as its HTTP exchange brought it. Takes the body over.
consul::reply reply_of(http_reply& x);

} // namespace cts
