#include "actors/log.hpp"
#include "runtime/tls_context.hpp"
#include "tests/runtime/certificates.hpp"
#include "tests/runtime/http_server_fixture.hpp"

#include <boost/asio/ssl/context.hpp>

#include <gmock/gmock.h>

#include <openssl/ssl.h>

#include <mutex>

using namespace cts;
using namespace cts::tests;
using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

constexpr auto ask_and_close
  = "GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

class HttpServerTls : public http_server_fixture {
protected:
  HttpServerTls() {
    tls_ = {.enabled = true,
            .cert = files_.path("server.pem"),
            .key = files_.path("server.key")};
    log::set_sink([this](const log::line& line) {
      const auto guard = std::lock_guard{mutex_};
      if (line.level == log::level::warn)
        warnings_.emplace_back(line.sentence);
    });
  }

  ~HttpServerTls() override {
    stop();
    log::set_sink({});
  }

  void verify_clients() {
    tls_.verify_incoming = true;
    tls_.ca_cert = files_.path("ca.pem");
  }

  std::string ask(const tls_client_options& options = {}) {
    return tls_exchange(port_, ask_and_close, options);
  }

  tls_client_options known_client() {
    return {.certificate = files_.path("client.pem"),
            .key = files_.path("client.key")};
  }

  certificates files_{};
  std::mutex mutex_;
  std::vector<std::string> warnings_{};
};

} // namespace

TEST_F(HttpServerTls, AnswersOverTls) {
  serve();
  const auto reply = ask();
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(reply, EndsWith("GET /a h \n"));
}

TEST_F(HttpServerTls, KeepsTheConnectionForFurtherRequests) {
  serve();
  const auto replies = tls_exchange(
    port_, "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n" + std::string{ask_and_close},
    {});
  EXPECT_THAT(replies, HasSubstr("GET /1 h \n"));
  EXPECT_THAT(replies, EndsWith("GET /a h \n"));
}

TEST_F(HttpServerTls, TellsPlainHttpToUseHttps) {
  serve();
  auto client = connect();
  client.send(ask_and_close);
  EXPECT_EQ(client.until_end(),
            "HTTP/1.0 400 Bad Request\r\n\r\n"
            "Client sent an HTTP request to an HTTPS server.\n");
}

TEST_F(HttpServerTls, RefusesOldVersions) {
  serve();
  EXPECT_EQ(ask({.newest_version = TLS1_1_VERSION}), "");
  EXPECT_THAT(ask({.newest_version = TLS1_2_VERSION}), EndsWith("/a h \n"));
}

TEST_F(HttpServerTls, NeedsNoSystemSettingToRefuseOldVersions) {
  const auto tls = http::make_tls_context(tls_);
  ASSERT_TRUE(tls);
  EXPECT_EQ(SSL_CTX_get_min_proto_version((*tls)->native_handle()),
            TLS1_2_VERSION);
}

TEST_F(HttpServerTls, ServesOnlyClientsOfTheAuthority) {
  verify_clients();
  serve();
  EXPECT_THAT(ask(known_client()), EndsWith("GET /a h \n"));
  EXPECT_EQ(ask(), "");
  const auto strangers = certificates{};
  EXPECT_EQ(ask({.certificate = strangers.path("client.pem"),
                 .key = strangers.path("client.key")}),
            "");
  stop();
  EXPECT_EQ(warnings_.size(), 2U);
  EXPECT_THAT(warnings_, Contains(StartsWith("http: TLS handshake error from "
                                             "127.0.0.1:")));
}

TEST_F(HttpServerTls, FindsTheAuthorityInAFolder) {
  tls_.verify_incoming = true;
  std::filesystem::create_directory(files_.path("authorities"));
  std::filesystem::copy(files_.path("ca.pem"),
                        files_.path("authorities/any-name"));
  tls_.ca_path = files_.path("authorities");
  serve();
  EXPECT_THAT(ask(known_client()), EndsWith("GET /a h \n"));
  EXPECT_EQ(ask(), "");
}

TEST_F(HttpServerTls, NamesEveryAuthorityOfAFolder) {
  const auto others = certificates{"another authority"};
  std::filesystem::create_directory(files_.path("authorities"));
  std::filesystem::copy(files_.path("ca.pem"), files_.path("authorities/a"));
  std::filesystem::copy(others.path("ca.pem"), files_.path("authorities/b"));
  tls_.verify_incoming = true;
  tls_.ca_path = files_.path("authorities");
  serve();
  EXPECT_THAT(authorities_of(port_),
              ElementsAre("our authority", "another authority"));
}

TEST_F(HttpServerTls, SurvivesAClientThatGivesUpDuringTheHandshake) {
  serve();
  {
    auto client = connect();
    client.send("\x16\x03\x01");
  }
  EXPECT_THAT(ask(), EndsWith("GET /a h \n"));
}

TEST_F(HttpServerTls, DoesNotOpenWithoutItsFiles) {
  tls_.cert = files_.path("missing.pem");
  server_ = make_server();
  const auto opened = open(server_, 0);
  ASSERT_TRUE(opened.has_error());
  EXPECT_EQ(opened.error().code, errc::configuration);
  EXPECT_THAT(opened.error().message, HasSubstr("missing.pem"));
}
