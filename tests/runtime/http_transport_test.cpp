#include "runtime/http_transport.hpp"

#include "actors/caf/system_config.hpp"
#include "actors/errors.hpp"
#include "tests/support/scripted_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <algorithm>
#include <array>
#include <future>
#include <mutex>

namespace cts {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using action = scripted_server::action;

constexpr auto patience = std::chrono::seconds{20};

class HttpTransport : public testing::Test {
protected:
  void start(http_options options = {}) {
    http = make_http_transport(self.ptr(), std::move(options));
  }

  void TearDown() override {
    if (http)
      self->send_exit(http, caf::exit_reason::user_shutdown);
  }

  http_request get(std::string url, milliseconds deadline = 10s) {
    return {.id = ++ids,
            .method = "GET",
            .url = std::move(url),
            .deadline = deadline};
  }

  result<http_reply> ask(http_request x) {
    return receive(self->request(http, patience, std::move(x)));
  }

  template <class Pending>
  result<http_reply> receive(Pending&& pending) {
    auto out = result<http_reply>{fail(errc::system, "no answer")};
    pending.receive([&](http_reply& x) { out = std::move(x); },
                    [&](caf::error& x) { out = to_core(x); });
    return out;
  }

  static std::string field(const http_reply& x, const std::string& name) {
    for (const auto& [key, value] : x.fields)
      if (key == name)
        return value;
    return {};
  }

  cafx::system_config<> config;
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  http_actor http;
  std::uint64_t ids = 0;
};

TEST_F(HttpTransport, ReturnsStatusFieldsInLowerCaseAndBody) {
  start();
  auto server = scripted_server{[](const std::string&) {
    return action{http_response(404, "nothing", "X-Consul-Index: 7\r\n")};
  }};
  auto reply = ask(get(server.url("/v1/kv/a")));
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->status, 404);
  EXPECT_EQ(field(*reply, "x-consul-index"), "7");
  EXPECT_EQ(reply->body, "nothing");
}

TEST_F(HttpTransport, SendsMethodTargetFieldsAndBody) {
  start();
  auto seen = std::promise<std::string>{};
  auto server = scripted_server{[&](const std::string& request) {
    seen.set_value(request);
    return action{http_response(200, "")};
  }};
  auto request = get(server.url("/v1/kv/a?x=1"));
  request.method = "PUT";
  request.fields = {{"X-Consul-Token", "secret"}};
  request.body = "value";
  ASSERT_TRUE(ask(request));
  auto text = seen.get_future().get();
  EXPECT_TRUE(text.starts_with("PUT /v1/kv/a?x=1 HTTP/1.1\r\n")) << text;
  EXPECT_THAT(text, HasSubstr("\r\nX-Consul-Token: secret\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\nAccept-Encoding: gzip\r\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("Expect:")));
  EXPECT_TRUE(text.ends_with("\r\n\r\nvalue")) << text;
}

TEST_F(HttpTransport, UnpacksGzip) {
  start();
  constexpr auto packed = std::array<unsigned char, 30>{
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
    0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0x48, 0xaf, 0xca, 0x2c,
    0x00, 0x00, 0x19, 0x6a, 0xd2, 0xdf, 0x0a, 0x00, 0x00, 0x00};
  auto server = scripted_server{[&](const std::string&) {
    return action{http_response(200, {packed.begin(), packed.end()},
                                "Content-Encoding: gzip\r\n")};
  }};
  auto reply = ask(get(server.url("/")));
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->body, "hello gzip");
}

TEST_F(HttpTransport, ReusesAConnection) {
  start();
  auto server = scripted_server{
    [](const std::string&) { return action{http_response(200, "ok")}; }};
  for (auto i = 0; i < 5; ++i)
    ASSERT_TRUE(ask(get(server.url("/"))));
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpTransport, OpensAConnectionForEachRequestWithoutKeepAlive) {
  auto options = http_options{};
  options.transport.disable_keep_alives = true;
  start(options);
  auto server = scripted_server{
    [](const std::string&) { return action{http_response(200, "ok")}; }};
  for (auto i = 0; i < 3; ++i)
    ASSERT_TRUE(ask(get(server.url("/"))));
  EXPECT_EQ(server.connections(), 3);
}

TEST_F(HttpTransport, KeepsToTheLimitOfConnections) {
  start({.connections_max = 2});
  auto server = scripted_server{
    [](const std::string&) { return action{http_response(200, "ok")}; }};
  auto first = self->request(http, patience, get(server.url("/1")));
  auto second = self->request(http, patience, get(server.url("/2")));
  auto third = self->request(http, patience, get(server.url("/3")));
  EXPECT_TRUE(receive(std::move(first)));
  EXPECT_TRUE(receive(std::move(second)));
  EXPECT_TRUE(receive(std::move(third)));
  EXPECT_LE(server.connections(), 2);
}

TEST_F(HttpTransport, GivesUpAtTheDeadlineAndDisconnects) {
  start();
  auto server = scripted_server{[](const std::string&) { return action{}; }};
  auto reply = ask(get(server.url("/slow"), 50ms));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, errc::timed_out);
  EXPECT_EQ(reply.error().message,
            "Get \"" + server.url("/slow") + "\": context deadline exceeded");
  server.await_disconnects();
}

