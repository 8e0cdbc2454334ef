#pragma once

namespace cts {

/// The words with which the program starts itself as a witness: this one, then
/// the number of the socket to its worker.
inline constexpr const char* guard_word = "cts-guard";

/// The witness of a worker, see `ha::witness`: runs the worker's Terraform
/// processes and its last will. Ends when the worker has left, or has died and
/// everything is settled. Runs on one thread but for what it asks Consul.
/// Returns the exit code. Source: spec chapter high-availability, 4.2.
int run_guard(int socket);

} // namespace cts
