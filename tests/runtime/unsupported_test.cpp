#include "runtime/unsupported.hpp"

#include <gtest/gtest.h>

namespace cts {
namespace {

TEST(UnsupportedSettings, AreEachNamedWithWhatToDo) {
  auto settings = config::settings{};
  settings.high_availability.emplace().failover.stall_timeout
    = std::chrono::seconds{9};
  settings.cloud.emplace();
  settings.syslog.enabled = true;
  settings.tasks.push_back(
    {.name = "nightly", .condition = config::schedule_condition{"@daily"}});
  settings.providers.push_back(
    {.name = "dns",
     .arguments
     = {{"update", value{object{{"key", value{"{{ env \"KEY\" }}"}}}}}}});
  EXPECT_EQ(unsupported_settings(settings).size(), 5u);
}

// What protects infrastructure must not be dropped without a word.
TEST(UnsupportedSettings, IncludeTheGuardsThatAreNotBuiltYet) {
  auto settings = config::settings{};
  settings.consul.on_acl_filtered = "hold";
  settings.tasks.push_back({.name = "web", .hold_empty = true});
  auto found = unsupported_settings(settings);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_NE(found.front().find("on_acl_filtered"), std::string::npos);
  EXPECT_NE(found.back().find("task \"web\": hold_empty"), std::string::npos);
}

TEST(UnsupportedSettings, DoNotIncludeWhatWorks) {
  auto settings = config::settings{};
  settings.tasks.push_back({.condition = config::services_condition{}});
  settings.tasks.push_back({.condition = config::consul_kv_condition{}});
  settings.providers.push_back({.arguments = {{"a", value{"plain"}}}});
  EXPECT_TRUE(unsupported_settings(settings).empty());
}

} // namespace
} // namespace cts
