#include "runtime/peer_line.hpp"

#include "tests/runtime/certificates.hpp"
#include "tests/runtime/http_server_fixture.hpp"
#include "tests/support/listening_socket.hpp"
#include "tests/support/scripted_server.hpp"

#include <caf/scoped_actor.hpp>

#include <gmock/gmock.h>

namespace cts {
namespace {

using namespace std::chrono_literals;
using ha::peer_link::failure;
using testing::HasSubstr;
using testing::StartsWith;
using action = scripted_server::action;

constexpr auto patience = std::chrono::seconds{20};

/// Greets real sockets.
class PeerLine : public tests::http_server_fixture {
protected:
  ~PeerLine() override {
    if (line)
      self()->send_exit(line, caf::exit_reason::user_shutdown);
    stop();
  }

  caf::scoped_actor& self() { return *self_; }

  greeting_ended greet(const std::string& url, milliseconds deadline = 10s) {
    if (!line)
      line = make_peer_line(self_->ptr(), {});
    auto out = greeting_ended{};
    self()
      ->request(line, patience,
                greet_peer{.id = ++ids, .url = url, .deadline = deadline})
      .receive([&](const greeting_ended& x) { out = x; },
               [&](caf::error& x) { out.message = to_core(x).message; });
    return out;
  }

  void use(const config::server_tls& tls) {
    auto settings = config::settings{};
    settings.tls = tls;
    auto options = peer_http_options(settings);
    ASSERT_TRUE(options) << options.error().message;
    line = make_peer_line(self_->ptr(), *std::move(options));
  }

  peer_line_actor line{};
  std::uint64_t ids = 0;
};

TEST_F(PeerLine, BringsTheAnswer) {
  auto server = scripted_server{
    [](const std::string&) { return action{http_response(200, "hello")}; }};
  auto seen = greet(server.url("/v1/cluster/peer"));
  EXPECT_FALSE(seen.failure);
  EXPECT_EQ(seen.status, 200);
  EXPECT_EQ(seen.body, "hello");
}

TEST_F(PeerLine, KeepsOneConnectionForAllGreetings) {
  auto server = scripted_server{
    [](const std::string&) { return action{http_response(200, "hello")}; }};
  for (auto i = 0; i < 5; ++i)
    greet(server.url("/"));
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(PeerLine, TellsARefusedConnectionFromAClosedOne) {
  auto socket = listening_socket{};
  auto url = "http://127.0.0.1:" + std::to_string(socket.port()) + "/";
  socket.close();
  EXPECT_EQ(greet(url).failure, failure::refused);
  auto closing
    = scripted_server{[](const std::string&) { return action{.close = true}; }};
  EXPECT_EQ(greet(closing.url("/")).failure, failure::closed);
  auto resetting
    = scripted_server{[](const std::string&) { return action{.reset = true}; }};
  EXPECT_EQ(greet(resetting.url("/")).failure, failure::closed);
}

TEST_F(PeerLine, TakesNoAnswerForSilence) {
  auto socket = listening_socket{}; // accepts nothing
  auto url = "http://127.0.0.1:" + std::to_string(socket.port()) + "/";
  EXPECT_EQ(greet(url, 50ms).failure, failure::silent);
  EXPECT_EQ(greet("http://no-such-host.invalid:1/").failure, failure::silent);
}

TEST_F(PeerLine, FindsAnythingElseStrange) {
  auto server = scripted_server{[](const std::string&) {
    return action{"this is no HTTP\r\n\r\n", true};
  }};
  EXPECT_EQ(greet(server.url("/")).failure, failure::strange);
}

TEST_F(PeerLine, EndsAGreetingThatIsCancelled) {
  auto server = scripted_server{[](const std::string&) { return action{}; }};
  line = make_peer_line(self_->ptr(), {});
  auto pending = self()->request(
    line, patience,
    greet_peer{.id = 7, .url = server.url("/"), .deadline = 10s});
  self()->send(line, cancel_greeting{7});
  auto code = errc{};
  pending.receive([](const greeting_ended&) {},
                  [&](caf::error& x) { code = to_core(x).code; });
  EXPECT_EQ(code, errc::cancelled);
  server.await_disconnects();
}

TEST_F(PeerLine, TrustsTheAuthorityOfTheApi) {
  auto files = tests::certificates{};
  tls_ = {.enabled = true,
          .cert = files.path("server.pem"),
          .key = files.path("server.key"),
          .verify_incoming = true,
          .ca_cert = files.path("ca.pem")};
  serve();
  auto url = "https://localhost:" + std::to_string(port_) + "/a";
  auto ours = tls_;
  ours.cert = files.path("client.pem");
  ours.key = files.path("client.key");
  use(ours);
  auto seen = greet(url);
  EXPECT_FALSE(seen.failure) << seen.message;
  EXPECT_THAT(seen.body, StartsWith("GET /a localhost:"));
}

TEST_F(PeerLine, FindsAnApiStrangeWhoseCertificateCannotBeVerified) {
  auto files = tests::certificates{};
  tls_ = {.enabled = true,
          .cert = files.path("server.pem"),
          .key = files.path("server.key")};
  serve();
  use({.enabled = true});
  auto seen = greet("https://localhost:" + std::to_string(port_) + "/a");
  EXPECT_EQ(seen.failure, failure::strange);
  EXPECT_THAT(seen.message, HasSubstr("tls: failed to verify certificate"));
}

TEST(PeerHttpOptions, NameTheSettingOfAnAuthorityThatIsNotThere) {
  auto settings = config::settings{};
  settings.tls = {.enabled = true, .ca_cert = "/nonexistent/ca.pem"};
  auto options = peer_http_options(settings);
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().message,
            "cannot read the CA certificate /nonexistent/ca.pem: check "
            "tls.ca_cert and ca_path");
}

} // namespace
} // namespace cts
