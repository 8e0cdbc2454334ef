#pragma once

#include "actors/caf/inspect.hpp"
#include "actors/contract.hpp"
#include "runtime/child_process.hpp"
#include "runtime/http_options.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What a worker and its witness tell each other over their socket. Both are
/// the same program, so the format needs no version. Source: spec chapter
/// high-availability, 4.2.
namespace cts::guard_wire {

/// A frame that claims to be longer ends the connection.
constexpr auto frame_max = std::size_t{64} * 1024 * 1024;

// -- worker to witness --------------------------------------------------------

/// The first frame: how Consul is reached. Kept in memory only.
struct hello {
  std::int64_t stall_timeout_ns = 0;
  std::string base_url{};
  headers fields{};
  http_options http{};
  /// Lines below this level are not logged.
  std::uint8_t log_level = 0;
};

/// By CLOCK_BOOTTIME, in nanoseconds.
struct lease {
  std::int64_t deadline_ns = 0;
};

/// No fenced process starts until the next `lease`.
struct revocation {};

/// The worker is well.
struct beat {};

/// A request of the last will, see `ha::witness::bequest`.
struct bequest {
  std::string name{};
  std::uint8_t purpose = 0;
  task_name task{};
  std::string method{};
  /// `/v1/...`, with the query.
  std::string target{};
  std::string body{};
  std::string record_target{};
  std::string record_text{};
};

struct withdrawal {
  std::string name{};
};

/// Without what the lease says of the order: the witness knows the lease.
struct start {
  std::uint64_t ticket = 0;
  child_order order{};
};

struct stop {
  std::uint64_t ticket = 0;
  std::int64_t grace_ms = 0;
};

struct stop_all {
  std::int64_t grace_ms = 0;
};

/// The worker ends in order.
struct bye {};

using to_witness = std::variant<hello, lease, revocation, beat, bequest,
                                withdrawal, start, stop, stop_all, bye>;

// -- witness to worker --------------------------------------------------------

struct begun {
  std::uint64_t ticket = 0;
};

struct ended {
  std::uint64_t ticket = 0;
  child_end end{};
};

/// It has not begun.
struct refused {
  std::uint64_t ticket = 0;
  std::int32_t code = 0;
  std::string message{};
};

/// For the worker's log.
struct log_line {
  std::uint8_t level = 0;
  std::string component{};
  std::string sentence{};
  headers fields{};
};

/// The answer to a beat.
struct alive {};

using to_worker = std::variant<begun, ended, refused, log_line, alive>;

// -- bytes --------------------------------------------------------------------

/// The bytes of a frame, without its length.
std::string encode(const to_witness& x);
std::string encode(const to_worker& x);

/// Fails with `malformed`.
result<to_witness> decode_to_witness(std::string_view bytes);
result<to_worker> decode_to_worker(std::string_view bytes);

CAFX_FIELDS(lease, deadline_ns)
CAFX_FIELDS(revocation)
CAFX_FIELDS(beat)
CAFX_FIELDS(alive)
CAFX_FIELDS(bequest, name, purpose, task, method, target, body, record_target,
            record_text)
CAFX_FIELDS(withdrawal, name)
CAFX_FIELDS(start, ticket, order)
CAFX_FIELDS(stop, ticket, grace_ms)
CAFX_FIELDS(stop_all, grace_ms)
CAFX_FIELDS(bye)
CAFX_FIELDS(begun, ticket)
CAFX_FIELDS(ended, ticket, end)
CAFX_FIELDS(refused, ticket, code, message)
CAFX_FIELDS(log_line, level, component, sentence, fields)

} // namespace cts::guard_wire
