#include "runtime/guard_wire.hpp"

#include <gtest/gtest.h>

namespace cts::guard_wire {
namespace {

template <class Body>
Body passed_on(const to_witness& x) {
  return std::get<Body>(decode_to_witness(encode(x)).value());
}

TEST(GuardWire, CarriesHowConsulIsReached) {
  auto x
    = hello{.stall_timeout_ns = 5,
            .base_url = "https://consul:8501",
            .fields = {{"X-Consul-Token", "t"}},
            .http = {.transport = {.idle_conn_timeout = std::chrono::seconds{7},
                                   .max_idle_conns = 3},
                     .tls = {.enabled = true,
                             .ca_cert = "ca",
                             .cert = "cert",
                             .key = "key",
                             .server_name = "name",
                             .verify = false},
                     .ca_certificates = "pem",
                     .unix_socket = "/run/consul",
                     .http_proxy = "a",
                     .https_proxy = "b",
                     .no_proxy = "c",
                     .connections_max = 4},
            .log_level = 3};
  auto y = passed_on<hello>(x);
  EXPECT_EQ(y.stall_timeout_ns, x.stall_timeout_ns);
  EXPECT_EQ(y.base_url, x.base_url);
  EXPECT_EQ(y.fields, x.fields);
  EXPECT_EQ(y.http.transport, x.http.transport);
  EXPECT_EQ(y.http.tls, x.http.tls);
  EXPECT_EQ(y.http.ca_certificates, "pem");
  EXPECT_EQ(y.http.unix_socket, "/run/consul");
  EXPECT_EQ(y.http.http_proxy + y.http.https_proxy + y.http.no_proxy, "abc");
  EXPECT_EQ(y.http.connections_max, 4);
  EXPECT_EQ(y.http.body_bytes_max, x.http.body_bytes_max);
  EXPECT_EQ(y.log_level, 3);
}

TEST(GuardWire, CarriesEveryByteOfAnOrder) {
  auto bytes = std::string{"A=\xff\0\n", 5};
  auto x = child_order{.argv = {"/bin/x", ""},
                       .environment = {bytes},
                       .directory = "d",
                       .output_file = "o",
                       .error_file = "e",
                       .output_max = 9,
                       .fenced = true,
                       .task = "t",
                       .job = "j"};
  auto y = passed_on<start>(start{4, x}).order;
  EXPECT_EQ(y.argv, x.argv);
  EXPECT_EQ(y.environment, x.environment);
  EXPECT_EQ(y.directory + y.output_file + y.error_file + y.task + y.job,
            "doetj");
  EXPECT_EQ(y.output_max, 9u);
  EXPECT_TRUE(y.fenced);
}

TEST(GuardWire, CarriesHowAProcessEnded) {
  auto x = child_end{.exit_code = 1,
                     .signal = 2,
                     .stopped = true,
                     .lease_over = true,
                     .output = "o",
                     .error_output = "e",
                     .wall_time = milliseconds{3},
                     .cpu_time = milliseconds{4},
                     .memory_peak = 5};
  auto frame = decode_to_worker(encode(to_worker{ended{7, x}}));
  auto y = std::get<ended>(frame.value());
  EXPECT_EQ(y.ticket, 7u);
  const auto& z = y.end;
  EXPECT_EQ(z.exit_code, 1);
  EXPECT_EQ(z.signal, 2);
  EXPECT_TRUE(z.stopped && z.lease_over);
  EXPECT_EQ(z.output + z.error_output, "oe");
  EXPECT_EQ(z.wall_time + z.cpu_time, milliseconds{7});
  EXPECT_EQ(z.memory_peak, 5u);
}

TEST(GuardWire, RefusesWhatIsNoFrame) {
  auto good = encode(to_witness{lease{1}});
  EXPECT_FALSE(decode_to_witness(""));
  EXPECT_FALSE(decode_to_witness("\x63"));
  EXPECT_FALSE(decode_to_witness(good.substr(0, good.size() - 1)));
  EXPECT_FALSE(decode_to_witness(good + "x"));
  EXPECT_TRUE(decode_to_witness(good));
}

} // namespace
} // namespace cts::guard_wire
