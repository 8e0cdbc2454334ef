#include "tests/runtime/http_server_fixture.hpp"

#include <gmock/gmock.h>

using namespace cts;
using namespace cts::tests;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

using namespace std::chrono_literals;

class HttpServer : public http_server_fixture {};

constexpr auto ask_a = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

} // namespace

TEST_F(HttpServer, PassesTheRequestOnAndTheReplyBack) {
  serve();
  auto client = connect();
  client.send("POST /x?y=1 HTTP/1.1\r\nHost: there:1\r\n"
              "Content-Length: 4\r\n\r\nbody");
  EXPECT_EQ(client.reply(),
            "HTTP/1.1 200 OK\r\n"
            "Access-Control-Allow-Origin: *\r\n"
            "Access-Control-Allow-Headers: Content-Type\r\n"
            "Access-Control-Allow-Methods: GET, PUT, PATCH, POST, DELETE\r\n"
            "Content-Type: text/plain\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Content-Length: 25\r\n\r\n"
            "POST /x?y=1 there:1 body\n");
}

TEST_F(HttpServer, KeepsTheConnectionForFurtherRequests) {
  serve();
  auto client = connect();
  for (auto i = 0; i < 100; ++i) {
    client.send(ask_a);
    ASSERT_THAT(client.reply(), EndsWith("GET /a h \n"));
  }
}

TEST_F(HttpServer, AnswersPipelinedRequestsInOrder) {
  serve();
  auto client = connect();
  client.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n"
              "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.reply(), EndsWith("GET /1 h \n"));
  EXPECT_THAT(client.reply(), EndsWith("GET /2 h \n"));
}

