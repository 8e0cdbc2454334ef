#include "runtime/unsupported.hpp"

#include <gtest/gtest.h>

namespace cts {
namespace {

TEST(UnsupportedSettings, AreEachNamedWithWhatToDo) {
  auto settings = config::settings{};
  settings.high_availability.emplace();
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

TEST(UnsupportedSettings, DoNotIncludeWhatWorks) {
  auto settings = config::settings{};
  settings.tasks.push_back({.condition = config::services_condition{}});
  settings.tasks.push_back({.condition = config::consul_kv_condition{}});
  settings.providers.push_back({.arguments = {{"a", value{"plain"}}}});
  EXPECT_TRUE(unsupported_settings(settings).empty());
}

} // namespace
} // namespace cts
