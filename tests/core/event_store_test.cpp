#include "core/event_store.hpp"

#include <gtest/gtest.h>

namespace cts {
namespace {

task_event event(bool success, std::string id = "e") {
  auto result = task_event{.id = std::move(id), .success = success};
  result.task = "web";
  if (!success)
    result.error = "boom";
  return result;
}

task_events events(std::initializer_list<bool> newest_first) {
  auto result = task_events{};
  for (auto success : newest_first)
    result.push_back(event(success));
  return result;
}

TEST(EventStore, KeepsTheNewestFiveEventsOfATaskNewestFirst) {
  auto store = event_store{};
  for (auto i = 1; i <= 6; ++i)
    store.add(event(true, std::to_string(i)));
  const auto& kept = store.all().at("web");
  ASSERT_EQ(kept.size(), 5u);
  EXPECT_EQ(kept.front().id, "6");
  EXPECT_EQ(kept.back().id, "2");
}

TEST(EventStore, ForgetsTheEventsOfADroppedTask) {
  auto store = event_store{};
  store.add(event(true));
  store.drop("web");
  EXPECT_TRUE(store.all().empty());
}

TEST(EventStore, CutsALongErrorBetweenCharactersAndSaysSo) {
  auto store = event_store{};
  auto failed = event(false);
  failed.error = "x" + [] {
    auto text = std::string{};
    while (text.size() < event_store::error_bytes_max + 10)
      text += "\xC3\xA9"; // é
    return text;
  }();
  store.add(failed);
  const auto& kept = *store.all().at("web").front().error;
  EXPECT_LT(kept.size(), event_store::error_bytes_max + 40);
  EXPECT_TRUE(kept.ends_with("... [truncated 12 bytes]")) << kept.substr(16300);
  EXPECT_EQ(kept.substr(event_store::error_bytes_max - 3, 2), "\xC3\xA9");
}

TEST(TaskStatus, FollowsFromTheKeptEvents) {
  EXPECT_EQ(status_of(events({})), task_status::unknown);
  EXPECT_EQ(status_of(events({true, false, false})), task_status::successful);
  EXPECT_EQ(status_of(events({false, true})), task_status::errored);
  EXPECT_EQ(status_of(events({false, true, false})), task_status::critical);
}

} // namespace
} // namespace cts
