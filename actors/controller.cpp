#include "actors/controller.hpp"

#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/consul_client.hpp"
#include "actors/errors.hpp"
#include "actors/guard_log.hpp"
#include "actors/guardian.hpp"
#include "actors/memory_store.hpp"
#include "actors/part_list.hpp"
#include "actors/registrar.hpp"
#include "actors/run_queue.hpp"
#include "actors/settings_keeper.hpp"
#include "actors/task_manager.hpp"
#include "actors/timers.hpp"
#include "actors/watch_registry.hpp"
#include "core/consul/status.hpp"
#include "core/lifecycle.hpp"

#include <caf/send.hpp>
#include <caf/system_messages.hpp>

namespace cts {

namespace {

using namespace std::chrono_literals;

/// For the leader probe, which takes 7 s if the agent's servers are gone.
constexpr auto probe_deadline = 30s;

/// Finding the program runs it once or twice.
constexpr auto program_deadline = 60s;
constexpr auto server_deadline = 30s;
/// Once-mode lasts as long as Terraform does.
constexpr auto work_deadline = 24 * 60min;

constexpr auto registrar_part = "registrar";

milliseconds whole(duration x) {
  return std::chrono::duration_cast<milliseconds>(x);
}

class controller {
public:
  using actor_type = controller_impl;
  static inline constexpr const char* name = "controller";

  controller(controller_impl::pointer self, controller_options options)
    : self_(self), options_(std::move(options)), keeper_(self, options_) {
    cafx::install_guards(self_, guard_log);
    self_->set_exit_handler([this](caf::exit_msg& msg) { on_exit(msg); });
    const auto& settings = *options_.settings;
    lifecycle_.once = options_.mode != run_mode::daemon;
    lifecycle_.shutdown_grace = settings.shutdown_grace;
    lifecycle_.startup_wait = settings.consul.startup_wait;
    lifecycle_.dynamic = keeper_.has_templates();
    clustered_
      = settings.high_availability && options_.mode != run_mode::inspect;
    if (clustered_)
      plan_leaving(lifecycle_, settings);
  }

  controller_impl::behavior_type make_behavior() {
    spawn_parts();
    log::info("ctrl", "setting up controller",
              {{"type", to_string(options_.mode)}});
    log::info("ctrl", "initializing Consul client and testing connection");
    on(lifecycle::started{});
    return {
      [this](const stop_instance& x) { stop(x); },
      [this](const reload_instance& x) { keeper_.reload(x); },
      [this](const values_rendered& x) { keeper_.note(x); },
      [this](timer_elapsed) { on(lifecycle::timer_elapsed{}); },
      [this](const part_restarted& x) { repeat_order(x); },
      [this](agent_recovered) { repeat_order({registrar_part}); },
      [this](const fail_part& x) { parts_.fail(x); },
    };
  }

private:
  // Older parts first: a part knows those that were there before it. What a
  // guardian calls may outlive us, so it captures values.
  void spawn_parts() {
    auto client = options_.consul;
    client.recovered = teller(agent_recovered{});
    consul_ = guarded<consul_actor>(
      self_, {.name = "consul client"},
      [options = client, http = options_.world.http](auto* host) {
        return make_consul_client(host, options, http);
      });
    if (clustered_)
      cluster_ = spawn_cluster(self_, cluster());
    store_ = spawn_store(self_, cluster_, lifecycle_.once);
    queue_ = guarded<run_queue_actor>(
      self_, {.name = "run queue"},
      [limits = run_limits_of(*options_.settings, clustered_)](auto* host) {
        return make_run_queue(host, limits);
      });
    const auto& agent = options_.settings->consul;
    auto watching
      = watch_registry_options{.wait = agent.block_wait,
                               .hold_filtered = agent.on_acl_filtered == "hold",
                               .random = options_.world.random,
                               .meter = options_.world.meter};
    registry_ = guarded<watch_registry_actor>(
      self_, {.name = "watch registry"},
      [watching, consul = consul_](auto* host) {
        return make_watch_registry(host, watching, consul);
      });
    spawn_workers();
    keeper_.serve({.registry = registry_, .tasks = manager_});
    note_parts();
    if (clustered_) {
      promoter_ = spawn_promoter(self_, cluster(), cluster_, manager_);
      parts_.add("promoter", promoter_);
    }
  }

