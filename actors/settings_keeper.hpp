#pragma once

#include "actors/controller.hpp"
#include "actors/timers.hpp"
#include "core/reload.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <optional>

// What the controller is made of; only its sources include this.

namespace cts {

/// The controller with what it tells itself and is told by its parts.
using controller_impl = cafx::extended<
  controller_actor, caf::result<void>(timer_elapsed),
  caf::result<void>(part_restarted), caf::result<void>(agent_recovered),
  caf::result<void>(fail_part), caf::result<void>(values_rendered)>;

constexpr auto values_part = "dynamic values";

/// Knows which settings are in effect: those of the start, with what their
/// templates stand for, or those of a reload.
class settings_keeper {
public:
  /// Whom it needs.
  struct parts {
    watch_registry_actor registry{};
    task_manager_actor tasks{};
  };

  using outcome = std::function<void(const std::optional<error>&)>;

  /// A reload changes `options.settings`.
  settings_keeper(controller_impl::pointer self, controller_options& options)
    : self_(self), options_(options) {}

  settings_keeper(const settings_keeper&) = delete;
  settings_keeper& operator=(const settings_keeper&) = delete;

  void serve(parts x) { parts_ = std::move(x); }

  /// Whether something must be rendered before the tasks are created.
  bool has_templates() const;

  /// Finds out what the templates stand for and tells the tasks.
  void render(outcome done);

  /// Once-mode is over: what has waited for that is done now.
  void allow_changes();

  void reload(const reload_instance& x);

  /// A template stands for something else.
  void note(const values_rendered& x);

  /// A part was restarted: the tasks are told again. Whether that was all that
  /// is to be done.
  bool note(const part_restarted& x);

  /// Before the controller ends.
  void close();

private:
  using settings_ptr = std::shared_ptr<const config::settings>;

  bool is_clustered() const;
  values_actor spawn_values(const config::settings& settings);
  void end_values(values_actor& x);
  void begin(const reload_instance& x);
  void finish(const reload::plan& plan, const values_rendered& known);
  void refuse(const error& reason);
  void go_on();
  void follow_again();
  void tell_tasks();
  void go_by(const settings_ptr& settings, const values_rendered& known);

  controller_impl::pointer self_;
  controller_options& options_;
  parts parts_{};
  renew_settings live_{};
  /// Null if nothing is rendered.
  values_actor values_{};
  /// Of a reload that goes on.
  values_actor next_values_{};
  bool may_change_ = false;
  bool is_reloading_ = false;
  std::optional<reload_instance> waiting_reload_{};
  std::optional<values_rendered> waiting_values_{};
};

} // namespace cts
