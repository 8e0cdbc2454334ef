#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace cts::http {

/// Bounds of what clients of the API may take.
struct limits {
  /// Further connections are answered with 503 and closed.
  std::size_t connections_max = 256;
  /// A larger request header is answered with 431.
  std::uint32_t header_bytes_max = 16 * 1024;
  /// A larger request body is answered with 413.
  std::uint64_t body_bytes_max = std::uint64_t{1024} * 1024;
  /// From the first to the last byte of a request.
  std::chrono::milliseconds read_timeout{15'000};
  /// From a reply to the first byte of the next request.
  std::chrono::milliseconds idle_timeout{60'000};
  /// Until a client that is being answered takes some more bytes.
  std::chrono::milliseconds write_timeout{60'000};
};

} // namespace cts::http
