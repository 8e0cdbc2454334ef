#include "actors/settings_keeper.hpp"

#include "actors/dynamic_values.hpp"
#include "actors/errors.hpp"
#include "actors/guardian.hpp"
#include "actors/log.hpp"
#include "actors/promoter.hpp"
#include "core/dynamic/rendering.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace cts {

namespace {

using namespace std::chrono_literals;

/// Whoever renders ends the waiting by itself.
constexpr auto render_deadline = dynamic::rendering::patience + 10s;

std::string joined(const std::vector<std::string>& names) {
  auto out = std::string{};
  for (const auto& name : names)
    out += (out.empty() ? "" : ",") + name;
  return out;
}

} // namespace

bool settings_keeper::is_clustered() const {
  return options_.settings->high_availability.has_value();
}

bool settings_keeper::has_templates() const {
  return !dynamic::templates_of(*options_.settings).empty();
}

// -- dynamic values -----------------------------------------------------------

// What a guardian calls may outlive us.
values_actor settings_keeper::spawn_values(const config::settings& settings) {
  auto made = dynamic_values_of(settings, options_.world.environment);
  made.registry = parts_.registry;
  made.vault_http = options_.world.vault;
  auto tell = [me = self_->address()](const auto& x) {
    if (auto alive = caf::actor_cast<caf::strong_actor_ptr>(me))
      caf::anon_send(caf::actor_cast<controller_impl>(alive), x);
  };
  made.changed = [tell](const values_rendered& x) { tell(x); };
  auto spec = child_spec{.name = values_part};
  spec.restarted = [tell] { tell(part_restarted{values_part}); };
  return guarded<values_actor>(self_, std::move(spec), [made](auto* host) {
    return make_dynamic_values(host, made);
  });
}

void settings_keeper::end_values(values_actor& x) {
  auto ended = std::exchange(x, nullptr);
  if (!ended)
    return;
  self_->unlink_from(ended);
  self_->send_exit(ended, caf::exit_reason::user_shutdown);
}

void settings_keeper::render(outcome done) {
  values_ = spawn_values(*options_.settings);
  self_->request(values_, render_deadline, render_values{})
    .then(
      [this, done](const values_rendered& x) {
        go_by(options_.settings, x);
        if (!options_.settings->dynamic_values)
          end_values(values_);
        done(std::nullopt);
      },
      [done](caf::error& reason) { done(to_core(reason)); });
}

void settings_keeper::note(const values_rendered& x) {
  auto is_known
    = [&x](const auto& each) { return x.values->contains(each.text); };
  if (!std::ranges::all_of(dynamic::templates_of(*options_.settings), is_known))
    return; // of settings that a reload has replaced
  if (!may_change_ || is_reloading_) {
    waiting_values_ = x;
    return;
  }
  log::info("ctrl", "dynamic values have changed");
  go_by(options_.settings, x);
}

bool settings_keeper::note(const part_restarted& x) {
  if (x.name == values_part)
    follow_again();
  if (x.name == tasks_part)
    tell_tasks();
  return x.name == values_part;
}

void settings_keeper::follow_again() {
  if (!values_)
    return;
  self_->request(values_, render_deadline, render_values{})
    .then([this](const values_rendered& x) { note(x); },
          [](caf::error& reason) {
            log::error("ctrl", "dynamic values are not followed any more",
                       {{"error", to_core(reason).message}});
          });
}

void settings_keeper::tell_tasks() {
  if (live_.settings)
    caf::anon_send(parts_.tasks, live_);
}

void settings_keeper::go_by(const settings_ptr& settings,
                            const values_rendered& known) {
  options_.settings = settings;
  live_ = {.settings = settings, .rendered = settings, .values = known.values};
  if (known.values)
    live_.rendered = std::make_shared<const config::settings>(
      dynamic::rendered(*settings, *known.values));
  tell_tasks();
}

void settings_keeper::close() {
  end_values(values_);
  end_values(next_values_);
}

// -- reload -------------------------------------------------------------------

void settings_keeper::allow_changes() {
  if (!std::exchange(may_change_, true))
    go_on();
}

void settings_keeper::go_on() {
  if (auto known = std::exchange(waiting_values_, std::nullopt))
    note(*known);
  if (auto wanted = std::exchange(waiting_reload_, std::nullopt))
    reload(*wanted);
}

void settings_keeper::reload(const reload_instance& x) {
  if (options_.mode != run_mode::daemon)
    return log::warn("ctrl", "the configuration is not reloaded: the instance "
                             "ends by itself");
  if (may_change_ && !is_reloading_)
    return begin(x);
  log::info("ctrl", is_reloading_
                      ? "the configuration is reloaded when the reload that "
                        "goes on has ended"
                      : "the configuration is reloaded when the tasks have run "
                        "once");
  waiting_reload_ = x;
}

void settings_keeper::begin(const reload_instance& x) {
  auto plan = std::make_shared<const reload::plan>(
    reload::make(*options_.settings, *x.settings, is_clustered()));
  if (dynamic::templates_of(plan->settings).empty())
    return finish(*plan, {});
  is_reloading_ = true;
  next_values_ = spawn_values(plan->settings);
  self_->request(next_values_, render_deadline, render_values{})
    .then([this, plan](const values_rendered& known) { finish(*plan, known); },
          [this](caf::error& reason) { refuse(to_core(reason)); });
}

void settings_keeper::finish(const reload::plan& plan,
                             const values_rendered& known) {
  is_reloading_ = false;
  waiting_values_.reset(); // of the former templates
  end_values(values_);
  values_ = std::exchange(next_values_, nullptr);
  if (!plan.settings.dynamic_values)
    end_values(values_);
  if (options_.set_log_level)
    options_.set_log_level(plan.settings.log_level);
  for (const auto& path : plan.refused)
    log::warn("ctrl", "a changed setting needs a restart and stays as it was",
              {{"setting", path}});
  for (const auto& path : plan.stored)
    log::warn("ctrl",
              "a changed setting stays as it was: the cluster keeps "
              "its tasks in Consul, change them through the API",
              {{"setting", path}});
  log::info(
    "ctrl", "configuration reloaded",
    {{"changed", plan.changed.empty() ? "nothing" : joined(plan.changed)}});
  go_by(std::make_shared<const config::settings>(plan.settings), known);
  go_on();
}

void settings_keeper::refuse(const error& reason) {
  is_reloading_ = false;
  end_values(next_values_);
  log::error("ctrl", "error reloading configuration; the former one stays",
             {{"error", reason.message}});
  go_on();
}

} // namespace cts
