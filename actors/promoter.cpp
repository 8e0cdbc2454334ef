#include "actors/promoter.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/elector.hpp"
#include "actors/errors.hpp"
#include "actors/guard_log.hpp"
#include "core/ha/tenure.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace cts {

namespace {

using namespace std::chrono_literals;
namespace tenure = ha::tenure;

/// For one read of the whole state, and whatever must be written with it.
constexpr auto load_deadline = 60s;

/// Writes that are under way settle within the store's own limits.
constexpr auto close_deadline = 60s;

/// Once-mode lasts as long as Terraform does.
constexpr auto work_deadline = 24 * 60min;

constexpr auto elector_deadline = 10s;

/// How often modules are looked for.
constexpr auto check_pause = 5min;

/// How often a follower looks whether its tasks are prepared.
constexpr auto warmth_pause = 500ms;

/// How often once-mode looks whether another instance leads.
constexpr auto look_pause = 250ms;

class promoter {
public:
  using actor_type = promoter_actor;
  static inline constexpr const char* name = "promoter";

  promoter(promoter_actor::pointer self, promoter_options options)
    : self_(self), options_(std::move(options)) {
    cafx::install_guards(self_, guard_log);
    machine_.once = options_.once;
  }

  promoter_actor::behavior_type make_behavior() {
    return {
      [this](const promoted& x) {
        promoted_at_ = self_->clock().now();
        on(tenure::promoted{x.term});
      },
      [this](const revoked& x) {
        on(tenure::revoked{.epoch = x.epoch, .graceful = x.graceful});
      },
      // The elector refuses permits by itself; runs go on under their leases.
      [](suspended) {},
      [](resumed) {},
      [this](const expelled& x) {
        self_->quit(to_caf(fail(errc::conflict, x.message)));
      },
      [this](const state_copied& x) { take_copy(x); },
      [this](const lead_tasks& x) { return lead(x); },
      [this](const stop_tasks& x) { return stop(x); },
      [this](const part_restarted& x) {
        if (x.name == tasks_part)
          on(tenure::tasks_lost{});
        else
          on(tenure::store_lost{});
      },
      [this](timer_elapsed) { look_for_a_leader(); },
      [this](check_compatibility) {
        check();
        self_->delayed_send(self_, check_pause, check_compatibility{});
      },
      [this](check_warmth) { look_at_tasks(); },
    };
  }

private:
  void take_copy(const state_copied& x) {
    auto is_first = copy_.empty();
    copy_ = x.tasks;
    on(tenure::copied{});
    if (is_first)
      check();
  }

  // An instance without a task's module may be elected, but is the last to
  // try (1.7, 4.6).
  void check() {
    const auto& tasks
      = machine_.at == tenure::step_at::leading ? loaded_ : copy_;
    readiness_.tasks = tasks.size();
    readiness_.incompatible.clear();
    for (const auto& task : tasks)
      if (auto problem = problem_of(*task.configuration)) {
        log::error("ha.compat", "",
                   {{"error", "compatibility check failure: " + *problem}});
        readiness_.incompatible.push_back(task.configuration->name);
      }
    tell_readiness();
  }

  void tell_readiness() {
    auto done = readiness_.tasks - readiness_.incompatible.size();
    readiness_.ready = readiness_.warm ? done : 0;
    caf::anon_send(caf::actor_cast<elector_impl>(options_.elector), readiness_);
  }

  // Who has yet to prepare its tasks lets the others go first (4.6). One that
  // cannot be prepared is no reason to wait.
  void look_at_tasks() {
    looking_ = false;
    if (machine_.at != tenure::step_at::following || readiness_.warm)
      return;
    auto again = [this] { look_soon(); };
    self_->request(options_.tasks, elector_deadline, get_tasks{})
      .then(
        [this, again](const task_views& x) {
          readiness_.warm = std::ranges::none_of(x.tasks, [](const auto& each) {
            return each.enabled && each.phase == task_phase::creating;
          });
          readiness_.warm ? tell_readiness() : again();
        },
        [again](caf::error&) { again(); });
  }

