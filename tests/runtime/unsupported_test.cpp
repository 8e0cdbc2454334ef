#include "runtime/unsupported.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

namespace cts {
namespace {

TEST(UnsupportedSettings, AreEachNamedWithWhatToDo) {
  auto settings = config::settings{};
  settings.cloud.emplace();
  settings.syslog.enabled = true;
  settings.providers.push_back(
    {.name = "panos", .arguments = {{"auto_commit", value{true}}}});
  EXPECT_EQ(unsupported_settings(settings).size(), 3u);
}

TEST(UnsupportedSettings, NameTheTaskThatHasThem) {
  auto settings = config::settings{};
  settings.tasks.push_back({.name = "web", .retry_failed = true});
  auto found = unsupported_settings(settings);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found.back().message.find("task \"web\": retry_failed"),
            std::string::npos);
}

TEST(UnsupportedSettings, SayWhichSettingTheyAreAbout) {
  auto settings = config::settings{};
  settings.tasks.resize(2);
  settings.tasks[1].retry_failed = true;
  settings.driver.progress = true;
  auto found = unsupported_settings(settings);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].path, "driver.terraform.progress");
  EXPECT_EQ(found[1].path, "task[1].retry_failed");
}

/// All that this version refuses.
config::settings all_unsupported() {
  auto out = config::settings{};
  out.cloud.emplace();
  out.syslog.enabled = out.health_strict = out.consul.use_cache = true;
  out.once_parallelism = 2;
  auto& driver = out.driver;
  driver.version_constraint = driver.binary = driver.log_level
    = driver.releases_url = driver.migrate = "x";
  driver.detach = driver.progress = true;
  driver.steal_locks_after = driver.cancel_grace = std::chrono::seconds{9};
  auto& task = out.tasks.emplace_back();
  task.retry_failed = true;
  task.terraform_refresh = false;
  task.run_timeout = std::chrono::seconds{9};
  task.apply_timeout = std::chrono::seconds{9};
  task.terraform_parallelism = 3;
  task.renamed_from = "x";
  task.after_apply.emplace();
  out.providers.push_back(
    {.name = "panos", .arguments = {{"auto_commit", value{true}}}});
  return out;
}

// A page that promises what is refused costs its reader a night.
TEST(UnsupportedSettings, AreMarkedInTheReference) {
  auto file
    = std::ifstream{std::string{CTS_SOURCE_DIR} + "/docs/configuration.md"};
  auto marked = std::set<std::string>{};
  auto chapter = std::string{};
  for (auto line = std::string{}; std::getline(file, line);) {
    if (line.starts_with("## `"))
      chapter = line.substr(4, line.find('`', 4) - 4);
    if (line.find("*Not yet.*") != std::string::npos)
      marked.insert(chapter + " " + line.substr(3, line.find('`', 3) - 3));
    else if (line.starts_with("*Not yet*: "))
      marked.insert(chapter);
    else if (line.starts_with("- `auto_commit` (bool): *not yet*"))
      marked.insert(chapter);
  }
  auto refused = std::set<std::string>{};
  for (const auto& each : unsupported_settings(all_unsupported())) {
    auto dot = each.path.rfind('.');
    auto owner = each.path.substr(0, std::min(dot, each.path.size()));
    owner = owner.substr(0, owner.find('['));
    auto key = dot == std::string::npos ? "" : " " + each.path.substr(dot + 1);
    if (owner == "driver.terraform")
      owner = "driver \"terraform\"";
    if (owner == "driver") {
      owner = "driver \"terraform-cloud\"";
      key.clear();
    }
    if (owner == "once_parallelism") {
      owner.clear();
      key = " once_parallelism";
    }
    refused.insert(owner + key);
  }
  EXPECT_EQ(marked, refused);
}

TEST(UnsupportedSettings, DoNotIncludeWhatIsSwitchedOff) {
  auto settings = config::settings{};
  settings.providers.push_back(
    {.name = "panos", .arguments = {{"auto_commit", value{false}}}});
  EXPECT_TRUE(unsupported_settings(settings).empty());
}

TEST(UnsupportedSettings, DoNotIncludeWhatWorks) {
  auto settings = config::settings{};
  settings.consul.on_acl_filtered = "hold";
  settings.high_availability.emplace().failover.stall_timeout
    = std::chrono::seconds{9};
  settings.driver.plugin_cache_dir = "/cache";
  settings.tasks.push_back({.condition = config::services_condition{}});
  settings.tasks.push_back(
    {.condition = config::schedule_condition{"@daily"}, .hold_empty = true});
  settings.tasks.push_back({.condition = config::consul_kv_condition{}});
  settings.dynamic_values = true;
  settings.providers.push_back(
    {.arguments = {{"a", value{"{{ env \"KEY\" }}"}}}});
  EXPECT_TRUE(unsupported_settings(settings).empty());
}

} // namespace
} // namespace cts
