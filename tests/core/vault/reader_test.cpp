#include "core/vault/reader.hpp"

#include <gtest/gtest.h>

namespace cts::vault::reader {
namespace {

using namespace std::chrono_literals;

constexpr auto lives_90 = R"({"data":{"ttl":90,"renewable":true}})";
constexpr auto no_mount = R"({"data":{"path":"kv/","type":"kv"}})";

class VaultReader : public ::testing::Test {
protected:
  template <class Event>
  void on(const Event& event) {
    feed(s, event, now, [this](const auto& effect) { note(effect); });
  }

  void note(const send& x) {
    sent.push_back(x.request.method + " " + x.request.target + " by "
                   + x.token);
    ticket = x.ticket;
  }
  void note(const report& x) { reports.push_back(x); }
  void note(const warn_of_token& x) { warnings.push_back(x.reason); }
  void note(const arm_timer& x) { due = x.due; }

  void answer(int status, const std::string& body) {
    on(answered{ticket, vault::reply{status, body}});
  }

  state s{.token = "t"};
  time_point now{1h};
  std::vector<std::string> sent{};
  std::vector<report> reports{};
  std::vector<std::string> warnings{};
  std::uint64_t ticket = 0;
  std::optional<time_point> due{};
};

using lines = std::vector<std::string>;

TEST_F(VaultReader, AsksForTheEngineAndThenForTheSecret) {
  on(read_requested{{"kv/a"}});
  answer(200, no_mount);
  answer(200, R"({"data":{"k":"v"}})");
  EXPECT_EQ(sent, (lines{"GET /v1/sys/internal/ui/mounts/kv/a by t",
                         "GET /v1/kv/a by t"}));
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].subject, wish{"kv/a"});
  EXPECT_TRUE(reports[0].found);
}

TEST_F(VaultReader, AsksOnceForWhatIsWantedTwice) {
  on(read_requested{{"kv/a"}});
  on(read_requested{{"kv/a"}});
  EXPECT_EQ(sent.size(), 1u);
}

TEST_F(VaultReader, UnwrapsItsTokenFirst) {
  s.wrapped = true;
  on(read_requested{{"kv/a"}});
  on(read_requested{{"kv/b"}});
  EXPECT_EQ(sent, lines{"PUT /v1/sys/wrapping/unwrap by t"});
  answer(200, R"({"auth":{"client_token":"inner"}})");
  EXPECT_EQ(sent.size(), 3u);
  EXPECT_EQ(sent[1], "GET /v1/sys/internal/ui/mounts/kv/a by inner");
}

TEST_F(VaultReader, TellsAllWhoWaitIfTheTokenCannotBeUnwrapped) {
  s.wrapped = true;
  on(read_requested{{"kv/a"}});
  on(read_requested{{"kv/b"}});
  answer(400, R"({"errors":["wrapping token is not valid"]})");
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[0].found.error().message,
            "client set: vault unwrap: vault: unwrap: code 400: wrapping token "
            "is not valid");
}

TEST_F(VaultReader, ReportsWhatKeepsItFromAsking) {
  on(read_requested{{"kv/a"}});
  on(answered{ticket, fail(errc::unavailable, "no route")});
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].found.error().code, errc::unavailable);
  on(read_requested{{"kv/a"}});
  EXPECT_EQ(sent.size(), 2u);
}

TEST_F(VaultReader, ListsNames) {
  on(read_requested{{"kv/a", true}});
  answer(403, "");
  answer(200, R"({"data":{"keys":["x","y"]}})");
  EXPECT_EQ(sent.back(), "GET /v1/kv/a?list=true by t");
  EXPECT_EQ(*reports[0].found, (value{list{value{"x"}, value{"y"}}}));
}

TEST_F(VaultReader, RenewsItsTokenWhenTwoThirdsAreOver) {
  s.renews = true;
  on(read_requested{{"kv/a"}});
  EXPECT_EQ(sent.back(), "GET /v1/auth/token/lookup-self by t");
  answer(200, lives_90);
  EXPECT_EQ(due, now + 60s);
  on(timer_elapsed{});
  EXPECT_EQ(sent.size(), 2u) << "too early";
  now += 60s;
  on(timer_elapsed{});
  EXPECT_EQ(sent.back(), "PUT /v1/auth/token/renew-self by t");
  answer(200, R"({"auth":{"lease_duration":30,"renewable":true}})");
  EXPECT_EQ(due, now + 20s);
}

TEST_F(VaultReader, WarnsOfATokenThatWillEnd) {
  s.renews = true;
  on(read_requested{{"kv/a"}});
  answer(200, R"({"data":{"ttl":90,"renewable":false}})");
  EXPECT_EQ(warnings,
            lines{"the Vault token ends in 90 s and cannot be renewed"});
  EXPECT_FALSE(due);
}

TEST_F(VaultReader, TriesARenewalAgainThatFailed) {
  s.renews = true;
  on(read_requested{{"kv/a"}});
  answer(200, lives_90);
  now += 60s;
  on(timer_elapsed{});
  answer(503, "");
  EXPECT_EQ(due, now + renewal_pause);
  EXPECT_EQ(warnings.size(), 1u);
}

TEST_F(VaultReader, LeavesATokenAloneThatLivesForEver) {
  s.renews = true;
  on(read_requested{{"kv/a"}});
  answer(200, R"({"data":{"ttl":0,"renewable":false}})");
  EXPECT_TRUE(warnings.empty());
  EXPECT_FALSE(due);
}

} // namespace
} // namespace cts::vault::reader
