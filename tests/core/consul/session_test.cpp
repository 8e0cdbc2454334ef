#include "core/consul/session.hpp"

#include "tests/core/consul/recorded.hpp"

#include <gtest/gtest.h>

namespace cts::consul {
namespace {

using namespace std::chrono_literals;

constexpr auto id = "ea26e64a-ede2-c19f-87b0-3bb3ddd129a0";

TEST(Session, IsCreatedWithTheBodyOfTheSpecification) {
  auto x = create_session({.name = "cts/cts-cluster/cts-01",
                           .ttl = 15s,
                           .service_checks = {"cts-01-alive"}});
  EXPECT_EQ(x.method, "PUT");
  EXPECT_EQ(target_of(x), "/v1/session/create");
  EXPECT_EQ(x.body, R"({"Name":"cts/cts-cluster/cts-01","TTL":"15s",)"
                    R"("LockDelay":"0s","Behavior":"release",)"
                    R"("NodeChecks":["serfHealth"],)"
                    R"("ServiceChecks":[{"ID":"cts-01-alive"}]})");
}

TEST(Session, LeavesOutWhatItHasNot) {
  auto x = create_session({.node_checks = {}, .ns = "team a"});
  EXPECT_EQ(target_of(x), "/v1/session/create?ns=team%20a");
  EXPECT_EQ(x.body, R"({"Name":"","TTL":"","LockDelay":"0s",)"
                    R"("Behavior":"release","NodeChecks":[]})");
}

TEST(Session, IsRenewedDestroyedAndReadById) {
  EXPECT_EQ(target_of(renew_session(id, "")),
            std::string{"/v1/session/renew/"} + id);
  EXPECT_EQ(renew_session(id, "").method, "PUT");
  EXPECT_EQ(target_of(destroy_session("a/b", "n")),
            "/v1/session/destroy/a%2Fb?ns=n");
  EXPECT_EQ(destroy_session(id, "").method, "PUT");
  EXPECT_EQ(target_of(read_session(id, "")),
            std::string{"/v1/session/info/"} + id);
  EXPECT_EQ(read_session(id, "").method, "GET");
}

TEST(Session, ReadsTheIdOfANewOne) {
  auto x = decode_session_created(
    {.status = 200, .body = recorded("session_created")});
  ASSERT_TRUE(x) << x.error().message;
  EXPECT_EQ(*x, (session_reply{.id = id}));
}

TEST(Session, TellsTheRefusalsApart) {
  struct given {
    int status;
    const char* body;
    session_outcome outcome;
  };
  for (const auto& x :
       {given{500, "Missing check 'zz' registration",
              session_outcome::check_missing},
        given{500, "Check 'x' is in critical state",
              session_outcome::check_critical},
        given{500, "rpc error making call: Check 'x' is in critical state",
              session_outcome::check_critical},
        given{500,
              "Invalid Session TTL '9000000000', must be between [10s=24h0m0s]",
              session_outcome::ttl_refused},
        given{403, "Permission denied", session_outcome::denied},
        given{403, "ACL not found", session_outcome::denied},
        given{500, "rpc error making call: Permission denied",
              session_outcome::denied}}) {
    auto decoded = decode_session_created({.status = x.status, .body = x.body});
    ASSERT_TRUE(decoded) << x.body;
    EXPECT_EQ(decoded->outcome, x.outcome) << x.body;
    EXPECT_EQ(decoded->message, x.body);
  }
}

TEST(Session, KnowsThatOneHasEnded) {
  auto gone = decode_session_changed(
    {.status = 404, .body = "Session id '" + std::string{id} + "' not found"});
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->outcome, session_outcome::not_found);
  auto renewed
    = decode_session_changed({.status = 200, .body = recorded("session_info")});
  ASSERT_TRUE(renewed);
  EXPECT_EQ(renewed->outcome, session_outcome::done);
}

TEST(Session, GivesTroubleTheTextOfItsStatus) {
  for (auto decode : {decode_session_created, decode_session_changed}) {
    auto x = decode({.status = 500, .body = "No cluster leader\n"});
    ASSERT_FALSE(x);
    EXPECT_EQ(x.error().code, errc::unavailable);
    EXPECT_EQ(x.error().message,
              "session: Unexpected response code: 500 (No cluster leader)");
    EXPECT_EQ(decode({.status = 429}).error().code, errc::unavailable);
    EXPECT_EQ(decode({.status = 400}).error().code, errc::refused);
  }
  for (const auto* body : {"", "[]", "{}", R"({"ID":1})"})
    EXPECT_EQ(
      decode_session_created({.status = 200, .body = body}).error().code,
      errc::malformed)
      << body;
}

TEST(Session, ReadsOne) {
  auto x = decode_session({.status = 200, .body = recorded("session_info")});
  ASSERT_TRUE(x) << x.error().message;
  ASSERT_TRUE(*x);
  EXPECT_EQ(**x, (session{.id = id,
                          .name = "cts/prod/a",
                          .node = "real",
                          .ttl = "15s",
                          .behavior = "release",
                          .node_checks = {"serfHealth"},
                          .service_checks = {"cts-alive"},
                          .create_index = 200}));
}

TEST(Session, ReadsThatThereIsNone) {
  auto x = decode_session({.status = 200, .body = "[]\n"});
  ASSERT_TRUE(x);
  EXPECT_FALSE(*x);
  EXPECT_EQ(decode_session({.status = 500}).error().code, errc::unavailable);
  EXPECT_EQ(decode_session({.status = 200, .body = "[{}]"}).error().code,
            errc::malformed);
}

} // namespace
} // namespace cts::consul