  void spawn_workers() {
    manager_ = guarded<task_manager_actor>(
      self_, {.name = tasks_part, .restarted = tell_restarted(tasks_part)},
      [options = tasks()](auto* host) {
        return make_task_manager(host, options);
      });
    auto registering = registrar_options{.settings = options_.settings,
                                         .random = options_.world.random};
    registrar_ = guarded<registrar_actor>(
      self_, // not being in the catalog is no reason to end
      {.name = registrar_part,
       .limits = {.failures_max = 0},
       .restarted = tell_restarted(registrar_part)},
      [registering, consul = consul_](auto* host) {
        return make_registrar(host, registering, consul);
      });
    api_ = guarded<api_actor>(self_, {.name = "api"},
                              [make = options_.parts.make_api, tasks = manager_,
                               events = store_,
                               elector = cluster_.elector](auto* host) {
                                return make(host, tasks, events, elector);
                              });
  }

  void note_parts() {
    parts_.add("consul client", consul_);
    for (const auto& [part, x] : named_parts(cluster_))
      parts_.add(part, x);
    parts_.add(store_part, store_);
    parts_.add("run queue", queue_);
    parts_.add("watch registry", registry_);
    parts_.add(tasks_part, manager_);
    parts_.add(registrar_part, registrar_);
    parts_.add("api", api_);
  }

  cluster_order cluster() const {
    return {.settings = options_.settings,
            .identity = options_.identity,
            .once = lifecycle_.once,
            .consul = options_.consul,
            .http = options_.world.http,
            .clock = options_.world.clock,
            .random = options_.world.random,
            .store_restarted = tell_restarted(store_part),
            .check_missing = tell_restarted(registrar_part),
            .peers = options_.world.peers,
            .meter = options_.world.meter};
  }

  task_manager_options tasks() const {
    return {.settings = options_.settings,
            .process_directory = options_.process_directory,
            .make_driver = options_.parts.make_driver,
            .consul = consul_,
            .registry = registry_,
            .queue = queue_,
            .store = store_,
            .elector = cluster_.elector,
            .clock = options_.world.clock,
            .zone = options_.world.zone,
            .random = options_.world.random,
            .show_plan = options_.show_plan,
            .meter = options_.world.meter};
  }

  template <class Message>
  std::function<void()> teller(const Message& x) const {
    return [me = self_->address(), x] {
      auto alive = caf::actor_cast<caf::strong_actor_ptr>(me);
      caf::anon_send(caf::actor_cast<controller_impl>(alive), x);
    };
  }

  // Those that wait for an order which only we can repeat.
  std::function<void()> tell_restarted(const char* part) const {
    return teller(part_restarted{part});
  }

  void repeat_order(const part_restarted& x) {
    if (keeper_.note(x)) // before the tasks are started
      return;
    if (promoter_ && x.name != registrar_part)
      caf::anon_send(promoter_, x);
    else if (x.name == tasks_part)
      on(lifecycle::tasks_lost{});
    else if (lifecycle_.registered)
      perform(lifecycle::register_instance{});
  }

  void stop(const stop_instance& x) {
    log::info("cli", "signal received to initiate graceful shutdown",
              {{"signal", x.signal}});
    on(lifecycle::stop_requested{});
  }

  // Only the guardians are linked to us.
  void on_exit(caf::exit_msg& msg) {
    if (msg.reason)
      on(lifecycle::part_lost{to_core(msg.reason).message});
  }

  template <class Event>
  void on(const Event& event) {
    feed(lifecycle_, event, self_->clock().now(),
         [this](const auto& effect) { perform(effect); });
    if (lifecycle_.at == lifecycle::step_at::monitoring)
      keeper_.allow_changes();
  }

  // -- effects ----------------------------------------------------------------

  // While the agent is waited for, a probe must not outlast the waiting.
  milliseconds probe_limit() const {
    if (lifecycle_.startup_wait == duration{0})
      return probe_deadline;
    return std::min<milliseconds>(probe_deadline,
                                  whole(lifecycle_.startup_wait) + 1s);
  }

  void perform(const lifecycle::probe_consul&) {
    auto query = consul_query{.id = options_.world.random(),
                              .request = consul::leader_request(),
                              .deadline = probe_limit()};
    self_->request(consul_, probe_limit() + 5s, query)
      .then(
        [this](const consul::reply& x) {
          auto leader = consul::decode_leader(x);
          on(lifecycle::consul_probed{leader && !leader->empty()});
        },
        [this](caf::error& reason) {
          on(lifecycle::consul_unreachable{to_core(reason).message});
        });
  }

  void perform(const lifecycle::find_program&) {
    setup_ = options_.parts.make_setup(self_);
    self_->request(setup_, program_deadline, find_program{})
      .then(
        [this](const driver_program& x) {
          program_ = x;
          log::info("cli", "initializing controller");
          log::info("ctrl", "initializing driver factory");
          on(lifecycle::program_found{});
        },
        [this](caf::error& reason) {
          on(lifecycle::program_missing{to_core(reason).message});
        });
  }

