#pragma once

#include "actors/caf/inspect.hpp"

#include <caf/type_id.hpp>

/// Messages that the actors around Consul send to themselves.
namespace cts {

/// A watcher's timer elapsed.
struct poll_due {};

/// The rate limit of the client allows the next request.
struct start_due {};

CAFX_FIELDS(poll_due)
CAFX_FIELDS(start_due)

} // namespace cts

CAF_BEGIN_TYPE_ID_BLOCK(cts_consul, caf::first_custom_type_id + 300)

CAF_ADD_TYPE_ID(cts_consul, (cts::poll_due))
CAF_ADD_TYPE_ID(cts_consul, (cts::start_due))

CAF_END_TYPE_ID_BLOCK(cts_consul)
