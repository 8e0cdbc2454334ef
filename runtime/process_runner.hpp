#pragma once

#include "actors/contract.hpp"
#include "runtime/process_host.hpp"

#include <boost/asio/io_context.hpp>
#include <caf/local_actor.hpp>

#include <functional>

namespace cts {

/// The application asks, at its end, that no process be left: each is stopped
/// like by `stop_process` and no new one is started.
struct drain_processes {
  milliseconds grace{};
};

/// The process service as the application sees it.
using process_runner_actor = cafx::extended<process_actor,
                                            // Answered when no process is left.
                                            caf::result<void>(drain_processes)>;

/// Starts the process service. `io` is served by one thread for as long as the
/// program lives. Processes go on if the one who asked for them has ended; if
/// the service itself ends they are stopped.
process_runner_actor make_process_runner(caf::local_actor* parent,
                                         boost::asio::io_context& io);

/// The same with its processes elsewhere.
process_runner_actor make_process_runner(caf::local_actor* parent,
                                         process_host host);

CAFX_FIELDS(drain_processes, grace)

} // namespace cts

CAF_BEGIN_TYPE_ID_BLOCK(cts_process_runner, caf::first_custom_type_id + 220)

CAF_ADD_TYPE_ID(cts_process_runner, (cts::drain_processes))

CAF_END_TYPE_ID_BLOCK(cts_process_runner)
