#include "runtime/guard_wire.hpp"

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>

#include <array>

namespace cts::config {

CAFX_FIELDS(transport, dial_keep_alive, dial_timeout, disable_keep_alives,
            idle_conn_timeout, max_idle_conns, max_idle_conns_per_host,
            tls_handshake_timeout)
CAFX_FIELDS(client_tls, enabled, ca_cert, ca_path, cert, key, server_name,
            verify)

} // namespace cts::config

namespace cts {

CAFX_FIELDS(child_order, argv, environment, directory, output_file, error_file,
            output_max, fenced, task, job)
CAFX_FIELDS(child_end, exit_code, signal, stopped, lease_over, output,
            error_output, wall_time, cpu_time, memory_peak)
CAFX_FIELDS(http_options, transport, tls, ca_certificates, unix_socket,
            http_proxy, https_proxy, no_proxy, connections_max, body_bytes_max,
            header_bytes_max)

namespace guard_wire {

CAFX_FIELDS(hello, stall_timeout_ns, base_url, fields, http, log_level)

namespace {

template <class Frame>
std::string encode_frame(const Frame& x) {
  auto bytes = std::vector<char>{};
  auto sink = caf::binary_serializer{nullptr, bytes};
  auto kind = static_cast<std::uint8_t>(x.index());
  // Writing to memory does not fail.
  [[maybe_unused]] auto none
    = std::visit([&](auto body) { return sink(kind, body); }, x);
  return {bytes.data(), bytes.size()};
}

template <class Frame, class Body>
caf::error read_body(caf::binary_deserializer& source, Frame& out) {
  auto body = Body{};
  auto problem = source(body);
  out = std::move(body);
  return problem;
}

template <class Frame>
struct reader_of;

template <class... Bodies>
struct reader_of<std::variant<Bodies...>> {
  using frame = std::variant<Bodies...>;
  using function = caf::error (*)(caf::binary_deserializer&, frame&);
  static constexpr auto all
    = std::array<function, sizeof...(Bodies)>{read_body<frame, Bodies>...};
};

template <class Frame>
result<Frame> decode_frame(std::string_view bytes) {
  auto source = caf::binary_deserializer{nullptr, bytes.data(), bytes.size()};
  auto kind = std::uint8_t{0};
  auto out = Frame{};
  const auto& readers = reader_of<Frame>::all;
  if (source(kind) || kind >= readers.size() || readers[kind](source, out)
      || source.remaining() != 0)
    return fail(errc::malformed, "a frame of ", bytes.size(),
                " bytes between worker and witness is not what it should be");
  return out;
}

} // namespace

std::string encode(const to_witness& x) {
  return encode_frame(x);
}

std::string encode(const to_worker& x) {
  return encode_frame(x);
}

result<to_witness> decode_to_witness(std::string_view bytes) {
  return decode_frame<to_witness>(bytes);
}

result<to_worker> decode_to_worker(std::string_view bytes) {
  return decode_frame<to_worker>(bytes);
}

} // namespace guard_wire

} // namespace cts
