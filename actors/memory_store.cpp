#include "actors/memory_store.hpp"

#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/guard_log.hpp"

#include <caf/send.hpp>

namespace cts {

namespace {

class memory_store {
public:
  using actor_type = state_store_actor;
  static inline constexpr const char* name = "memory_store";

  memory_store(state_store_actor::pointer self, elector_actor elector)
    : elector_(std::move(elector)) {
    cafx::install_guards(self, guard_log);
  }

  state_store_actor::behavior_type make_behavior() {
    return {
      [this](const record_event& x) {
        store_.add(x.event);
        copy_.reset();
        if (x.permit && elector_)
          caf::anon_send(elector_, run_closed{*x.permit, x.event});
      },
      [this](const get_events&) {
        if (!copy_)
          copy_ = std::make_shared<const std::map<task_name, task_events>>(
            store_.all());
        return events_snapshot{copy_};
      },
      // The task manager has them, and nothing outlives the process.
      [](const keep_task&) {},
      [this](const forget_task& x) {
        store_.drop(x.task);
        copy_.reset();
      },
    };
  }

private:
  elector_actor elector_;
  event_store store_{};
  /// What was answered last; shared by all who ask until the next event.
  std::shared_ptr<const std::map<task_name, task_events>> copy_{};
};

} // namespace

state_store_actor make_memory_store(caf::local_actor* parent,
                                    elector_actor elector) {
  return cafx::spawn_state<memory_store>(parent, std::move(elector));
}

} // namespace cts
