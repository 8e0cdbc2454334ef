// The transport against a real agent, over TLS and a Unix socket.

#include "actors/caf/system_config.hpp"
#include "actors/consul_client.hpp"
#include "actors/errors.hpp"
#include "runtime/http_transport.hpp"
#include "tests/support/real_consul.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <fstream>
#include <memory>
#include <sstream>

namespace cts {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class ConsulTransport : public testing::Test {
protected:
  void SetUp() override {
    auto program = real_consul::find();
    if (!program)
      GTEST_SKIP() << "NOT CHECKED AGAINST THE REAL AGENT: set CTS_CONSUL to "
                      "a consul program, or put one on the PATH";
    agent = std::make_unique<real_consul>(*program,
                                          real_consul_options{.tls = true});
  }

  /// Connects as the configuration says.
  void start(const config::consul& x) {
    auto http_options = http_options_of(x, {});
    ASSERT_TRUE(http_options) << http_options.error().message;
    auto options = consul_client_options_of(x);
    ASSERT_TRUE(options);
    http = make_http_transport(self.ptr(), *http_options);
    client = make_consul_client(self.ptr(), *options, http);
  }

  void TearDown() override {
    for (const auto& one : {caf::actor_cast<caf::actor>(client),
                            caf::actor_cast<caf::actor>(http)})
      if (one)
        self->send_exit(one, caf::exit_reason::user_shutdown);
  }

  config::consul over_tls() const {
    return {.address = "https://" + agent->tls_address(),
            .tls = {.enabled = true, .ca_cert = agent->ca_file()}};
  }

  using pending = decltype(std::declval<caf::scoped_actor&>()->request(
    consul_actor{}, caf::infinite, consul_query{}));

  pending start_query(consul::request x) {
    return self->request(
      client, 30s,
      consul_query{.id = ++ids, .request = std::move(x), .deadline = 20s});
  }

  result<consul::reply> receive(pending x) {
    auto out = result<consul::reply>{fail(errc::system, "no answer")};
    x.receive([&](consul::reply& reply) { out = std::move(reply); },
              [&](caf::error& reason) { out = to_core(reason); });
    return out;
  }

  result<consul::reply> get(std::string path) {
    return receive(start_query({.path = std::move(path)}));
  }

  cafx::system_config<> config;
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  std::unique_ptr<real_consul> agent;
  http_actor http;
  consul_actor client;
  std::uint64_t ids = 0;
};

/// Established connections of this process' machine to a port of the loopback.
int connections_to(const std::string& address) {
  auto port = std::stoi(address.substr(address.rfind(':') + 1));
  auto wanted = std::ostringstream{};
  wanted << "0100007F:" << std::uppercase << std::hex << port << " 01";
  auto table = std::ifstream{"/proc/net/tcp"};
  auto count = 0;
  for (auto line = std::string{}; std::getline(table, line);) {
    auto remote = line.find(wanted.str());
    count += remote != std::string::npos ? 1 : 0;
  }
  return count;
}

TEST_F(ConsulTransport, SpeaksTlsWithAConfiguredCa) {
  start(over_tls());
  auto x = get("/v1/status/leader");
  ASSERT_TRUE(x) << x.error().message;
  EXPECT_EQ(x->status, 200);
}

TEST_F(ConsulTransport, RefusesAnUnknownCa) {
  auto x = over_tls();
  x.tls.ca_cert.clear();
  start(x);
  auto reply = get("/v1/status/leader");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, errc::unavailable);
  EXPECT_THAT(reply.error().message,
              HasSubstr("tls: failed to verify certificate"));
}

TEST_F(ConsulTransport, TrustsAnyoneIfToldSo) {
  auto x = over_tls();
  x.tls.ca_cert.clear();
  x.tls.verify = false;
  start(x);
  EXPECT_TRUE(get("/v1/status/leader"));
}

TEST_F(ConsulTransport, ChecksTheCertificateAgainstTheServerName) {
  auto x = over_tls();
  x.tls.server_name = "server.dc1.consul";
  start(x);
  auto reply = get("/v1/status/leader");
  EXPECT_TRUE(reply) << reply.error().message;
}

TEST_F(ConsulTransport, RefusesACertificateForAnotherName) {
  auto x = over_tls();
  x.tls.server_name = "other.example.com";
  start(x);
  auto reply = get("/v1/status/leader");
  ASSERT_FALSE(reply);
  EXPECT_THAT(reply.error().message, HasSubstr("tls: "));
}

TEST_F(ConsulTransport, CarriesManyPollsOnFewConnectionsOverTls) {
  start(over_tls());
  agent->put_key("a", "1");
  auto seen = get("/v1/kv/a");
  ASSERT_TRUE(seen) << seen.error().message;
  auto polls = std::vector<pending>{};
  for (auto i = 0; i < 300; ++i) {
    auto x = consul::request{.path = "/v1/kv/a"};
    x.query = {{"index", std::to_string(*seen->index)}, {"wait", "15s"}};
    polls.push_back(start_query(std::move(x)));
  }
  // A plain query behind them shows that all are on their way.
  ASSERT_TRUE(get("/v1/status/leader"));
  auto connections = connections_to(agent->tls_address());
  EXPECT_GE(connections, 1);
  EXPECT_LE(connections, 3);
  agent->put_key("a", "2");
  for (auto& one : polls) {
    auto reply = receive(std::move(one));
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_GT(*reply->index, *seen->index);
  }
}

TEST_F(ConsulTransport, SpeaksThroughAUnixSocket) {
  start({.address = "unix://" + agent->socket()});
  auto x = get("/v1/status/leader");
  ASSERT_TRUE(x) << x.error().message;
  EXPECT_EQ(x->status, 200);
}

TEST_F(ConsulTransport, NamesAMissingUnixSocket) {
  start({.address = "unix:///nowhere/consul.sock"});
  auto x = get("/v1/status/leader");
  ASSERT_FALSE(x);
  EXPECT_THAT(x.error().message, HasSubstr("dial unix /nowhere/consul.sock: "
                                           "connect: no such file"));
}

} // namespace
} // namespace cts
