#include "actors/meter.hpp"

#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/guard_log.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace cts {

namespace {

class meter {
public:
  using actor_type = meter_actor;
  static inline constexpr const char* name = "meter";

  explicit meter(meter_actor::pointer self) : self_(self) {
    cafx::install_guards(self_, guard_log);
  }

  meter_actor::behavior_type make_behavior() {
    return {
      [this](const run_measured& x) { note(state_, x.what); },
      [this](render_measured) { ++state_.renders; },
      [this](const request_measured& x) { add(state_.request_time, x.took); },
      [this](const watch_measured& x) { note_watch(x); },
      [this](const election_measured& x) { state_.election = x.tally; },
      [this](const promotion_measured& x) {
        state_.promotion[x.phase] = x.took;
      },
      [this](get_measures) {
        return measures{.state = std::make_shared<metrics::state>(state_),
                        .at = self_->clock().now()};
      },
    };
  }

private:
  void note_watch(const watch_measured& x) {
    auto found = state_.watches.find(x.what);
    if (x.news == watch_news::began)
      state_.watches[x.what] = self_->clock().now();
    else if (found != state_.watches.end() && x.news == watch_news::ended)
      state_.watches.erase(found);
    else if (found != state_.watches.end())
      found->second = self_->clock().now();
  }

  meter_actor::pointer self_;
  metrics::state state_{};
};

} // namespace

meter_actor make_meter(caf::local_actor* parent) {
  return cafx::spawn_state<meter>(parent);
}

} // namespace cts