  void look_soon() {
    if (!std::exchange(looking_, true))
      self_->delayed_send(self_, warmth_pause, check_warmth{});
  }

  void cool_down() {
    if (!std::exchange(readiness_.warm, false))
      return;
    tell_readiness();
  }

  std::optional<std::string> problem_of(const config::task& task) const {
    const auto& module = task.module;
    auto is_local = module.starts_with("./") || module.starts_with("../")
                    || module.starts_with("/");
    if (!is_local || !options_.stat)
      return std::nullopt;
    return options_.stat(module);
  }

  caf::result<once_finished> lead(const lead_tasks& x) {
    order_ = x;
    auto promise = self_->make_response_promise<once_finished>();
    once_answer_ = cafx::answer{promise};
    if (!options_.once)
      cool_down();
    on(tenure::started{});
    if (!options_.once)
      self_->delayed_send(self_, check_pause, check_compatibility{});
    if (options_.once)
      look_for_a_leader();
    else
      once_answer_.deliver(once_finished{});
    return promise;
  }

  caf::result<void> stop(const stop_tasks& x) {
    auto promise = self_->make_response_promise<caf::unit_t>();
    stop_answers_.emplace_back(promise);
    stop_grace_ = x.grace;
    stop_drain_ = x.drain;
    if (machine_.at == tenure::step_at::left)
      perform(tenure::report_stopped{});
    on(tenure::stop_requested{});
    return promise;
  }

  // In once-mode only the lock counts: where another instance holds it, there
  // is nothing to do here (3.5).
  void look_for_a_leader() {
    if (machine_.at != tenure::step_at::following || !once_answer_.pending())
      return;
    self_->request(options_.elector, elector_deadline, get_leadership{})
      .then(
        [this](const leadership_view& x) {
          if (x.leader && x.role == ha::role::follower)
            return refuse(x.leader->id);
          self_->delayed_send(self_, look_pause, timer_elapsed{});
        },
        [this](caf::error&) {
          self_->delayed_send(self_, look_pause, timer_elapsed{});
        });
  }

  void refuse(const std::string& leader) {
    if (machine_.at == tenure::step_at::following)
      once_answer_.deliver(once_finished{"cannot run in once-mode: cluster '"
                                         + options_.cluster_name
                                         + "' is led by '" + leader + "'"});
  }

  template <class Event>
  void on(const Event& event) {
    feed(machine_, event, self_->clock().now(),
         [this](const auto& effect) { perform(effect); });
  }

  // -- effects: gain ----------------------------------------------------------

  void perform(const tenure::join&) {
    caf::anon_send(options_.elector,
                   join_cluster{.listener = self_,
                                .port = order_.port,
                                .process_check = options_.process_check});
  }

  void perform(const tenure::follow_state&) {
    caf::anon_send(options_.store, follow_state{self_});
  }

  void perform(const tenure::stand_by&) {
    caf::anon_send(options_.tasks,
                   stand_by{.program = order_.program, .tasks = copy_});
    look_soon();
  }

  void perform(const tenure::load& effect) {
    auto epoch = effect.term.epoch;
    self_->request(options_.store, load_deadline, load_state{effect.term})
      .then(
        [this, epoch](const state_loaded& x) {
          auto known = !copy_.empty();
          loaded_ = copy_ = x.tasks;
          on(tenure::loaded{epoch});
          if (!known)
            check();
        },
        [this, epoch](caf::error& reason) {
          on(tenure::load_failed{epoch, to_core(reason).message});
        });
  }

  void perform(const tenure::report_ready& effect) {
    caf::anon_send(options_.elector, tenure_ready{effect.epoch});
    note_phase("load");
  }

