#pragma once

#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "tests/api/samples.hpp"

#include <caf/typed_event_based_actor.hpp>

/// Whom the API asks, played by actors that follow a script.
namespace cts::tests {

/// What the fakes answer. Silent: never.
struct script {
  std::optional<task_views> tasks = sample_tasks();
  std::optional<event_map> events = sample_events();
  std::optional<error> failure{};
  int questions = 0;
  /// What mutations are answered with: an error, or this.
  std::optional<error> refusal{};
  std::optional<run_inspected> inspected{};
  /// The mutations, as they arrived.
  std::vector<create_task> created{};
  std::vector<change_task> changed{};
  std::vector<task_name> deleted{};
};

using script_ptr = std::shared_ptr<script>;

struct fake_manager {
  using actor_type = task_manager_actor;
  static inline constexpr const char* name = "fake_manager";

  fake_manager(task_manager_actor::pointer me, script_ptr to_play)
    : self(me), played(std::move(to_play)) {}

  task_manager_actor::behavior_type make_behavior() {
    return {
      [](const start_tasks&) -> caf::result<once_finished> {
        return caf::sec::unexpected_message;
      },
      [](const stand_by&) -> caf::result<void> {
        return caf::sec::unexpected_message;
      },
      [](const inspect_tasks&) -> caf::result<once_finished> {
        return caf::sec::unexpected_message;
      },
      [this](const create_task& x) {
        played->created.push_back(x);
        return mutated();
      },
      [this](const change_task& x) {
        played->changed.push_back(x);
        return mutated();
      },
      [this](const delete_task& x) -> caf::result<void> {
        played->deleted.push_back(x.task);
        if (played->refusal)
          return to_caf(*played->refusal);
        return caf::unit;
      },
      [this](get_tasks) -> caf::result<task_views> {
        ++played->questions;
        if (played->failure)
          return to_caf(*played->failure);
        if (played->tasks)
          return *played->tasks;
        return self->make_response_promise<task_views>();
      },
      [](const stop_tasks&) -> caf::result<void> {
        return caf::sec::unexpected_message;
      },
      [](const renew_settings&) {},
    };
  }

  caf::result<task_mutated> mutated() const {
    if (played->refusal)
      return to_caf(*played->refusal);
    return task_mutated{played->inspected};
  }

  task_manager_actor::pointer self;
  script_ptr played;
};

struct fake_store {
  using actor_type = state_store_actor;
  static inline constexpr const char* name = "fake_store";

  fake_store(state_store_actor::pointer me, script_ptr to_play)
    : self(me), played(std::move(to_play)) {}

  state_store_actor::behavior_type make_behavior() {
    return {
      [](const record_event&) -> caf::result<void> {
        return caf::sec::unexpected_message;
      },
      [this](get_events) -> caf::result<events_snapshot> {
        ++played->questions;
        if (!played->events)
          return self->make_response_promise<events_snapshot>();
        return events_snapshot{.events
                               = std::make_shared<event_map>(*played->events)};
      },
      [](const keep_task&) -> caf::result<void> {
        return caf::sec::unexpected_message;
      },
      [](const forget_task&) -> caf::result<void> {
        return caf::sec::unexpected_message;
      },
    };
  }

  state_store_actor::pointer self;
  script_ptr played;
};

} // namespace cts::tests
