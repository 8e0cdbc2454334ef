#pragma once

#include "actors/contract.hpp"

#include <boost/asio/io_context.hpp>
#include <caf/local_actor.hpp>

namespace cts {

/// Starts the file service. `io` is served by one thread that does nothing
/// else, since a slow disk makes it wait.
files_actor make_file_store(caf::local_actor* parent,
                            boost::asio::io_context& io);

} // namespace cts
