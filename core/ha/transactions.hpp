#pragma once

#include "core/consul/txn.hpp"
#include "core/ha/layout.hpp"
#include "core/ha/records.hpp"

#include <cstdint>
#include <optional>
#include <string>

/// The transactions of the protocol, one function each. Source: spec chapter
/// high-availability, 3.3.
namespace cts::ha {

namespace txn = consul::txn;

/// Operations of a transaction that the spec allows beside the fence.
inline constexpr std::size_t payload_max = 62;
/// A transaction is packed up to this many bytes of JSON.
inline constexpr std::size_t packed_bytes_max = 400 * 1024;

/// Takes the lock, raises the epoch and reads the runs in flight, in one step
/// (TX-ACQ).
struct acquisition {
  std::string session{};
  leader_record leader{};
  meta_record meta{};
  /// Index of `meta` as last read; 0: there is none, it is created.
  std::uint64_t meta_index = 0;
};
txn::operations tx_acquire(const layout& keys, const acquisition& x);

/// Any write of the leader (TX-W). Refused as operation 0: not the leader.
txn::operations tx_write(const layout& keys, const std::string& session,
                         txn::operations payload);

/// A record of the owner of a former run that must not have moved (R4 b).
struct unmoved_instance {
  std::string id{};
  std::uint64_t index = 0;
};

/// Before every start (TX-INTENT).
struct intent {
  std::string session{};
  /// Our own, with the raised `seq`.
  instance_record instance{};
  inflight_record run{};
  /// Of the resolved record of a former run; 0: there is none.
  std::uint64_t run_index = 0;
  std::optional<unmoved_instance> former{};
};
txn::operations tx_intent(const layout& keys, const intent& x);

/// Extends the lease, or takes the key of the instance (TX-LEASE).
txn::operations tx_lease(const layout& keys, const std::string& session,
                         const instance_record& instance);

/// A run ended (TX-DONE). The event and the end become visible together.
struct completion {
  std::string session{};
  task_name task{};
  /// Of the record of the run.
  std::uint64_t run_index = 0;
  /// What to write beside it: the events, and the task if it changed.
  txn::operations payload{};
};
/// Operation 1 is refused if the record of the run is not ours any more; a
/// `delete-cas` alone would not notice that it is missing.
txn::operations tx_done(const layout& keys, const completion& x);

/// The owner, or its witness, tells the end of a run without being the leader
/// (TX-ACK).
txn::operations tx_acknowledge(const layout& keys, const inflight_record& run,
                               std::uint64_t index);

/// Gives the lock back (TX-REL).
txn::operations tx_release(const layout& keys, const std::string& session,
                           const leader_record& leader);

} // namespace cts::ha
