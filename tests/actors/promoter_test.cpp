#include "actors/promoter.hpp"

#include "tests/actors/elector_fixture.hpp"

// How ready a follower says it is (chapter high-availability, 4.6): beside a
// real elector, with a scripted task manager and store.

namespace cts {
namespace {

using namespace std::chrono_literals;

class scripted_manager {
public:
  using actor_type = task_manager_actor;
  static inline constexpr const char* name = "scripted_manager";

  scripted_manager(task_manager_actor::pointer self,
                   std::shared_ptr<task_views> views)
    : views_(std::move(views)) {
    cafx::install_guards(self, guard_log);
  }

  task_manager_actor::behavior_type make_behavior() {
    return {
      [](const start_tasks&) { return once_finished{}; },
      [](const stand_by&) {},
      [](const inspect_tasks&) { return once_finished{}; },
      [this](get_tasks) { return *views_; },
      [](const create_task&) { return task_mutated{}; },
      [](const change_task&) { return task_mutated{}; },
      [](const delete_task&) {},
      [](const stop_tasks&) {},
      [](const renew_settings&) {},
    };
  }

private:
  std::shared_ptr<task_views> views_;
};

class silent_store {
public:
  using actor_type = cluster_store_actor;
  static inline constexpr const char* name = "silent_store";

  explicit silent_store(cluster_store_actor::pointer self) {
    cafx::install_guards(self, guard_log);
  }

  cluster_store_actor::behavior_type make_behavior() {
    return {
      [](const record_event&) {},
      [](get_events) { return events_snapshot{}; },
      [](const keep_task&) {},
      [](const forget_task&) {},
      [](const load_state&) { return state_loaded{}; },
      [](const close_state&) {},
      [](const settle_run&) {},
      [](const follow_state&) {},
    };
  }
};

class PromoterReadiness : public ElectorFixture {
protected:
  void SetUp() override {
    ElectorFixture::SetUp();
    one = &join_and_lead("cts-01");
    two = &join("cts-02");
    advance(1s);
    auto task = config::task{.name = "a", .module = "./missing"};
    configuration = std::make_shared<const config::task>(task);
    views->tasks = {{.configuration = configuration}};
    manager = cafx::spawn_state<scripted_manager>(sys, views);
    store = cafx::spawn_state<silent_store>(sys);
    auto stat = [this](const std::string& path) { return missing(path); };
    promoter = make_promoter(self.ptr(), {.cluster_name = "c",
                                          .tasks = manager,
                                          .store = store,
                                          .elector = two->elector,
                                          .stat = stat});
    EXPECT_TRUE(ask<once_finished>(promoter, lead_tasks{}));
  }

  void TearDown() override {
    stop(promoter);
    stop(manager);
    stop(store);
    ElectorFixture::TearDown();
  }

  std::optional<std::string> missing(const std::string& path) const {
    if (module_is_there)
      return std::nullopt;
    return "stat " + path + ": no such file or directory";
  }

  int complaints() {
    return static_cast<int>(std::ranges::count_if(lines, [](const auto& x) {
      return x.find("compatibility check failure") != x.npos;
    }));
  }

  void copy() {
    tell(promoter, state_copied{.tasks = {{.configuration = configuration}}});
  }

  /// Has the leader give the lock away, and waits.
  bool takes_over_within(duration span) {
    EXPECT_TRUE(ask_for<void>(span, one->elector, step_down{}));
    return !two->told->promotions.empty();
  }

  bool module_is_there = true;
  std::shared_ptr<const config::task> configuration{};
  std::shared_ptr<task_views> views = std::make_shared<task_views>();
  instance* one = nullptr;
  instance* two = nullptr;
  task_manager_actor manager{};
  cluster_store_actor store{};
  promoter_actor promoter{};
};

TEST_F(PromoterReadiness, IsLowBeforeTheTasksAreKnown) {
  EXPECT_FALSE(takes_over_within(200ms));
  advance(200ms);
  EXPECT_EQ(two->told->promotions.size(), 1u);
}

TEST_F(PromoterReadiness, IsLowWhileTheTasksAreBeingCreated) {
  copy();
  advance(10s);
  EXPECT_FALSE(takes_over_within(200ms));
  advance(200ms);
  EXPECT_EQ(two->told->promotions.size(), 1u);
}

TEST_F(PromoterReadiness, IsFullOnceTheTasksAreCreated) {
  copy();
  views->tasks[0].phase = task_phase::idle;
  advance(1s);
  EXPECT_TRUE(takes_over_within(200ms));
}

TEST_F(PromoterReadiness, IsLowestWithoutTheModuleOfATask) {
  module_is_there = false;
  copy();
  views->tasks[0].phase = task_phase::idle;
  advance(1s);
  EXPECT_FALSE(takes_over_within(500ms));
  advance(150ms);
  EXPECT_EQ(two->told->promotions.size(), 1u);
  EXPECT_TRUE(logged("ha.compat:  error=compatibility check failure: stat "
                     "./missing: no such file or directory"));
}

TEST_F(PromoterReadiness, SaysEachFiveMinutesWhatIsMissingUntilItIsThere) {
  module_is_there = false;
  copy();
  views->tasks[0].phase = task_phase::idle;
  advance(1s);
  EXPECT_EQ(complaints(), 1);
  advance(5min);
  EXPECT_EQ(complaints(), 2);
  module_is_there = true;
  advance(5min);
  EXPECT_EQ(complaints(), 2);
  EXPECT_TRUE(takes_over_within(200ms));
}

} // namespace
} // namespace cts
