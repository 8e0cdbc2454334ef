#pragma once

#include "actors/leadership.hpp"
#include "api/route.hpp"

#include <optional>
#include <string>

/// What an instance answers as a member of a cluster. Source: spec chapters
/// rest-api, 14, and high-availability, 1.6, 4.3 and 5.6.
namespace cts::api {

/// Whether the answer depends on who leads. `logged`: see is_logged().
bool depends_on_leader(const route& asked, bool logged);

/// What an instance of this role answers instead of the reply to `asked`;
/// absent if it may answer itself.
std::optional<api_reply> withheld(const route& asked,
                                  const leadership_view& leadership,
                                  const std::string& request_id);

/// What is asked of a cluster is asked of an instance that is in none.
api_reply no_cluster(const std::string& request_id);

/// The answer to a peer's greeting: who this is, and which life of it.
std::string greeting_body(const std::string& id, const std::string& boot);

/// `/v1/status/cluster`; ends with a newline.
std::string cluster_body(const cluster_view& cluster, bool verbose,
                         const std::string& request_id);

} // namespace cts::api
