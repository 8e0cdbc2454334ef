#pragma once

#include "actors/run_queue.hpp"
#include "actors/task_manager.hpp"
#include "tests/support/fake_elector.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/sim_fixture.hpp"

#include <gmock/gmock.h>

#include <algorithm>

/// A task manager among fakes, and what its tests say to it.
namespace cts {

class TaskMutations : public cafx::sim_fixture {
protected:
  void SetUp() override {
    registry = fakes::make_registry(self.ptr(), script);
    store = fakes::make_store(self.ptr(), kept);
    queue = make_run_queue(self.ptr(), {.slots_max = 4});
    elector = fakes::make_elector(self.ptr(), election);
  }

  std::shared_ptr<const config::task> task_named(const std::string& name,
                                                 bool enabled = true) {
    drivers.try_emplace(name, std::make_shared<fakes::driver_script>());
    auto task = config::task{.name = name, .enabled = enabled};
    task.working_dir = name;
    task.condition
      = config::services_condition{.query = {.names = {"for-" + name}}};
    task.buffer = {.enabled = false, .min = {}, .max = {}};
    script->publish({.name = "for-" + name}, fakes::instances({"first"}));
    return std::make_shared<const config::task>(task);
  }

  kept_task kept_named(const std::string& name, bool enabled = true) {
    return {.configuration = task_named(name, enabled), .enabled = enabled};
  }

  void spawn(const std::vector<std::string>& names, bool fenced = false) {
    auto settings = config::settings{};
    settings.buffer_period = {.enabled = false, .min = {}, .max = {}};
    for (const auto& x : names)
      settings.tasks.push_back(*task_named(x));
    auto driver_of
      = [this](caf::local_actor* parent, const driver_order& order) {
          last_order = order;
          return fakes::make_driver(parent, drivers.at(order.task->name));
        };
    manager = make_task_manager(
      self.ptr(), {.settings = std::make_shared<config::settings>(settings),
                   .process_directory = "/srv",
                   .make_driver = driver_of,
                   .registry = registry,
                   .queue = queue,
                   .store = store,
                   .elector = fenced ? elector : elector_actor{},
                   .clock = [this] { return wall_time{} + elapsed(); },
                   .random = [this] { return ++random; },
                   .show_plan =
                     [this](const task_name& task, const std::string& plan) {
                       plans.push_back(task + ": " + plan);
                     }});
    run();
  }

  /// A standalone instance that monitors these tasks.
  void serve(const std::vector<std::string>& names) {
    spawn(names);
    ask<once_finished>(manager, start_tasks{});
    kept->events->clear();
  }

  caf::expected<task_mutated> create(const std::string& name,
                                     task_run what = task_run::none,
                                     bool enabled = true) {
    return ask<task_mutated>(
      manager,
      create_task{.configuration = task_named(name, enabled), .run = what});
  }

  caf::expected<task_mutated> change(const std::string& name, bool enabled,
                                     task_run what = task_run::none) {
    return ask<task_mutated>(
      manager, change_task{.task = name, .enabled = enabled, .run = what});
  }

  static std::string text_of(const caf::expected<task_mutated>& answer) {
    return answer ? "done" : to_core(answer.error()).message;
  }

  static std::string code_of(const caf::expected<task_mutated>& answer) {
    return answer ? "done" : to_string(to_core(answer.error()).code);
  }

  std::vector<task_view> views() {
    auto answer = ask<task_views>(manager, get_tasks{});
    return answer ? answer->tasks : std::vector<task_view>{};
  }

  std::vector<std::string> names() {
    auto out = std::vector<std::string>{};
    for (const auto& x : views())
      out.push_back(x.configuration->name);
    return out;
  }

  void publish(const std::string& task, std::vector<std::string> ids) {
    script->publish({.name = "for-" + task}, fakes::instances(ids));
    run();
  }

  const std::vector<std::string>& asked(const std::string& task) const {
    return drivers.at(task)->asked;
  }

  int applies(const std::string& task) const {
    return static_cast<int>(
      std::count(asked(task).begin(), asked(task).end(), "apply"));
  }

  void TearDown() override {
    for (auto& [task, driver] : drivers)
      driver->newest = nullptr;
    stop(manager);
    script->close();
    stop(queue);
    stop(store);
    stop(registry);
    stop(elector);
    sim_fixture::TearDown();
  }

  std::map<std::string, fakes::driver_script_ptr> drivers{};
  fakes::registry_script_ptr script
    = std::make_shared<fakes::registry_script>();
  fakes::store_script_ptr kept = std::make_shared<fakes::store_script>();
  fakes::elector_script_ptr election
    = std::make_shared<fakes::elector_script>();
  std::vector<std::string> plans{};
  /// What the latest driver was made for.
  driver_order last_order{};
  watch_registry_actor registry{};
  state_store_actor store{};
  run_queue_actor queue{};
  elector_actor elector{};
  task_manager_actor manager{};
  std::uint64_t random = 0;
};

} // namespace cts