TEST_F(HttpTransport, TheDeadlineCountsTheWaitForAConnection) {
  start({.connections_max = 1});
  auto server = scripted_server{[](const std::string&) { return action{}; }};
  auto hanging = get(server.url("/hangs"));
  auto first = self->request(http, patience, hanging);
  auto second = ask(get(server.url("/waits"), 50ms));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, errc::timed_out);
  self->send(http, cancel_http{hanging.id});
  EXPECT_FALSE(receive(std::move(first)));
}

TEST_F(HttpTransport, CancelAnswersAtOnceAndDisconnects) {
  start();
  auto arrived = std::promise<void>{};
  auto server = scripted_server{[&](const std::string&) {
    arrived.set_value();
    return action{};
  }};
  auto request = get(server.url("/poll"), 1h);
  auto pending = self->request(http, patience, request);
  arrived.get_future().wait();
  self->send(http, cancel_http{request.id});
  auto reply = receive(std::move(pending));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, errc::cancelled);
  server.await_disconnects();
}

TEST_F(HttpTransport, AnIdMayBeUsedAgainAfterCancelling) {
  start();
  auto server = scripted_server{[](const std::string& request) {
    return request.starts_with("GET /poll")
             ? action{}
             : action{http_response(200, "second")};
  }};
  auto request = get(server.url("/poll"));
  auto first = self->request(http, patience, request);
  self->send(http, cancel_http{request.id});
  request.url = server.url("/now");
  auto second = self->request(http, patience, request);
  EXPECT_FALSE(receive(std::move(first)));
  auto reply = receive(std::move(second));
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->body, "second");
}

TEST_F(HttpTransport, RefusesAnIdThatIsInUse) {
  start();
  auto server = scripted_server{[](const std::string&) { return action{}; }};
  auto request = get(server.url("/poll"));
  auto first = self->request(http, patience, request);
  auto second = ask(request);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, errc::malformed);
  self->send(http, cancel_http{request.id});
  EXPECT_FALSE(receive(std::move(first)));
}

TEST_F(HttpTransport, NamesARefusedConnectionLikeTheReference) {
  start();
  // A socket that is bound and does not listen keeps the port from others.
  auto blocker = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = sockaddr_in{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto size = socklen_t{sizeof address};
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(bind(blocker, generic, size), 0);
  ASSERT_EQ(getsockname(blocker, generic, &size), 0);
  auto port = std::to_string(ntohs(address.sin_port));
  auto reply = ask(get("http://127.0.0.1:" + port + "/v1/status/leader"));
  close(blocker);
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, errc::unavailable);
  EXPECT_EQ(reply.error().message, "Get \"http://127.0.0.1:" + port
                                     + "/v1/status/leader\": dial tcp "
                                       "127.0.0.1:"
                                     + port + ": connect: connection refused");
}

