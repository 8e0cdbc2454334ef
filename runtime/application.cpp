#include "runtime/application.hpp"

#include "actors/caf/asio_bridge.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/caf/system_config.hpp"
#include "actors/controller.hpp"
#include "actors/dynamic_values.hpp"
#include "actors/errors.hpp"
#include "actors/guard_log.hpp"
#include "actors/log.hpp"
#include "api/api.hpp"
#include "drivers/terraform/terraform_driver.hpp"
#include "drivers/terraform/terraform_finder.hpp"
#include "drivers/terraform/workspace.hpp"
#include "runtime/cluster_member.hpp"
#include "runtime/file_store.hpp"
#include "runtime/guard_client.hpp"
#include "runtime/http_server.hpp"
#include "runtime/http_transport.hpp"
#include "runtime/log_sink.hpp"
#include "runtime/peer_line.hpp"
#include "runtime/process_runner.hpp"
#include "runtime/random.hpp"
#include "runtime/settings_source.hpp"
#include "runtime/signals.hpp"
#include "runtime/unsupported.hpp"
#include "runtime/wall_clock.hpp"
#include "runtime/witness.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <sys/prctl.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <optional>

namespace cts {

namespace {

using namespace std::chrono_literals;

/// What a crash of the root, or anything else unforeseen, ends with.
constexpr auto runtime_error = 11;
constexpr auto configuration_error = 15;

/// Waits in the actor system for the end of the instance and wakes `main`.
class exit_listener {
public:
  using actor_type = exit_listener_actor;
  static inline constexpr const char* name = "exit_listener";

  exit_listener(exit_listener_actor::pointer self, std::atomic<int>* code,
                signals* waker)
    : code_(code), waker_(waker) {
    cafx::install_guards(self, guard_log);
  }

  exit_listener_actor::behavior_type make_behavior() {
    return {[this](const instance_ended& x) {
      code_->store(x.exit_code);
      waker_->wake();
    }};
  }

private:
  std::atomic<int>* code_;
  signals* waker_;
};

/// Everything that lives as long as the instance, in the order of its start;
/// it ends in the reverse order.
class application {
public:
  application(const start_command& order, prepared_start start, signals& waker)
    : order_(order), start_(std::move(start)), waker_(waker),
      system_(actor_config_), host_(system_, true) {}

  int run() {
    if (start_.vault)
      vault_ = make_http_transport(host_.ptr(), *start_.vault);
    if (!reach_consul()) {
      end_all({caf::actor_cast<caf::strong_actor_ptr>(vault_)});
      return configuration_error;
    }
    if (!join_guard()) {
      end_all({caf::actor_cast<caf::strong_actor_ptr>(vault_)});
      return runtime_error;
    }
    spawn_world();
    controller_ = spawn_instance(system_, options());
    watch_controller();
    wait();
    end();
    return code_.load();
  }

private:
  // What says how to reach Consul may come from Vault or the environment.
  bool reach_consul() {
    auto wanted = connection_values_of(*start_.settings, start_.environment);
    if (wanted.templates.empty())
      return true;
    wanted.vault_http = vault_;
    auto values = make_dynamic_values(host_.ptr(), wanted);
    auto failed = true;
    host_->request(values, 30s, render_values{})
      .receive(
        [&](const values_rendered& x) {
          connection_ = *x.values;
          failed = false;
        },
        [](const caf::error& reason) {
          log::error("cli", "error setting up controller",
                     {{"error", to_core(reason).message}});
        });
    end_all({caf::actor_cast<caf::strong_actor_ptr>(values)});
    return !failed && connect_by(connection_);
  }

  bool connect_by(const dynamic::values& known) {
    auto settings = std::make_shared<const config::settings>(
      dynamic::connected(*start_.settings, known));
    auto complete = connect(start_, std::move(settings));
    if (complete)
      start_ = *std::move(complete);
    return complete.has_value();
  }

  // Terraform refuses a plugin cache that does not exist, and says so.
  void create_plugin_cache() {
    auto path
      = terraform::plugin_cache_of(*start_.settings, start_.process_directory);
    auto problem = std::error_code{};
    if (!path.empty())
      std::filesystem::create_directories(path, problem);
    if (problem)
      log::warn("ctrl", "the plugin cache cannot be created",
                {{"path", path}, {"error", problem.message()}});
  }

