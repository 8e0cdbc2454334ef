#include "tests/actors/watcher_fixture.hpp"

#include <gmock/gmock.h>

// What a watcher does when it is told to read its query at once, and with what
// ACLs hide.

namespace cts {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class RefreshedWatcher : public watcher_fixture {};

TEST_F(RefreshedWatcher, ReadsOnceWithoutAnIndexWhenItIsToRefresh) {
  put_key("a", "1");
  start(key("a"));
  refresh(first, watcher);
  EXPECT_EQ(gets().back(), "GET /v1/kv/a?consistent=");
  ASSERT_THAT(heard.snapshots, SizeIs(1));
  EXPECT_EQ(heard.snapshots[0].version, 1u);
  EXPECT_EQ(pairs(heard.snapshots[0]), (kv_pairs{{"a", "1"}}));
}

TEST_F(RefreshedWatcher, RefreshesWhatItsPollIsBlindFor) {
  put_key("a", "1");
  start(key("a"));
  fetch(first, watcher);
  auto also = news{};
  auto second = make_probe(also);
  tell(watcher, subscribe{second});
  fetch(second, watcher);
  break_agent(agent_fault::blind);
  put_key("a", "2");
  refresh(first, watcher);
  EXPECT_EQ(pairs(heard.snapshots.back()), (kv_pairs{{"a", "2"}}));
  EXPECT_EQ(heard.snapshots.back().version, 2u);
  // Who asked has got it; the other one is told.
  EXPECT_EQ(heard.changes, 1);
  EXPECT_EQ(also.changes, 2);
  break_agent(agent_fault::none);
  put_key("a", "3");
  EXPECT_EQ(heard.changes, 2);
}

TEST_F(RefreshedWatcher, RefreshesOnceForAllWhoAskAtATime) {
  put_key("a", "1");
  start(key("a"));
  auto also = news{};
  auto second = make_probe(also);
  auto before = gets().size();
  caf::anon_send(first, fetch_from{watcher, true});
  caf::anon_send(second, fetch_from{watcher, true});
  run();
  EXPECT_EQ(gets().size(), before + 1);
  EXPECT_THAT(heard.snapshots, SizeIs(1));
  EXPECT_THAT(also.snapshots, SizeIs(1));
  refresh(second, watcher);
  EXPECT_EQ(gets().size(), before + 2);
}

TEST_F(RefreshedWatcher, KeepsItsDataWhenItCannotRefresh) {
  put_key("a", "1");
  start(key("a"));
  break_agent(agent_fault::hanging);
  refresh(first, watcher);
  advance(2s);
  ASSERT_THAT(heard.refusals, SizeIs(1));
  EXPECT_EQ(heard.refusals[0].code, errc::timed_out);
  EXPECT_THAT(heard.refusals[0].message, HasSubstr("kv.exists.get(a): "));
  fetch(first, watcher);
  EXPECT_EQ(pairs(heard.snapshots.back()), (kv_pairs{{"a", "1"}}));
}

TEST_F(RefreshedWatcher, HasItsFirstDataFromARefresh) {
  put_key("a", "1");
  break_agent(agent_fault::failing);
  start(key("a"));
  break_agent(agent_fault::none);
  refresh(first, watcher);
  ASSERT_THAT(heard.snapshots, SizeIs(1));
  EXPECT_EQ(heard.snapshots[0].version, 1u);
}

// -- filtered by ACLs ---------------------------------------------------------

class HoldingWatcher : public RefreshedWatcher {
protected:
  void start_holding() {
    watcher = make_watcher(self.ptr(),
                           {.what = key("a"), .hold_filtered = true}, client);
    first = make_probe(heard);
    tell(watcher, subscribe{first});
    fetch(first, watcher);
  }

  void drop(const std::string& name) {
    ask<http_reply>(model, http_request{.method = "DELETE",
                                        .url = "http://a/v1/kv/" + name,
                                        .deadline = milliseconds{1000}});
  }
};

TEST_F(HoldingWatcher, HoldsWhatIsFilteredAndRecovers) {
  put_key("a", "1");
  start_holding();
  break_agent(agent_fault::filtering);
  drop("a");
  advance(10min);
  EXPECT_EQ(heard.changes, 1);
  EXPECT_THAT(logged(log::level::warn),
              ElementsAre(HasSubstr("does not see everything")));
  refresh(first, watcher);
  EXPECT_THAT(heard.refusals, SizeIs(1));
  break_agent(agent_fault::none);
  advance(60s);
  EXPECT_EQ(heard.changes, 2);
}

TEST_F(RefreshedWatcher, PublishesWhatIsFilteredAndWarns) {
  put_key("a", "1");
  start(key("a"));
  fetch(first, watcher);
  break_agent(agent_fault::filtering);
  put_key("a", "2");
  EXPECT_EQ(heard.changes, 2);
  EXPECT_THAT(logged(log::level::warn),
              ElementsAre(HasSubstr("does not see everything")));
}

} // namespace
} // namespace cts
