#include "core/inputs.hpp"

#include <gtest/gtest.h>

namespace cts::inputs {
namespace {

using effects = std::vector<effect>;
using kind = dependency::kind;

const auto catalog = dependency{.what = kind::catalog_services};

dependency service(std::string name) {
  return {.name = std::move(name)};
}

snapshot_ptr instances(std::vector<std::string> ids) {
  auto out = service_instances{};
  for (auto& id : ids)
    out.push_back({.id = std::move(id)});
  return std::make_shared<const snapshot>(snapshot{out});
}

snapshot_ptr names(std::vector<std::string> xs) {
  auto out = catalog_services{};
  for (auto& x : xs)
    out[std::move(x)] = {};
  return std::make_shared<const snapshot>(snapshot{out});
}

snapshot_ptr pairs(std::vector<kv_pair> xs) {
  return std::make_shared<const snapshot>(snapshot{std::move(xs)});
}

/// A task's inputs; each event returns what it led to.
class Inputs : public ::testing::Test {
protected:
  void configure(config::task task) {
    s.task = std::make_shared<const config::task>(std::move(task));
  }

  effects start() { return on(started{}); }

  effects arrive(dependency what, snapshot_ptr data) {
    return on(snapshot_arrived{std::move(what), std::move(data)});
  }

  template <class Event>
  effects on(const Event& event) {
    auto [next, out] = step(std::move(s), event, time_point{});
    s = std::move(next);
    return out;
  }