  // The witness is another process with the same program; what it runs comes to
  // us when it dies.
  bool join_guard() {
    if (!start_.settings->high_availability)
      return true;
    auto first = start_guard();
    if (!first) {
      log::error("ha", first.error().message);
      return false;
    }
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    auto hello = hello_of(*start_.settings, start_.consul, start_.http);
    guard_ = std::make_shared<guard_client>(process_io_.context(),
                                            guard_access{.hello = hello});
    guard_->post_begin(*std::move(first));
    witness_ = make_witness(host_.ptr(), start_.consul, guard_);
    return true;
  }

  void spawn_world() {
    create_plugin_cache();
    http_ = make_http_transport(host_.ptr(), start_.http);
    files_ = make_file_store(host_.ptr(), file_io_.context());
    processes_ = guard_
                   ? make_process_runner(host_.ptr(), host_of(guard_))
                   : make_process_runner(host_.ptr(), process_io_.context());
    gateway_ = system_.spawn(cafx::gateway, guard_log);
    server_ = make_http_server(host_.ptr(), {.clock = system_wall_clock()},
                               {.io = io_.context(), .gateway = gateway_});
    listener_ = cafx::spawn_state<exit_listener>(system_, &code_, &waker_);
    meter_ = make_meter(host_.ptr());
    identity_
      = make_cluster_identity(start_.settings, {.reset = start_.reset_storage,
                                                .processes = processes_,
                                                .witness = witness_});
    spawn_line();
  }

  // Without it failovers are as safe, only slower.
  void spawn_line() {
    const auto& cluster = start_.settings->high_availability;
    if (!cluster || !cluster->failover.peer_link)
      return;
    auto options = peer_http_options(*start_.settings);
    if (options)
      peers_ = make_peer_line(host_.ptr(), *std::move(options));
    else
      log::warn("ha", "the peer link is off",
                {{"error", options.error().message}});
  }

  controller_options options() {
    return {.settings = start_.settings,
            .mode = start_.mode,
            .process_directory = start_.process_directory,
            .consul = start_.consul,
            .world = {.http = http_,
                      .vault = vault_,
                      .environment = start_.environment,
                      .server = server_,
                      .clock = system_wall_clock(),
                      .zone = local_zone_offset(),
                      .random = system_random(),
                      .peers = peers_,
                      .meter = meter_},
            .parts = parts(),
            .identity = identity_,
            .show_plan = plan_printer(),
            .set_log_level =
              [](const std::string& level) {
                set_log_threshold(level_of(level).value_or(log::level::info));
              },
            .listener = listener_};
  }

  // Whoever hears no INFO asked for the plan all the same.
  std::function<void(const task_name&, const std::string&)>
  plan_printer() const {
    auto level = level_of(start_.settings->log_level);
    if (level.value_or(log::level::info) <= log::level::info)
      return {};
    return [](const task_name& task, const std::string& plan) {
      auto text = "# " + task + "\n" + plan + "\n";
      std::fwrite(text.data(), 1, text.size(), stdout);
      std::fflush(stdout);
    };
  }

  instance_parts parts() {
    auto environment = environment_list();
    auto setup = [this, environment](caf::local_actor* parent) {
      return make_terraform_finder(
        parent, {.settings = start_.settings,
                 .environment = environment,
                 .process_directory = start_.process_directory,
                 .processes = processes_});
    };
    auto driver = [this, environment](caf::local_actor* parent,
                                      const driver_order& order) {
      return make_terraform_driver(
        parent,
        {.task = order.task,
         .settings = order.settings ? order.settings : start_.settings,
         .program
         = {.path = order.program.path,
            .version = *terraform::parse_version(order.program.version)},
         .process_directory = start_.process_directory,
         .environment = environment,
         .files = files_,
         .processes = processes_,
         .consul = order.consul,
         .secrets = secrets_with(order.secrets),
         .clock = system_wall_clock()});
    };
    auto api = [settings = start_.settings, boot = identity_.boot,
                meter = meter_](caf::local_actor* parent,
                                const task_manager_actor& tasks,
                                const state_store_actor& events,
                                const elector_actor& elector) {
      return api::make_api(
        parent,
        {.random = system_random(),
         .clock = system_wall_clock(),
         .zone = local_zone_offset(),
         .boot = boot,
         .settings = settings,
         .unsupported = unsupported_in},
        {.tasks = tasks, .events = events, .elector = elector, .meter = meter});
    };
    return {.make_setup = setup, .make_driver = driver, .make_api = api};
  }