TEST_F(HttpTransport, NamesAnUnknownHost) {
  start();
  auto reply = ask(get("http://no-such-host.invalid:8500/"));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, errc::unavailable);
  EXPECT_THAT(reply.error().message,
              HasSubstr("lookup no-such-host.invalid: no such host"));
}

TEST_F(HttpTransport, CallsAClosedConnectionEof) {
  start();
  auto server
    = scripted_server{[](const std::string&) { return action{.close = true}; }};
  auto reply = ask(get(server.url("/")));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, errc::unavailable);
  EXPECT_EQ(reply.error().message, "Get \"" + server.url("/") + "\": EOF");
}

TEST_F(HttpTransport, NamesAResetConnection) {
  start();
  auto server
    = scripted_server{[](const std::string&) { return action{.reset = true}; }};
  auto reply = ask(get(server.url("/")));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, errc::unavailable);
  EXPECT_THAT(reply.error().message,
              HasSubstr(": read: connection reset by peer"));
}

TEST_F(HttpTransport, CallsNonsenseMalformed) {
  start();
  auto server = scripted_server{[](const std::string&) {
    return action{.bytes = "220 mail.example.com ESMTP\r\n", .close = true};
  }};
  auto reply = ask(get(server.url("/")));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, errc::malformed);
}

TEST_F(HttpTransport, LimitsTheBody) {
  start({.body_bytes_max = 1000});
  auto server = scripted_server{[](const std::string&) {
    return action{http_response(200, std::string(1001, 'x'))};
  }};
  auto reply = ask(get(server.url("/")));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, errc::limit);
  EXPECT_NE(reply.error().message.find("longer than 1000 bytes: narrow the "
                                       "query with a filter"),
            std::string::npos);
}

TEST_F(HttpTransport, TakesABodyOfExactlyTheLimit) {
  start({.body_bytes_max = 1000});
  auto server = scripted_server{[](const std::string&) {
    return action{http_response(200, std::string(1000, 'x'))};
  }};
  auto reply = ask(get(server.url("/")));
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->body.size(), 1000u);
}

TEST_F(HttpTransport, LimitsTheFields) {
  start({.header_bytes_max = 200});
  auto server = scripted_server{[](const std::string&) {
    return action{
      http_response(200, "", "X-Long: " + std::string(300, 'x') + "\r\n")};
  }};
  auto reply = ask(get(server.url("/")));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, errc::limit);
  EXPECT_NE(reply.error().message.find("the header of the answer is longer "
                                       "than 200 bytes"),
            std::string::npos);
}

TEST_F(HttpTransport, ItsEndAnswersWhatIsUnderWay) {
  start();
  auto arrived = std::promise<void>{};
  auto server = scripted_server{[&](const std::string&) {
    arrived.set_value();
    return action{};
  }};
  auto pending = self->request(http, patience, get(server.url("/poll"), 1h));
  arrived.get_future().wait();
  self->send_exit(http, caf::exit_reason::user_shutdown);
  EXPECT_FALSE(receive(std::move(pending)));
  server.await_disconnects();
}

TEST_F(HttpTransport, AnswersManyAtOnce) {
  start();
  auto server = scripted_server{[](const std::string& request) {
    return action{http_response(200, request.substr(0, request.find(" HTTP")))};
  }};
  auto pending
    = std::vector<decltype(self->request(http, patience, http_request{}))>{};
  for (auto i = 0; i < 200; ++i)
    pending.push_back(
      self->request(http, patience, get(server.url("/" + std::to_string(i)))));
  for (auto i = 0; i < 200; ++i) {
    auto reply = receive(std::move(pending[static_cast<std::size_t>(i)]));
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->body, "GET /" + std::to_string(i));
  }
}

} // namespace
} // namespace cts
