#include "core/consul/kv.hpp"
#include "tests/drivers/terraform_driver_fixture.hpp"

namespace cts {
namespace {

using namespace std::chrono_literals;

TEST_F(TerraformDriver, NeedsTheLeaseForRunsInACluster) {
  configuration.high_availability.emplace();
  start();
  world->disk["/srv/sync-tasks/web/.terraform/environment"] = "web";
  EXPECT_EQ(say<void>(prepare_workspace{}), "done");
  EXPECT_EQ(world->disk.count("/srv/sync-tasks/web/.terraform/environment"),
            0u);
  EXPECT_EQ(say<inputs_rendered>(render_inputs{}), "done");
  EXPECT_EQ(world->disk.count("/srv/sync-tasks/web/.terraform/environment"),
            0u);
  EXPECT_EQ(say<run_applied>(apply_workspace{.lease_job = "job-1"}), "done");
  EXPECT_EQ(file(".terraform/environment"), "web");
  EXPECT_EQ(world->commands, (words{"init", "validate", "apply"}));
  EXPECT_FALSE(world->requests.at(0).fenced);
  EXPECT_EQ(world->requests.at(0).job, "");
  EXPECT_TRUE(world->requests.at(2).fenced);
  EXPECT_EQ(world->requests.at(2).job, "job-1");
  EXPECT_EQ(world->requests.at(2).task, "web");
}

/// Answers of Consul by method and path, and what it was asked.
struct lock_keys {
  std::map<std::string, std::string> bodies{};
  words asked{};
};

/// Holds the two keys of a state lock.
class fake_consul {
public:
  using actor_type = consul_actor;
  static inline constexpr const char* name = "fake_consul";

  fake_consul(consul_actor::pointer, std::shared_ptr<lock_keys> keys)
    : keys_(std::move(keys)) {}

  consul_actor::behavior_type make_behavior() {
    return {
      [this](const consul_query& x) { return answer(x.request); },
      [](const cancel_query&) {},
    };
  }

private:
  consul::reply answer(const consul::request& x) {
    keys_->asked.push_back(x.method + ' ' + consul::target_of(x));
    auto found = keys_->bodies.find(x.method + ' ' + x.path);
    if (found == keys_->bodies.end())
      return {.status = 404};
    return {.status = 200, .body = found->second};
  }

  std::shared_ptr<lock_keys> keys_;
};

class FormerOwner : public TerraformDriver {
protected:
  FormerOwner() {
    configuration.high_availability.emplace();
    configuration.consul.address = "localhost:8500";
    configuration.driver.backend
      = {.type = "consul",
         .arguments = {{"address", value{std::string{"localhost:8500"}}},
                       {"path", value{std::string{"p"}}}}};
    auto description = consul::encode_base64(
      R"({"ID":"s-1","Who":"cts@h1","Created":"2026-01-02T03:04:06Z"})");
    keys->bodies = {{"GET /v1/kv/p-env:web/.lock",
                     R"([{"Session":"s-1","Flags":3304740253564472344}])"},
                    {"GET /v1/kv/p-env:web/.lockinfo",
                     R"([{"ModifyIndex":9,"Value":")" + description + "\"}]"},
                    {"PUT /v1/kv/p-env:web/.lock", "true"},
                    {"DELETE /v1/kv/p-env:web/.lockinfo", "true"}};
    consul = cafx::spawn_state<fake_consul>(self.ptr(), keys);
  }

  void TearDown() override {
    stop(consul);
    TerraformDriver::TearDown();
  }

  /// A run after one of cts@h1 that began at 2026-01-02 03:04:05.
  std::string apply_after(const std::string& who) {
    return say<run_applied>(apply_workspace{
      .former_owner
      = former_run{.who = who, .started_at = wall_time{1767323045s}}});
  }

  std::shared_ptr<lock_keys> keys = std::make_shared<lock_keys>();
};

TEST_F(FormerOwner, LosesItsDeadLockBeforeTheRun) {
  start();
  EXPECT_EQ(apply_after("cts@h1"), "done");
  EXPECT_EQ(keys->asked,
            (words{"GET /v1/kv/p-env:web/.lock?consistent=",
                   "GET /v1/kv/p-env:web/.lockinfo?consistent=",
                   "PUT /v1/kv/p-env:web/.lock?flags=3304740253564472344&"
                   "release=s-1",
                   "DELETE /v1/kv/p-env:web/.lockinfo?cas=9"}));
  EXPECT_EQ(world->commands, words{"apply"});
}

TEST_F(FormerOwner, KeepsALockThatIsNotItsOwn) {
  start();
  EXPECT_EQ(apply_after("cts@h2"), "done");
  EXPECT_EQ(keys->asked.size(), 2u);
  EXPECT_EQ(world->commands, words{"apply"});
}

TEST_F(FormerOwner, HasNoLockIfConsulKnowsNone) {
  keys->bodies.clear();
  start();
  EXPECT_EQ(apply_after("cts@h1"), "done");
  EXPECT_EQ(keys->asked.size(), 1u);
}

} // namespace
} // namespace cts