TEST_F(HttpServer, ClosesWhenTheClientAsksForIt) {
  serve();
  auto client = connect();
  client.send("GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const auto all = client.until_end();
  EXPECT_THAT(all, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(all, EndsWith("GET /a h \n"));
}

TEST_F(HttpServer, SpeaksHttp10) {
  serve();
  auto client = connect();
  client.send("GET /a HTTP/1.0\r\n\r\n");
  const auto all = client.until_end();
  EXPECT_THAT(all, StartsWith("HTTP/1.0 200 OK\r\n"));
  EXPECT_THAT(all, EndsWith("GET /a  \n"));
}

TEST_F(HttpServer, AnswersHeadWithTheLengthAndNoBody) {
  serve();
  auto client = connect();
  client.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
  client.send(ask_a);
  const auto head = client.header();
  EXPECT_THAT(head, HasSubstr("Content-Length: 11\r\n"));
  EXPECT_THAT(client.reply(), EndsWith("\r\n\r\nGET /a h \n"));
}

TEST_F(HttpServer, TakesAChunkedBody) {
  serve();
  auto client = connect();
  client.send("POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
              "\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_THAT(client.reply(), EndsWith("POST /c h abcde\n"));
}

TEST_F(HttpServer, TellsAClientThatAsksToGoOn) {
  serve();
  auto client = connect();
  client.send("POST /e HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
              "Content-Length: 2\r\n\r\n");
  EXPECT_EQ(client.header(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_THAT(client.reply(), EndsWith("POST /e h ok\n"));
}

TEST_F(HttpServer, SendsALargeReplyCompletely) {
  serve();
  EXPECT_GT(get("/large").size(), 8U << 20U);
}

TEST_F(HttpServer, RefusesWhatIsNoHttp) {
  serve();
  for (const auto* garbage :
       {"\x16\x03\x01\x02\x01\r\n\r\n", "GET\r\n\r\n", "hello there\r\n\r\n",
        "GET /a HTTP/1.1\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: h\r\nbroken\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n"}) {
    auto client = connect();
    client.send(garbage);
    const auto all = client.until_end();
    EXPECT_THAT(all, StartsWith("HTTP/1.1 400 Bad Request\r\n")) << garbage;
    EXPECT_THAT(all, HasSubstr("{\"error\":{\"message\":\"the request"));
    EXPECT_THAT(all, HasSubstr("Access-Control-Allow-Origin: *\r\n"));
  }
  EXPECT_THAT(get("/a"), EndsWith("GET /a h \n"));
}

TEST_F(HttpServer, RefusesOtherVersions) {
  serve();
  auto client = connect();
  client.send("PRI * HTTP/2.0\r\n\r\n");
  EXPECT_THAT(client.until_end(), StartsWith("HTTP/1.1 505 "));
}

TEST_F(HttpServer, RefusesALargeHeader) {
  serve();
  auto client = connect();
  client.send("GET /a HTTP/1.1\r\nHost: h\r\nX: " + std::string(20'000, 'x')
              + "\r\n\r\n");
  const auto all = client.until_end();
  EXPECT_THAT(all, StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(all, HasSubstr("larger than 16384 bytes"));
}

TEST_F(HttpServer, RefusesALargeBodyBeforeItIsSent) {
  serve();
  auto client = connect();
  client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\n");
  const auto all = client.until_end();
  EXPECT_THAT(all, StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(all, HasSubstr("larger than 1048576 bytes"));
}

TEST_F(HttpServer, RefusesALargeChunkedBody) {
  serve();
  auto client = connect();
  client.send("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
              "\r\n200000\r\n"
              + std::string(2U << 20U, 'x'));
  EXPECT_THAT(client.until_end(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpServer, ClosesOnAClientThatDoesNotFinishItsRequest) {
  options_.limits.read_timeout = 50ms;
  serve();
  auto client = connect();
  client.send("GET /a HTTP/1.1\r\nHos");
  EXPECT_EQ(client.until_end(), "");
}

TEST_F(HttpServer, ClosesAConnectionThatIsIdleForTooLong) {
  options_.limits.idle_timeout = 50ms;
  serve();
  auto client = connect();
  client.send(ask_a);
  EXPECT_THAT(client.until_end(), EndsWith("GET /a h \n"));
}

TEST_F(HttpServer, TurnsAwayOneConnectionTooMany) {
  options_.limits.connections_max = 3;
  serve();
  auto served = std::vector<raw_client>{};
  for (auto i = 0; i < 3; ++i) {
    served.push_back(connect());
    served.back().send(ask_a);
    ASSERT_THAT(served.back().reply(), EndsWith("GET /a h \n"));
  }
  const auto refusal = connect().until_end();
  EXPECT_THAT(refusal, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_THAT(refusal, HasSubstr("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
  EXPECT_THAT(refusal, EndsWith("{\"error\":{\"message\":\"too many "
                                "connections; try again later\"}}\n"));
  served.front().send(ask_a);
  EXPECT_THAT(served.front().reply(), EndsWith("GET /a h \n"));
}

TEST_F(HttpServer, ServesAsManyConnectionsAsItSays) {
  serve();
  auto clients = std::vector<raw_client>{};
  for (auto i = 0; i < 256; ++i)
    clients.push_back(connect());
  for (auto& client : clients)
    client.send(ask_a);
  for (auto& client : clients)
    ASSERT_THAT(client.reply(), EndsWith("GET /a h \n"));
}

TEST_F(HttpServer, SaysThatAPortIsTaken) {
  serve();
  auto second = make_server();
  const auto opened = open(second, port_);
  caf::anon_send_exit(second, caf::exit_reason::user_shutdown);
  ASSERT_TRUE(opened.has_error());
  EXPECT_EQ(opened.error(), fail(errc::system, "listen tcp :", port_,
                                 ": bind: address already in use"));
}

TEST_F(HttpServer, OpensOnlyOnePort) {
  serve();
  const auto opened = open(server_, 0);
  ASSERT_TRUE(opened.has_error());
  EXPECT_EQ(opened.error().code, errc::refused);
}

TEST_F(HttpServer, AnswersWith503WhenTheApiIsGone) {
  serve();
  EXPECT_THAT(get("/die"), StartsWith("HTTP/1.1 "));
  const auto reply = get("/a");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_THAT(reply, HasSubstr("{\"error\":{\"message\":\"the API cannot"));
}

TEST_F(HttpServer, AnswersWith503WhenTheApiIsTooSlow) {
  options_.answer_timeout = 30ms;
  serve();
  EXPECT_THAT(get("/slow"), StartsWith("HTTP/1.1 503 "));
}

TEST_F(HttpServer, FinishesAnOpenRequestBeforeItCloses) {
  serve();
  auto idle = connect();
  idle.send(ask_a);
  idle.reply();
  auto slow = connect();
  slow.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
  gate_->wait_for_arrival();
  auto closing = begin_close(10s);
  EXPECT_EQ(idle.until_end(), "");
  caf::anon_send(api_, api_request{.method = "GET", .target = "/open"});
  const auto reply = slow.until_end();
  EXPECT_THAT(reply, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(reply, EndsWith("at last\n"));
  auto is_closed = false;
  closing.receive([&] { is_closed = true; }, [](const caf::error&) {});
  EXPECT_TRUE(is_closed);
  EXPECT_TRUE(raw_client::is_refused(port_));
}

TEST_F(HttpServer, CutsOffARequestThatOutlastsTheGrace) {
  serve();
  auto slow = connect();
  slow.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
  gate_->wait_for_arrival();
  EXPECT_TRUE(close(20ms));
  EXPECT_EQ(slow.until_end(), "");
  caf::anon_send(api_, api_request{.method = "GET", .target = "/open"});
}

TEST_F(HttpServer, OpensThePortAgainAfterItWasClosed) {
  serve();
  get("/a");
  EXPECT_TRUE(close(1s));
  EXPECT_TRUE(close(1s));
  EXPECT_EQ(open(server_, port_).value(), port_);
  EXPECT_THAT(get("/b"), EndsWith("GET /b h \n"));
}

TEST_F(HttpServer, ClosesThePortWhenItEnds) {
  serve();
  auto client = connect();
  client.send(ask_a);
  client.reply();
  caf::anon_send_exit(server_, caf::exit_reason::kill);
  EXPECT_EQ(client.until_end(), "");
  EXPECT_TRUE(raw_client::is_refused(port_));
}

TEST_F(HttpServer, LetsNoChildProcessInheritItsSockets) {
  serve();
  auto client = connect();
  client.send(ask_a);
  client.reply();
  EXPECT_EQ(tests::inheritable_sockets(client), 0);
}