  void perform(const lifecycle::render_values&) {
    keeper_.render([this](const std::optional<error>& problem) {
      problem ? on(lifecycle::values_refused{problem->message})
              : on(lifecycle::values_rendered{});
    });
  }

  void perform(const lifecycle::open_api&) {
    auto wanted = open_api{.port = options_.settings->port,
                           .tls = options_.settings->tls,
                           .target = api_};
    self_->request(options_.world.server, server_deadline, wanted)
      .then(
        [this](const api_opened& x) {
          port_ = x.port;
          on(lifecycle::api_opened{});
        },
        [this](caf::error& reason) {
          on(lifecycle::api_failed{to_core(reason).message});
        });
  }

  void perform(const lifecycle::register_instance&) {
    caf::anon_send(registrar_, register_instance{port_});
  }

  void perform(const lifecycle::deregister_instance&) {
    self_->request(registrar_, server_deadline, deregister_instance{})
      .then([this] { on(lifecycle::deregistered{}); },
            [this](caf::error&) { on(lifecycle::deregistered{}); });
  }

  void perform(const lifecycle::start_tasks& effect) {
    if (options_.mode == run_mode::inspect)
      return run_tasks(manager_, inspect_tasks{program_});
    if (promoter_)
      return run_tasks(promoter_, lead_tasks{program_, port_});
    auto order = start_tasks{.program = program_,
                             .policy = once_policy::stop_at_first_error,
                             .monitor = !lifecycle_.once,
                             .resume = effect.resume};
    run_tasks(manager_, order);
  }

  template <class Actor, class Order>
  void run_tasks(const Actor& who, const Order& order) {
    self_->request(who, work_deadline, order)
      .then(
        [this](const once_finished& x) { on(lifecycle::once_over{x.error}); },
        [this](caf::error& reason) {
          // A manager that died comes back, and we repeat the order then.
          if (reason != caf::sec::request_receiver_down)
            on(lifecycle::once_over{to_core(reason).message});
        });
  }

  void perform(const lifecycle::stop_tasks& effect) {
    auto order
      = stop_tasks{.grace = whole(effect.grace), .drain = whole(effect.drain)};
    auto ask = [&](const auto& who) {
      self_->request(who, order.grace + order.drain + 60s, order)
        .then([this] { on(lifecycle::tasks_stopped{}); },
              [this](caf::error&) { on(lifecycle::tasks_stopped{}); });
    };
    promoter_ ? ask(promoter_) : ask(manager_);
  }

  void perform(const lifecycle::close_api&) {
    auto closed = [this] { on(lifecycle::api_closed{}); };
    self_
      ->request(options_.world.server, server_deadline,
                close_api{lifecycle::api_grace})
      .then(closed, [closed](caf::error&) { closed(); });
  }

  void perform(const lifecycle::report_error& effect) {
    log::error("cli", effect.stage, {{"error", effect.message}});
  }

  void perform(const lifecycle::report_unexpected_end&) {
    log::warn("cli", "unexpected shutdown");
  }

  void perform(const lifecycle::arm_timer& effect) {
    self_->delayed_send(self_, effect.due - self_->clock().now(),
                        timer_elapsed{});
  }

  void perform(const lifecycle::end& effect) {
    if (effect.result == lifecycle::exit_code::success)
      log::info("cli", "graceful shutdown");
    if (effect.result == lifecycle::exit_code::stop_timed_out)
      log::info("cli", "graceful shutdown timed out, exiting");
    caf::anon_send(options_.listener,
                   instance_ended{static_cast<int>(effect.result)});
    keeper_.close();
    parts_.end_in_reverse(self_);
    self_->quit();
  }

  controller_impl::pointer self_;
  controller_options options_;
  settings_keeper keeper_;
  lifecycle::state lifecycle_{};
  /// One of several instances.
  bool clustered_ = false;
  driver_program program_{};
  int port_ = 0;
  registrar_actor registrar_{};
  consul_actor consul_{};
  state_store_actor store_{};
  run_queue_actor queue_{};
  watch_registry_actor registry_{};
  task_manager_actor manager_{};
  api_actor api_{};
  /// With high availability.
  cluster_parts cluster_{};
  promoter_actor promoter_{};
  driver_setup_actor setup_{};
  part_list parts_{};
};

} // namespace

controller_actor spawn_instance(caf::actor_system& system,
                                controller_options options) {
  return cafx::spawn_state<controller>(system, std::move(options));
}

} // namespace cts
