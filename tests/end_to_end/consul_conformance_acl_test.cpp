// How Consul says no to a token, checked against the model and the real agent.
// Source: chapter high-availability 1.2.

#include "tests/end_to_end/consul_locks.hpp"

namespace cts {
namespace {

namespace txn = consul::txn;
using testing::HasSubstr;

constexpr auto root_token = "33333333-3333-3333-3333-333333333333";

/// An agent that denies everything but to two tokens: root, which may all, and
/// the reader's.
class AclConformance : public LockConformance {
protected:
  void SetUp() override {
    start_agent(root_token);
    if (IsSkipped())
      return;
    if (real) {
      real->ask("PUT", "/v1/acl/policy",
                R"({"Name":"reader","Rules":"key_prefix \"\" )"
                R"({ policy = \"read\" }"})");
      real->ask("PUT", "/v1/acl/token",
                R"({"SecretID":")" + std::string{reader_token}
                  + R"(","Policies":[{"Name":"reader"}]})");
    }
    session = make_session();
    put("/v1/kv/x/a", "1");
    put("/v1/kv/x/b", "2");
  }

  /// Status and text.
  std::pair<int, std::string> call(const std::string& method,
                                   const std::string& target,
                                   const std::string& body = {}) {
    auto x = finish(start(method, target, body));
    return {x.status, x.body};
  }

  void expect_denied(const std::string& method, const std::string& target,
                     const std::string& body = {}) {
    auto [status, text] = call(method, target, body);
    EXPECT_EQ(status, 403) << target;
    EXPECT_THAT(text, HasSubstr("Permission denied")) << target;
  }

  std::string session;
};

TEST_P(AclConformance, DeniesSessions) {
  for (const auto* one : {"", reader_token}) {
    token = one;
    expect_denied("PUT", "/v1/session/create", R"({"TTL":"10s"})");
    expect_denied("PUT", "/v1/session/renew/" + session);
    expect_denied("PUT", "/v1/session/destroy/" + session);
    EXPECT_FALSE(lives(session));
    EXPECT_EQ(call("PUT", "/v1/session/renew/" + std::string{nobody}).first,
              404);
    EXPECT_EQ(call("PUT", "/v1/session/destroy/" + std::string{nobody}).first,
              200);
  }
  token = root_token;
  EXPECT_TRUE(lives(session));
}

TEST_P(AclConformance, DeniesToReadAKey) {
  token = "";
  expect_denied("GET", "/v1/kv/x/a");
  expect_denied("GET", "/v1/kv/none");
  token = reader_token;
  EXPECT_EQ(get("/v1/kv/x/a").status, 200);
  EXPECT_EQ(get("/v1/kv/none").status, 404);
}

TEST_P(AclConformance, ADeniedTreeLooksEmpty) {
  token = "";
  auto x = get("/v1/kv/x/?recurse=");
  EXPECT_EQ(x.status, 404);
  EXPECT_EQ(x.body, "");
  EXPECT_GT(x.index, 0u);
  token = reader_token;
  EXPECT_EQ(entries(get("/v1/kv/x/?recurse=")).size(), 2u);
}

TEST_P(AclConformance, DeniesToWriteAKey) {
  for (const auto* one : {"", reader_token}) {
    token = one;
    expect_denied("PUT", "/v1/kv/x/a", "2");
    expect_denied("PUT", "/v1/kv/x/a?acquire=" + session, "2");
    expect_denied("DELETE", "/v1/kv/x/a");
    expect_denied("DELETE", "/v1/kv/x/?recurse=");
  }
}

TEST_P(AclConformance, DeniesTheOperationsThatNeedMore) {
  auto write = txn::operations{txn::check_session{"x/b", session},
                               txn::set{.key = "x/a"}, txn::get{"x/b"},
                               txn::get_tree{"x/"}, txn::erase_tree{"x/"}};
  token = reader_token;
  EXPECT_EQ(refuse(write),
            (reasons{{1, "Permission denied"}, {4, "Permission denied"}}));
  token = "";
  EXPECT_EQ(refuse(write), (reasons{{0, "Permission denied"},
                                    {1, "Permission denied"},
                                    {4, "Permission denied"}}));
}

TEST_P(AclConformance, ReadsOfATransactionLeaveOutWhatIsDenied) {
  token = "";
  EXPECT_TRUE(commit({txn::get{"x/a"}, txn::get_tree{"x/"}}).empty());
  token = reader_token;
  EXPECT_EQ(commit({txn::get{"x/a"}, txn::get_tree{"x/"}}).size(), 3u);
  // To look for absence takes the right to write.
  EXPECT_EQ(refuse({txn::check_not_exists{"none"}}),
            (reasons{{0, "Permission denied"}}));
}

TEST_P(AclConformance, DeniesServices) {
  token = reader_token;
  auto [status, text]
    = call("PUT", "/v1/agent/service/register", R"({"Name":"cts"})");
  EXPECT_EQ(status, 403);
  EXPECT_THAT(text,
              HasSubstr("Permission denied: Missing service:write on cts"));
  EXPECT_EQ(call("PUT", "/v1/agent/service/deregister/cts").first, 500);
  expect_denied("GET", "/v1/agent/self");
  EXPECT_EQ(get("/v1/status/leader").status, 200);
}

TEST_P(AclConformance, KnowsItsTokens) {
  token = "bogus";
  for (const auto& [method, target] :
       std::vector<std::pair<std::string, std::string>>{
         {"GET", "/v1/kv/x/a"},
         {"GET", "/v1/kv/x/?recurse="},
         {"PUT", "/v1/kv/x/a"},
         {"PUT", "/v1/session/create"},
         {"PUT", "/v1/session/renew/" + session},
         {"GET", "/v1/session/info/" + session}}) {
    auto [status, text] = call(method, target);
    EXPECT_EQ(status, 403) << target;
    EXPECT_THAT(text, HasSubstr("ACL not found")) << target;
  }
  EXPECT_THAT(refuse({txn::set{.key = "x/a"}}).at(0).second,
              HasSubstr("ACL not found"));
}

INSTANTIATE_TEST_SUITE_P(Agents, AclConformance,
                         testing::Values(agent_kind::model, agent_kind::real),
                         name_of_agent);

} // namespace
} // namespace cts