  state s{};
};

config::task by_names(std::vector<std::string> xs) {
  return {.condition
          = config::services_condition{.query = {.names = std::move(xs)}}};
}

config::task by_regexp(std::string regexp) {
  return {.condition
          = config::services_condition{.query = {.regexp = std::move(regexp)}}};
}

TEST_F(Inputs, AreCompleteWhenEachNameHasBeenAnswered) {
  configure(by_names({"api", "web"}));
  EXPECT_EQ(start(), (effects{watch{service("api")}, watch{service("web")}}));
  EXPECT_TRUE(arrive(service("api"), instances({})).empty());
  EXPECT_EQ(arrive(service("web"), instances({"w"})),
            effects{report_complete{}});
}

TEST_F(Inputs, AreCompleteAtOnceWithoutDependencies) {
  configure({});
  EXPECT_EQ(start(), effects{report_complete{}});
}

TEST_F(Inputs, TriggerOnAChangeOfInstancesOnly) {
  configure(by_names({"web"}));
  start();
  arrive(service("web"), instances({"a"}));
  EXPECT_TRUE(arrive(service("web"), instances({"a"})).empty());
  EXPECT_EQ(arrive(service("web"), instances({"a", "b"})),
            effects{report_change{}});
  EXPECT_EQ(arrive(service("web"), instances({})), effects{report_change{}});
}

TEST_F(Inputs, IgnoreASnapshotOfWhatIsNotWatched) {
  configure(by_names({"web"}));
  start();
  EXPECT_TRUE(arrive(service("db"), instances({"x"})).empty());
}

TEST_F(Inputs, FollowTheCatalogForARegularExpression) {
  configure(by_regexp("^web"));
  EXPECT_EQ(start(), effects{watch{catalog}});
  EXPECT_EQ(arrive(catalog, names({"db", "web", "web2"})),
            (effects{watch{service("web")}, watch{service("web2")}}));
  arrive(service("web"), instances({"a"}));
  EXPECT_EQ(arrive(service("web2"), instances({"b"})),
            effects{report_complete{}});
  EXPECT_EQ(arrive(catalog, names({"db", "web"})),
            (effects{unwatch{service("web2")}, report_change{}}));
}

TEST_F(Inputs, WaitForTheInstancesOfANewMatchBeforeTheyTrigger) {
  configure(by_regexp("^web"));
  start();
  arrive(catalog, names({"web"}));
  arrive(service("web"), instances({"a"}));
  EXPECT_EQ(arrive(catalog, names({"web", "web2"})),
            effects{watch{service("web2")}});
  EXPECT_EQ(arrive(service("web2"), instances({"b"})),
            effects{report_change{}});
}

TEST_F(Inputs, AreNotHeldUpByANewMatchThatIsNotAnswered) {
  configure(by_regexp("^web"));
  start();
  arrive(catalog, names({"web"}));
  arrive(service("web"), instances({"a"}));
  arrive(catalog, names({"web", "web2"}));
  EXPECT_EQ(arrive(service("web"), instances({"a", "b"})),
            effects{report_change{}});
}

TEST_F(Inputs, DoNotTriggerWhenAnEmptyServiceLeavesTheCatalog) {
  configure(by_regexp("^web"));
  start();
  arrive(catalog, names({"web", "web2"}));
  arrive(service("web"), instances({"a"}));
  arrive(service("web2"), instances({}));
  EXPECT_EQ(arrive(catalog, names({"web"})), effects{unwatch{service("web2")}});
}

TEST_F(Inputs, TriggerOnMatchingNamesOnlyForTheCatalog) {
  configure(
    {.condition = config::catalog_services_condition{.regexp = "^api$"}});
  start();
  EXPECT_EQ(arrive(catalog, names({"db"})), effects{report_complete{}});
  EXPECT_TRUE(arrive(catalog, names({"db", "web"})).empty());
  EXPECT_EQ(arrive(catalog, names({"api", "db"})), effects{report_change{}});
}

TEST_F(Inputs, RefreshButDoNotTriggerFromModuleInputs) {
  configure({.condition = config::consul_kv_condition{.query = {.path = "a"}},
             .module_inputs = {config::services_query{.names = {"web"}}}});
  start();
  auto key = dependency{.what = kind::kv_key, .name = "a"};
  arrive(key, pairs({}));
  arrive(service("web"), instances({"x"}));
  EXPECT_TRUE(arrive(service("web"), instances({"x", "y"})).empty());
  EXPECT_EQ(arrive(key, pairs({{"a", "1"}})), effects{report_change{}});
}

TEST_F(Inputs, TriggerFromServiceInputsWithoutACondition) {
  configure({.module_inputs = {config::services_query{.names = {"web"}},
                               config::consul_kv_query{.path = "a"}}});
  start();
  arrive(service("web"), instances({}));
  arrive({.what = kind::kv_key, .name = "a"}, pairs({}));
  EXPECT_EQ(arrive(service("web"), instances({"x"})), effects{report_change{}});
  EXPECT_TRUE(
    arrive({.what = kind::kv_key, .name = "a"}, pairs({{"a", "1"}})).empty());
}

TEST_F(Inputs, ResolveTheDeprecatedListByServiceBlockIds) {
  s.services = {{.name = "web", .id = "w1", .datacenter = "dc2"}};
  configure({.services = {"w1", "db"}});
  EXPECT_EQ(start(), (effects{watch{service("db")},
                              watch{{.name = "web", .datacenter = "dc2"}}}));
}

TEST(Regexp, ReadsADoubledBackslashAsOne) {
  auto known = catalog_services{{"web.1", {}}, {"webx1", {}}};
  EXPECT_EQ(matching_names(known, R"(web\.1)"),
            std::vector<std::string>{"web.1"});
  EXPECT_EQ(matching_names(known, R"(web\\.1)"),
            std::vector<std::string>{"web.1"});
}

TEST(Regexp, MatchesAnywhereInTheName) {
  auto known = catalog_services{{"my-web", {}}, {"db", {}}};
  EXPECT_EQ(matching_names(known, "web"), std::vector<std::string>{"my-web"});
  EXPECT_EQ(matching_names(known, "").size(), 2u);
}

// -- are_empty ----------------------------------------------------------------

TEST(AreEmpty, NeedsOneInputWithData) {
  auto shared = [](auto data) {
    return std::make_shared<const snapshot>(snapshot{.data = std::move(data)});
  };
  auto web = dependency{.name = "web"};
  auto key = dependency{.what = dependency::kind::kv_key, .name = "k"};
  auto task = config::task{};
  EXPECT_FALSE(are_empty(task, {}));
  EXPECT_TRUE(are_empty(
    task, {{web, shared(service_instances{})}, {key, shared(kv_pairs{})}}));
  EXPECT_FALSE(are_empty(task, {{web, shared(service_instances{})},
                                {key, shared(kv_pairs{{"k", "v"}})}}));
  EXPECT_FALSE(are_empty(task, {{web, shared(service_instances{{.id = "a"}})},
                                {key, shared(kv_pairs{})}}));
}

TEST(AreEmpty, CountsNamesOfTheCatalogThatMatch) {
  auto task = config::task{};
  auto condition = config::catalog_services_condition{.regexp = "^web"};
  task.condition = condition;
  auto with = [&](const std::string& name) {
    return task_inputs{{dependency_of(condition),
                        std::make_shared<const snapshot>(
                          snapshot{.data = catalog_services{{name, {}}}})}};
  };
  EXPECT_TRUE(are_empty(task, with("db")));
  EXPECT_FALSE(are_empty(task, with("web-1")));
}

} // namespace
} // namespace cts::inputs
