#include "runtime/cluster_command.hpp"

#include "tests/support/scripted_server.hpp"

#include <gtest/gtest.h>

namespace cts {
namespace {

using action = scripted_server::action;

result<api_endpoint> endpoint(const client_options& x,
                              const environment& variables = {}) {
  return endpoint_of(x, variables);
}

std::string problem(const std::string& address) {
  auto found = endpoint({.http_addr = address});
  return found ? "none" : found.error().message;
}

TEST(ClientEndpoint, IsTheUsualPortOfThisMachine) {
  EXPECT_EQ(endpoint({})->url, "http://localhost:8558");
}

TEST(ClientEndpoint, PrefersTheOptionToTheVariable) {
  auto variables = environment{{"CTS_ADDRESS", "https://h:1"}};
  EXPECT_EQ(endpoint({}, variables)->url, "https://h:1");
  EXPECT_EQ(endpoint({.http_addr = "http://i:2/"}, variables)->url,
            "http://i:2");
}

TEST(ClientEndpoint, ReplacesThePortOnlyAndSaysThatItIsDeprecated) {
  auto variables = environment{{"CTS_ADDRESS", "https://h:1"}};
  auto found = endpoint({.port = "7"}, variables);
  EXPECT_EQ(found->url, "https://h:7");
  EXPECT_EQ(found->warning,
            "Warning: 'port' option is deprecated and will be removed in a "
            "later version. It is preferred to use the 'http-addr' option "
            "instead.\n\n");
  EXPECT_EQ(endpoint({.http_addr = "http://i", .port = "7"})->url, "http://i");
  EXPECT_EQ(endpoint({.port = "7"}, {{"CTS_ADDRESS", "http://[::1]:1"}})->url,
            "http://[::1]:7");
}

TEST(ClientEndpoint, RefusesAddressesInTheWordsOfTheReference) {
  EXPECT_EQ(problem(""), "parse \"\": empty url");
  EXPECT_EQ(problem("bogus"), "parse \"bogus\": invalid URI for request");
  EXPECT_EQ(problem("localhost:8558"), "unknown protocol scheme: localhost");
  EXPECT_EQ(problem("ftp://h:1"), "unknown protocol scheme: ftp");
  EXPECT_EQ(problem("http://"), "invalid address, host value is empty");
  EXPECT_EQ(problem("http://:1"), "invalid address, host value is empty");
  EXPECT_EQ(endpoint({}, {{"CTS_ADDRESS", ""}}).error().message,
            "parse \"\": empty url");
}

TEST(ClientEndpoint, WantsTheCertificateWithItsKey) {
  EXPECT_EQ(endpoint({.client_cert = "c"}).error().message,
            "both client cert and client key must be provided");
  auto found = endpoint({.client_cert = "c"}, {{"CTS_CLIENT_KEY", "k"}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->http.tls.key, "k");
}

TEST(ClientEndpoint, VerifiesUnlessToldOtherwise) {
  EXPECT_TRUE(endpoint({})->http.tls.verify);
  EXPECT_FALSE(endpoint({.ssl_verify = false})->http.tls.verify);
  EXPECT_FALSE(endpoint({}, {{"CTS_SSL_VERIFY", "f"}})->http.tls.verify);
  EXPECT_TRUE(endpoint({}, {{"CTS_SSL_VERIFY", "bogus"}})->http.tls.verify);
  EXPECT_TRUE(
    endpoint({.ssl_verify = true}, {{"CTS_SSL_VERIFY", "0"}})->http.tls.verify);
}

TEST(ClientEndpoint, SaysWhichAuthorityCannotBeRead) {
  EXPECT_EQ(endpoint({.ca_cert = "/nonexistent/x"}).error().message,
            "Error loading CA File: open /nonexistent/x: no such file or "
            "directory");
  EXPECT_EQ(endpoint({.ca_cert = "/dev/null"}).error().message,
            "Error loading CA File: Couldn't parse PEM in: /dev/null");
}

TEST(ClusterCommand, FindsTheLeaderInARedirect) {
  EXPECT_EQ(redirected_to("redirect requests to leader 'a' at h:1"), "h:1");
  EXPECT_EQ(redirected_to("redirect requests to leader 'a'"), "");
  EXPECT_EQ(redirected_to("redirect requests to leader"), "");
  EXPECT_EQ(redirected_to("it's at home"), "");
}

TEST(ClusterCommand, BreaksLinesAtBlanks) {
  auto word = std::string(40, 'x');
  EXPECT_EQ(wrapped(word + " " + word), word + "\n" + word);
  EXPECT_EQ(wrapped("a b"), "a b");
  EXPECT_EQ(wrapped(std::string(100, 'x')), std::string(100, 'x'));
  EXPECT_EQ(wrapped(""), "");
}

TEST(ClusterCommand, ShowsTheMembersInColumns) {
  auto table = cluster_table(
    R"({"cluster_name":"c","epoch":3,"members":[)"
    R"({"address":"h1","healthy":true,"id":"cts-01","leader":true,)"
    R"("service_name":"s","version":"v1"},)"
    R"({"healthy":false,"id":"cts-2","leader":false,"service_name":"s",)"
    R"("version":"v1"}],"request_id":"x","state":"leader"})");
  ASSERT_TRUE(table);
  EXPECT_EQ(*table, "==> Cluster 'c', epoch 3\n"
                    "    ID      LEADER  HEALTHY  VERSION  ADDRESS\n"
                    "    cts-01  yes     yes      v1       h1\n"
                    "    cts-2   no      no       v1\n");
  EXPECT_FALSE(cluster_table("<html>"));
}

TEST(ClusterCommand, SaysWhyTheApiRefused) {
  auto server = scripted_server{[](const std::string&) {
    return action{http_response(
      405, R"({"error":{"message":"no cluster"},"request_id":"r1"})")};
  }};
  auto said = run_cluster({.client = {.http_addr = server.url("")}});
  EXPECT_EQ(said.exit_code, 11);
  EXPECT_EQ(said.err, "==> Error: unable to read the status of the cluster\n");
  EXPECT_EQ(said.out, "    405 Method Not Allowed: no cluster, see logs for "
                      "more details (Request ID: r1)\n");
}

TEST(ClusterCommand, FollowsTheLeaderUnlessToldOtherwise) {
  auto leader = scripted_server{[](const std::string& request) {
    auto asked = request.starts_with("POST /v1/cluster/step-down ");
    return action{http_response(asked ? 200 : 404, "{\"request_id\":\"r\"}\n")};
  }};
  auto there = "127.0.0.1:" + std::to_string(leader.port());
  auto follower = scripted_server{[there](const std::string&) {
    return action{http_response(
      400, R"({"error":{"message":"redirect requests to leader 'a' at )" + there
             + R"("},"request_id":"r1"})")};
  }};
  auto order = cluster_command{.what = cluster_command::action::step_down,
                               .client = {.http_addr = follower.url("")}};
  auto said = run_cluster(order);
  EXPECT_EQ(said.exit_code, 0) << said.out;
  EXPECT_EQ(said.out, "==> The leader has given the lock back\n");
  EXPECT_EQ(said.err, "Note: following the redirect to the leader at http://"
                        + there + "\n");
  order.json = true;
  EXPECT_EQ(run_cluster(order).out, "{\"request_id\":\"r\"}\n");
  order.follow_leader = false;
  said = run_cluster(order);
  EXPECT_EQ(said.exit_code, 11);
  EXPECT_EQ(said.err, "==> Error: unable to step down\n");
}

TEST(ClusterCommand, SaysThatNobodyListens) {
  auto said = run_cluster({.client = {.http_addr = "http://127.0.0.1:1"}});
  EXPECT_EQ(said.exit_code, 11);
  EXPECT_NE(said.out.find("connection refused"), std::string::npos) << said.out;
}

} // namespace
} // namespace cts
