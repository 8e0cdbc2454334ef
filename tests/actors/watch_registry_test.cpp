#include "actors/watch_registry.hpp"

#include "tests/actors/watching_fixture.hpp"

#include <gmock/gmock.h>

namespace cts {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class WatchRegistry : public watching_fixture {
protected:
  WatchRegistry() {
    registry = make_watch_registry(
      self.ptr(), {.random = [this] { return random(); }}, client);
  }

  void TearDown() override {
    stop(registry);
    registry = nullptr;
    watching_fixture::TearDown();
  }

  watcher_actor join(const probe_actor& who, dependency what) {
    auto out = ask<watcher_actor>(registry,
                                  watch{.what = std::move(what), .who = who});
    EXPECT_TRUE(out);
    return out ? *out : watcher_actor{};
  }

  std::mt19937_64 random;
  watch_registry_actor registry;
  news heard;
};

TEST_F(WatchRegistry, SharesOneWatcherForOneDependency) {
  auto also = news{};
  auto first = join(make_probe(heard), web());
  auto second = join(make_probe(also), web());
  EXPECT_EQ(first, second);
  EXPECT_EQ(asked().open, 1u);
  EXPECT_EQ(also.changes, 1);
}

TEST_F(WatchRegistry, SeparatesFiltersNamespacesAndKinds) {
  auto probe = make_probe(heard);
  join(probe, web());
  join(probe, {.name = "web", .filter = "Service.Port == 1"});
  join(probe, {.name = "web", .ns = "team"});
  join(probe, key("web"));
  auto paths = gets();
  EXPECT_THAT(paths, testing::Contains(HasSubstr("ns=team")));
  EXPECT_THAT(paths, testing::Contains(HasSubstr("filter=")));
  EXPECT_THAT(paths, testing::Contains(HasSubstr("/v1/kv/web")));
}

TEST_F(WatchRegistry, StartsAnewAfterTheLastSubscriberLeft) {
  auto probe = make_probe(heard);
  auto first = join(probe, web());
  tell(first, unsubscribe{probe});
  ASSERT_FALSE(alive(first));
  auto second = join(probe, web());
  EXPECT_NE(first, second);
  EXPECT_TRUE(alive(second));
}

TEST_F(WatchRegistry, StartsAnewIfTheWatcherEndsJustNow) {
  auto probe = make_probe(heard);
  auto first = join(probe, web());
  // The request to join arrives behind the one that ends the watcher.
  caf::anon_send(first, unsubscribe{probe});
  auto second = join(probe, web());
  EXPECT_NE(first, second);
  EXPECT_TRUE(alive(second));
}

TEST_F(WatchRegistry, ReplacesAWatcherThatDied) {
  auto probe = make_probe(heard);
  auto first = join(probe, web());
  caf::anon_send_exit(first, caf::exit_reason::kill);
  run();
  auto second = join(probe, web());
  EXPECT_NE(first, second);
  EXPECT_EQ(asked().open, 1u);
}

TEST_F(WatchRegistry, ItsEndEndsTheWatchersAndTheirPolls) {
  auto watcher = join(make_probe(heard), web());
  stop(registry);
  EXPECT_FALSE(alive(watcher));
  EXPECT_EQ(asked().open, 0u);
}

TEST_F(WatchRegistry, HearsOfChangesWithFewerConnectionsThanWatches) {
  auto probe = make_probe(heard);
  auto watchers = std::vector<watcher_actor>{};
  for (auto i = 0; i < 300; ++i) {
    put_key(std::to_string(i), "old");
    watchers.push_back(join(probe, key(std::to_string(i))));
  }
  advance(2min);
  EXPECT_EQ(heard.changes, 300);
  for (const auto& watcher : watchers)
    fetch(probe, watcher);
  for (auto i = 0; i < 300; i += 10)
    put_key(std::to_string(i), "new");
  advance(4s);
  EXPECT_EQ(heard.changes, 330);
  EXPECT_LE(asked().open, 100u);
}

TEST_F(WatchRegistry, WarnsOnceOfManyDependencies) {
  auto probe = make_probe(heard);
  for (auto i = 0u; i < dependencies_warn_above; ++i)
    join(probe, key(std::to_string(i)));
  EXPECT_THAT(logged(log::level::warn), IsEmpty());
  join(probe, key("one more"));
  join(probe, key("and another"));
  EXPECT_THAT(logged(log::level::warn),
              ElementsAre(" watching more than 128 dependencies could DDoS "
                          "your Consul cluster: 129"));
}

} // namespace
} // namespace cts
