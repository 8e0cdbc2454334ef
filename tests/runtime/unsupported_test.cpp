#include "runtime/unsupported.hpp"

#include <gtest/gtest.h>

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
  EXPECT_NE(found.back().find("task \"web\": retry_failed"), std::string::npos);
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