  std::shared_ptr<const dynamic::values>
  secrets_with(const std::shared_ptr<const dynamic::values>& rendered) const {
    auto all = connection_;
    if (rendered)
      all.insert(rendered->begin(), rendered->end());
    return std::make_shared<const dynamic::values>(std::move(all));
  }

  // Should the root itself fail, `main` must not wait for ever.
  void watch_controller() {
    auto listener = listener_;
    controller_->attach_functor([this](const caf::error& reason) {
      if (reason) {
        code_.store(runtime_error);
        waker_.wake();
      }
    });
  }

  void wait() {
    while (auto number = waker_.wait())
      if (*number == SIGHUP && start_.mode == run_mode::daemon)
        reload();
      else
        caf::anon_send(controller_, stop_instance{name_of_signal(*number)});
  }

  void reload() {
    log::info("cli", "signal received to reload the configuration",
              {{"signal", name_of_signal(SIGHUP)}});
    auto found = read_again(order_);
    if (!found)
      return;
    auto wanted = std::make_shared<const config::settings>(
      dynamic::connected(*found, connection_));
    caf::anon_send(controller_, reload_instance{wanted});
  }

  void end() {
    caf::anon_send_exit(controller_, caf::exit_reason::user_shutdown);
    host_->wait_for(controller_);
    drain();
    const auto parts
      = std::vector{caf::actor_cast<caf::strong_actor_ptr>(server_),
                    caf::actor_cast<caf::strong_actor_ptr>(gateway_),
                    caf::actor_cast<caf::strong_actor_ptr>(http_),
                    caf::actor_cast<caf::strong_actor_ptr>(processes_),
                    caf::actor_cast<caf::strong_actor_ptr>(witness_),
                    caf::actor_cast<caf::strong_actor_ptr>(files_),
                    caf::actor_cast<caf::strong_actor_ptr>(vault_),
                    caf::actor_cast<caf::strong_actor_ptr>(peers_),
                    caf::actor_cast<caf::strong_actor_ptr>(meter_),
                    caf::actor_cast<caf::strong_actor_ptr>(listener_)};
    end_all(parts);
    if (guard_)
      guard_->post_bye();
    io_.join();
    process_io_.join();
    file_io_.join();
  }

  // Their last words are work for the io threads.
  void end_all(std::vector<caf::strong_actor_ptr> parts) {
    std::erase(parts, nullptr);
    for (const auto& part : parts)
      host_->send_exit(part, caf::exit_reason::user_shutdown);
    host_->wait_for(parts);
  }

  // Nothing is left to stop unless a part has failed: what it ran has had its
  // interrupt just now and needs time to save the state.
  void drain() {
    auto grace
      = std::chrono::ceil<milliseconds>(start_.settings->shutdown_grace);
    host_->request(processes_, grace + 30s, drain_processes{grace})
      .receive([] {}, [](const caf::error&) {});
  }

  start_command order_;
  prepared_start start_;
  /// What templates about reaching Consul stand for.
  dynamic::values connection_{};
  signals& waker_;
  std::atomic<int> code_{runtime_error};
  // Actors post to the io threads until the system has ended.
  cafx::io_thread io_{};
  // Has its own: opening the files of a process may take long, and the API must
  // not wait. It lives as long as any child (see `child_process`).
  cafx::io_thread process_io_{};
  cafx::io_thread file_io_{};
  cafx::system_config<> actor_config_{};
  caf::actor_system system_;
  caf::scoped_actor host_;
  http_actor http_{};
  http_actor vault_{};
  files_actor files_{};
  std::shared_ptr<guard_client> guard_{};
  witness_actor witness_{};
  process_runner_actor processes_{};
  caf::actor gateway_{};
  http_server_actor server_{};
  exit_listener_actor listener_{};
  meter_actor meter_{};
  /// Empty without high availability.
  peer_line_actor peers_{};
  cluster_identity identity_{};
  controller_actor controller_{};
};

} // namespace

int run_application(const start_command& order) {
  auto waker = signals{};
  auto start = prepare_start(order);
  if (!start)
    return start.error();
  return application{order, std::move(*start), waker}.run();
}

} // namespace cts
