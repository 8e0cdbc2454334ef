#include "api/api.hpp"
#include "tests/api/fakes.hpp"
#include "tests/support/fake_elector.hpp"
#include "tests/support/sim_fixture.hpp"

#include <gmock/gmock.h>

// What other instances and Prometheus ask of this one.

using namespace cts;
using namespace cts::tests;
using testing::HasSubstr;

namespace {

using namespace std::chrono_literals;

class ApiPeers : public cafx::sim_fixture {
protected:
  ApiPeers() {
    tasks = cafx::spawn_state<fake_manager>(sys, played);
    events = cafx::spawn_state<fake_store>(sys, played);
    elector = fakes::make_elector(self.ptr(), election);
    meter = make_meter(self.ptr());
  }

  void spawn(bool clustered) {
    auto settings = config::settings{.id = "cts-01"};
    auto sources
      = api::api_sources{.tasks = tasks, .events = events, .meter = meter};
    if (clustered)
      sources.elector = elector;
    api = api::make_api(
      self.ptr(),
      {.random = [this] { return ++random; },
       .clock = [] { return sample_time; },
       .boot = "b1",
       .settings = std::make_shared<config::settings>(settings)},
      sources);
    run();
  }

  void TearDown() override {
    stop(api);
    stop(tasks);
    stop(events);
    stop(elector);
    stop(meter);
    sim_fixture::TearDown();
  }

  static api_request question(std::string target) {
    return {.method = "GET", .target = std::move(target)};
  }

  /// Absent: there is no answer yet.
  std::optional<api_reply> get(const std::string& target,
                               duration span = duration{0}) {
    auto reply = ask_for<api_reply>(span, api, question(target));
    return reply ? std::optional{*reply} : std::nullopt;
  }

  script_ptr played = std::make_shared<script>();
  fakes::elector_script_ptr election
    = std::make_shared<fakes::elector_script>();
  std::uint64_t random = 0;
  task_manager_actor tasks{};
  state_store_actor events{};
  elector_actor elector{};
  meter_actor meter{};
  api_actor api{};
};

constexpr auto hello = "{\"boot\":\"b1\",\"id\":\"cts-01\"}\n";

} // namespace

TEST_F(ApiPeers, AreToldAtOnceWhichProcessThisIs) {
  spawn(true);
  const auto reply = get("/v1/cluster/peer");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, hello);
}

TEST_F(ApiPeers, AreAnsweredAfterAHeartbeatIfTheyWish) {
  spawn(true);
  auto pending
    = self->request(api, caf::infinite, question("/v1/cluster/peer?hold"));
  advance(999ms);
  EXPECT_FALSE(self->has_next_message());
  advance(1ms);
  ASSERT_TRUE(self->has_next_message());
  pending.receive([](const api_reply& x) { EXPECT_EQ(x.body, hello); },
                  [](const caf::error&) { FAIL(); });
}

TEST_F(ApiPeers, AreAnsweredWhateverTheRole) {
  election->leadership.role = ha::role::joining;
  spawn(true);
  EXPECT_EQ(get("/v1/cluster/peer")->status, 200);
}

TEST_F(ApiPeers, AreHeldOnlySoMany) {
  spawn(true);
  for (auto i = 0; i < 64; ++i)
    caf::anon_send(api, question("/v1/cluster/peer?hold"));
  run();
  const auto reply = get("/v1/cluster/peer?hold");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 503);
  EXPECT_EQ(get("/v1/cluster/peer")->status, 200);
  advance(1s);
  EXPECT_EQ(get("/v1/cluster/peer?hold", 1s)->status, 200);
}

TEST_F(ApiPeers, AreNoneWithoutACluster) {
  spawn(false);
  const auto reply = get("/v1/cluster/peer");
  EXPECT_EQ(reply->status, 405);
  EXPECT_THAT(reply->body, HasSubstr("only available with high availability"));
}

TEST_F(ApiPeers, LetAFollowerAnswerForItsMetrics) {
  election->leadership.role = ha::role::follower;
  spawn(true);
  tell(meter, render_measured{});
  const auto reply = get("/v1/metrics");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(
    reply->fields,
    (headers{{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}}));
  EXPECT_THAT(reply->body, HasSubstr("cts_input_renders_total 1"));
}

TEST_F(ApiPeers, CountHowLongAnswersTook) {
  spawn(false);
  get("/v1/tasks");
  get("/v1/health");
  EXPECT_THAT(get("/v1/metrics")->body,
              HasSubstr("cts_api_request_duration_seconds_count 2"));
}