  // Of the newest promotion; each begins where the one before it ended.
  void note_phase(const char* phase) {
    auto now = self_->clock().now();
    measure(options_.meter,
            promotion_measured{phase, now - std::exchange(promoted_at_, now)});
  }

  void perform(const tenure::report_failed& effect) {
    caf::anon_send(options_.elector,
                   tenure_failed{effect.epoch, effect.reason});
  }

  void perform(const tenure::start& effect) {
    auto order
      = start_tasks{.program = order_.program,
                    .policy = options_.once ? once_policy::stop_at_first_error
                                            : once_policy::keep_going,
                    .monitor = !options_.once,
                    .resume = effect.resume,
                    .at_once = !options_.once,
                    .epoch = effect.epoch};
    order.tasks = options_.once ? options_.configured : loaded_;
    self_->request(options_.tasks, work_deadline, order)
      .then(
        [this](const once_finished& x) {
          note_phase("once");
          on(tenure::once_over{x.error});
        },
        [this](caf::error& reason) {
          // A manager that died comes back, and is told again.
          if (reason != caf::sec::request_receiver_down)
            on(tenure::once_over{to_core(reason).message});
        });
  }

  // -- effects: loss ----------------------------------------------------------

  void perform(const tenure::end_runs& effect) {
    auto order = stop_tasks{.grace = options_.grace};
    if (effect.how == tenure::ending::drain)
      order.drain = options_.drain;
    if (machine_.at == tenure::step_at::leaving)
      order = {.grace = stop_grace_, .drain = stop_drain_};
    self_->request(options_.tasks, order.grace + order.drain + 30s, order)
      .then([this] { on(tenure::runs_ended{}); },
            [this](caf::error&) { on(tenure::runs_ended{}); });
  }

  void perform(const tenure::close_state& effect) {
    if (options_.once)
      return on(tenure::state_closed{});
    self_->request(options_.store, close_deadline, close_state{effect.epoch})
      .then([this] { on(tenure::state_closed{}); },
            [this](caf::error&) { on(tenure::state_closed{}); });
  }

  void perform(const tenure::report_over& effect) {
    caf::anon_send(options_.elector, tenure_over{effect.epoch});
  }

  void perform(const tenure::renew_tasks&) {
    if (!options_.once)
      cool_down();
    caf::anon_send(caf::actor_cast<caf::actor>(options_.tasks), renew_part{});
  }

  void perform(const tenure::release_lock&) {
    self_->request(options_.elector, elector_deadline, step_down{.leave = true})
      .then([this] { on(tenure::lock_released{}); },
            [this](caf::error&) { on(tenure::lock_released{}); });
  }

  void perform(const tenure::leave&) {
    self_->request(options_.elector, elector_deadline, leave_cluster{})
      .then([this] { on(tenure::session_ended{}); },
            [this](caf::error&) { on(tenure::session_ended{}); });
  }

  void perform(const tenure::answer_once& effect) {
    once_answer_.deliver(once_finished{effect.error});
  }

  void perform(const tenure::report_stopped&) {
    for (auto& answer : std::exchange(stop_answers_, {}))
      answer.deliver(caf::unit);
  }

  promoter_actor::pointer self_;
  promoter_options options_;
  tenure::state machine_{};
  lead_tasks order_{};
  time_point promoted_at_{};
  report_readiness readiness_{.warm = true};
  /// A look at the tasks is due.
  bool looking_ = false;
  /// What the follower's copy of the state holds.
  kept_tasks copy_{};
  /// What was loaded for the newest term.
  kept_tasks loaded_{};
  milliseconds stop_grace_{};
  milliseconds stop_drain_{};
  cafx::answer<once_finished> once_answer_{};
  std::vector<cafx::done_answer> stop_answers_{};
};

} // namespace

promoter_actor make_promoter(caf::local_actor* parent,
                             promoter_options options) {
  return cafx::spawn_state<promoter>(parent, std::move(options));
}

} // namespace cts
