#include "actors/event_recorder.hpp"

#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/guard_log.hpp"

namespace cts {

namespace {

class event_recorder {
public:
  using actor_type = event_recorder_actor;
  static inline constexpr const char* name = "event_recorder";

  explicit event_recorder(event_recorder_actor::pointer self) {
    cafx::install_guards(self, guard_log);
  }

  event_recorder_actor::behavior_type make_behavior() {
    return {
      [this](const record_event& x) {
        store_.add(x.event);
        copy_.reset();
      },
      [this](const get_events&) {
        if (!copy_)
          copy_ = std::make_shared<const std::map<task_name, task_events>>(
            store_.all());
        return events_snapshot{copy_};
      },
    };
  }

private:
  event_store store_{};
  /// What was answered last; shared by all who ask until the next event.
  std::shared_ptr<const std::map<task_name, task_events>> copy_{};
};

} // namespace

event_recorder_actor make_event_recorder(caf::local_actor* parent) {
  return cafx::spawn_state<event_recorder>(parent);
}

} // namespace cts
