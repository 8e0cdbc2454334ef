#include "core/reload.hpp"

#include "core/config/provider.hpp"

#include <gtest/gtest.h>

namespace cts::reload {
namespace {

using namespace std::chrono_literals;
using names = std::vector<std::string>;

config::settings sample() {
  auto out = config::settings{};
  out.tasks.push_back({.name = "web", .working_dir = "sync-tasks/web"});
  out.providers.push_back({.name = "dns", .arguments = {{"a", value{"1"}}}});
  return out;
}

TEST(Reload, TakesOverWhatCanChange) {
  auto wanted = sample();
  wanted.log_level = "DEBUG";
  wanted.buffer_period.min = 9s;
  wanted.driver.log = true;
  wanted.providers.clear();
  wanted.tasks.push_back({.name = "db"});
  auto done = make(sample(), wanted, false);
  EXPECT_EQ(done.settings, wanted);
  EXPECT_EQ(done.changed,
            (names{"log_level", "buffer_period", "driver.terraform",
                   "terraform_provider", "task"}));
  EXPECT_TRUE(done.refused.empty());
}

TEST(Reload, NamesWhatNeedsARestartAndKeepsIt) {
  auto wanted = sample();
  wanted.port = 1;
  wanted.id = "other";
  wanted.syslog.enabled = true;
  wanted.tls.cert = "c";
  wanted.consul.address = "elsewhere:8500";
  wanted.driver.backend.arguments["address"] = value{"elsewhere:8500"};
  wanted.vault.enabled = true;
  wanted.driver.version = "1.2.3";
  wanted.cloud.emplace();
  wanted.high_availability.emplace();
  wanted.max_parallel_runs = 99;
  wanted.shutdown_grace = 99s;
  wanted.dynamic_values = true;
  auto done = make(sample(), wanted, false);
  EXPECT_EQ(done.settings, sample());
  EXPECT_TRUE(done.changed.empty());
  EXPECT_EQ(done.refused,
            (names{"port", "id", "syslog", "tls", "driver.terraform.backend",
                   "consul", "vault", "driver.terraform-cloud",
                   "driver.terraform.version", "high_availability",
                   "max_parallel_runs", "shutdown_grace", "dynamic_values"}));
}

TEST(Reload, LeavesTasksInTheirFolders) {
  auto wanted = sample();
  wanted.working_dir = "elsewhere";
  wanted.tasks[0].working_dir = "elsewhere/web";
  wanted.tasks.push_back({.name = "own", .working_dir = "mine"});
  auto done = make(sample(), wanted, false);
  EXPECT_EQ(done.refused, names{"working_dir"});
  EXPECT_EQ(done.settings.tasks[0].working_dir, "sync-tasks/web");
  EXPECT_EQ(done.settings.tasks[1].working_dir, "mine");
}

TEST(Reload, LeavesTheTasksOfAClusterAlone) {
  auto wanted = sample();
  wanted.tasks.clear();
  wanted.buffer_period.min = 9s;
  wanted.log_level = "WARN";
  auto done = make(sample(), wanted, true);
  EXPECT_EQ(done.stored, (names{"buffer_period", "task"}));
  EXPECT_TRUE(done.refused.empty()) << "a restart would not help";
  EXPECT_EQ(done.changed, names{"log_level"});
  EXPECT_EQ(done.settings.tasks, sample().tasks);
}

TEST(Reload, ConcernsTasksByTheirProviders) {
  auto before = sample();
  auto after = sample();
  after.providers[0].arguments["a"] = value{"2"};
  auto task = config::task{.name = "t"};
  EXPECT_FALSE(concerns(task, before, after));
  task.providers = {"dns"};
  EXPECT_TRUE(concerns(task, before, after));
  EXPECT_FALSE(concerns(task, before, before));
  after.providers.clear();
  EXPECT_TRUE(concerns(task, before, after));
}

TEST(Reload, TakesANameForItsFirstBlock) {
  auto known = config::settings{};
  known.providers = {{.name = "aws", .alias = "east"}, {.name = "aws"}};
  EXPECT_EQ(config::find_provider(known, "aws"), &known.providers[0]);
  EXPECT_EQ(config::find_provider(known, "aws.east"), &known.providers[0]);
  EXPECT_EQ(config::find_provider(known, "aws.west"), nullptr);
}

TEST(Reload, ConcernsAllTasksByTheDriverAndSomeByServices) {
  auto after = sample();
  after.services.push_back({.name = "s", .id = "s"});
  auto task = config::task{.name = "t"};
  EXPECT_FALSE(concerns(task, sample(), after));
  task.services = {"s"};
  EXPECT_TRUE(concerns(task, sample(), after));
  after = sample();
  after.driver.persist_log = true;
  EXPECT_TRUE(concerns({.name = "t"}, sample(), after));
}

TEST(Reload, GivesTasksTheQuietTimeOfTheSettings) {
  auto known = sample();
  known.buffer_period = {.min = 1s, .max = 2s};
  EXPECT_EQ(inheriting({.name = "t"}, known).buffer.max, 2s);
  auto own = config::task{.name = "t"};
  own.buffer_block = config::buffer_period_block{.min = 3s};
  EXPECT_EQ(inheriting(own, known).buffer.min, 3s);
}

} // namespace
} // namespace cts::reload
