#pragma once

#include "actors/leadership.hpp"
#include "actors/timers.hpp"
#include "core/ha/peer_link.hpp"

#include <optional>
#include <string>

namespace cts {

// -- the way to the peer: provided by runtime/, played by tests ---------------

/// The peer link says hello to an API.
struct greet_peer {
  /// Unique while the greeting lasts; names it in `cancel_greeting`.
  std::uint64_t id = 0;
  /// Absolute.
  std::string url{};
  /// From now to the last byte of the answer.
  milliseconds deadline{};
};

struct cancel_greeting {
  std::uint64_t id = 0;
};

/// How a greeting ended.
struct greeting_ended {
  /// Absent: it was answered.
  std::optional<ha::peer_link::failure> failure{};
  /// HTTP status and body, if it was answered.
  int status = 0;
  std::string body{};
  /// Why it failed.
  std::string message{};
};

/// Tells a refused connection from a closed one and from silence, which is all
/// that matters to the peer link. Never fails but with `cancelled`.
using peer_line_actor = cafx::iface<caf::result<greeting_ended>(greet_peer),
                                    caf::result<void>(cancel_greeting)>;

// -- the link -----------------------------------------------------------------

/// The elector tells whose process is to be watched; absent: nobody's.
struct watch_peer {
  std::optional<ha::peer_link::peer> who{};
};

/// The elector tells that a process said to be dead is alive.
struct peer_survived {
  std::string id{};
};

using peer_link_actor
  = cafx::iface<caf::result<void>(watch_peer), caf::result<void>(peer_survived),
                // Private.
                caf::result<void>(timer_elapsed)>;

/// The link is there, and told at once whom to watch.
struct peer_link_known {
  peer_link_actor link{};
};

/// The link says that the process which holds the lock is dead.
struct peer_dead {
  std::string session{};
  std::string boot{};
  std::string evidence{};
};

/// What of the elector the link knows.
using deposer_actor = cafx::iface<caf::result<void>(peer_link_known),
                                  caf::result<void>(peer_dead)>;

/// Watches the leader's process while this instance follows. A restart loses
/// the count of needless failovers.
peer_link_actor make_peer_link(caf::local_actor* parent, peer_line_actor line,
                               deposer_actor elector);

CAFX_FIELDS(greet_peer, id, url, deadline)
CAFX_FIELDS(cancel_greeting, id)
CAFX_FIELDS(peer_survived, id)
CAFX_FIELDS(peer_dead, session, boot, evidence)

} // namespace cts

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::greeting_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::watch_peer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::peer_link_known)

CAF_BEGIN_TYPE_ID_BLOCK(cts_peer_link, caf::first_custom_type_id + 420)

CAF_ADD_TYPE_ID(cts_peer_link, (cts::greet_peer))
CAF_ADD_TYPE_ID(cts_peer_link, (cts::cancel_greeting))
CAF_ADD_TYPE_ID(cts_peer_link, (cts::greeting_ended))
CAF_ADD_TYPE_ID(cts_peer_link, (cts::watch_peer))
CAF_ADD_TYPE_ID(cts_peer_link, (cts::peer_survived))
CAF_ADD_TYPE_ID(cts_peer_link, (cts::peer_link_known))
CAF_ADD_TYPE_ID(cts_peer_link, (cts::peer_dead))

CAF_END_TYPE_ID_BLOCK(cts_peer_link)
