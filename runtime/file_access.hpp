#pragma once

#include "actors/contract.hpp"
#include "core/error.hpp"

namespace cts {

/// What the messages of `files_actor` promise, carried out at once. These
/// functions block.
result<files_written> write_atomically(const write_files& request);
result<files_read> read_whole(const read_files& request);
result<void> remove_all(const remove_files& request);

} // namespace cts
