// How long from Consul's answer to the new terraform.tfvars on disk, with the
// buffer period off? The production actors on the real scheduler and a real
// disk; Consul and Terraform are the models of the tests.

#include "actors/caf/asio_bridge.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/caf/system_config.hpp"
#include "actors/controller.hpp"
#include "actors/guard_log.hpp"
#include "api/api.hpp"
#include "drivers/terraform/terraform_driver.hpp"
#include "drivers/terraform/terraform_finder.hpp"
#include "runtime/file_store.hpp"
#include "runtime/random.hpp"
#include "runtime/wall_clock.hpp"
#include "tests/simulation/models.hpp"
#include "tests/support/consul_model_actor.hpp"
#include "tests/support/temp_directory.hpp"

#include <benchmark/benchmark.h>
#include <caf/scoped_actor.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace cts {
namespace {

using namespace std::chrono_literals;
using time_point = std::chrono::steady_clock::time_point;

/// Tells the benchmark when an input file has been written.
class bell {
public:
  void ring() {
    auto lock = std::lock_guard{mutex_};
    rung_ = std::chrono::steady_clock::now();
    ++count_;
    changed_.notify_all();
  }

  time_point wait_for(int count) {
    auto lock = std::unique_lock{mutex_};
    changed_.wait(lock, [&] { return count_ >= count; });
    return rung_;
  }

  int count() {
    auto lock = std::lock_guard{mutex_};
    return count_;
  }

private:
  std::mutex mutex_{};
  std::condition_variable changed_{};
  time_point rung_{};
  int count_ = 0;
};

/// Passes everything on to the file service and rings when the inputs of a
/// task are on disk.
class listening_files {
public:
  using actor_type = files_actor;
  static inline constexpr const char* name = "listening_files";

  listening_files(files_actor::pointer self, files_actor files, bell* inputs)
    : self_(self), files_(std::move(files)), inputs_(inputs) {
    cafx::install_guards(self, guard_log);
  }

  files_actor::behavior_type make_behavior() {
    return {
      [this](const write_files& x) {
        auto promise = self_->make_response_promise<files_written>();
        self_->request(files_, 10s, x)
          .then(
            [this, promise](const files_written& written) mutable {
              if (std::ranges::count(written.changed, "terraform.tfvars") > 0)
                inputs_->ring();
              promise.deliver(written);
            },
            [promise](caf::error& reason) mutable {
              promise.deliver(std::move(reason));
            });
        return promise;
      },
      [this](const read_files& x) { return self_->delegate(files_, x); },
      [this](const remove_files& x) { return self_->delegate(files_, x); },
    };
  }

private:
  files_actor::pointer self_;
  files_actor files_;
  bell* inputs_;
};

class exit_listener {
public:
  using actor_type = exit_listener_actor;
  static inline constexpr const char* name = "exit_listener";
  explicit exit_listener(exit_listener_actor::pointer) {}
  exit_listener_actor::behavior_type make_behavior() {
    return {[](const instance_ended&) {}};
  }
};

/// An instance with one task that stands on `services` services.
class running_instance {
public:
  explicit running_instance(int services) : host_(system_, true) {
    consul_ = make_consul_model(host_.ptr());
    files_ = make_file_store(host_.ptr(), io_.context());
    listening_ = cafx::spawn_state<listening_files>(system_, files_, &inputs_);
    processes_ = simulation::make_terraform(
      host_.ptr(), std::make_shared<simulation::terraform_log>());
    port_ = simulation::make_port(host_.ptr(),
                                  std::make_shared<simulation::open_port>());
    listener_ = cafx::spawn_state<exit_listener>(system_);
    auto task = config::task{.name = "t", .module = "./m"};
    task.working_dir = (folder_.path() / "t").string();
    task.buffer = {.enabled = false, .min = 0s, .max = 0s};
    auto names = std::vector<std::string>{};
    for (auto i = 0; i < services; ++i) {
      names.push_back("s" + std::to_string(i));
      register_service(names.back(), "first");
    }
    task.condition = config::services_condition{.query = {.names = names}};
    spawn({.tasks = {task}});
    inputs_.wait_for(1);
  }

  ~running_instance() {
    host_->send(controller_, stop_instance{"terminated"});
    host_->wait_for(controller_);
    for (const auto& x : {caf::actor_cast<caf::strong_actor_ptr>(consul_),
                          caf::actor_cast<caf::strong_actor_ptr>(listening_),
                          caf::actor_cast<caf::strong_actor_ptr>(files_),
                          caf::actor_cast<caf::strong_actor_ptr>(processes_),
                          caf::actor_cast<caf::strong_actor_ptr>(port_),
                          caf::actor_cast<caf::strong_actor_ptr>(listener_)})
      host_->send_exit(x, caf::exit_reason::user_shutdown);
    io_.join();
  }

  /// From the change to the file that shows it.
  std::chrono::nanoseconds change(const std::string& service) {
    auto before = inputs_.count();
    auto start = std::chrono::steady_clock::now();
    register_service(service, "n" + std::to_string(++changes_));
    return inputs_.wait_for(before + 1) - start;
  }

private:
  void register_service(const std::string& name, const std::string& version) {
    auto body = R"({"ID":")" + name + R"(","Name":")" + name
                + R"(","Meta":{"v":")" + version + R"("},"Port":80})";
    host_
      ->request(consul_, 10s,
                http_request{.id = ++requests_,
                             .method = "PUT",
                             .url = "http://consul/v1/agent/service/register",
                             .body = body,
                             .deadline = 5s})
      .receive([](const http_reply&) {}, [](const caf::error&) {});
  }

  void spawn(config::settings settings) {
    settings.driver.path = "/opt";
    settings.driver.path_configured = true;
    settings.driver.backend = {.type = "local"};
    auto shared = std::make_shared<const config::settings>(settings);
    auto setup = [this, shared](caf::local_actor* parent) {
      return make_terraform_finder(parent, {.settings = shared,
                                            .environment = {"PATH=/opt"},
                                            .process_directory = "/",
                                            .processes = processes_});
    };
    auto driver
      = [this, shared](caf::local_actor* parent, const driver_order& order) {
          return make_terraform_driver(
            parent,
            {.task = order.task,
             .settings = shared,
             .program
             = {.path = order.program.path,
                .version = *terraform::parse_version(order.program.version)},
             .process_directory = "/",
             .files = listening_,
             .processes = processes_,
             .clock = system_wall_clock()});
        };
    auto api = [shared](caf::local_actor* parent, const auto& tasks,
                        const auto& events, const auto& elector) {
      return api::make_api(
        parent,
        {.random = system_random(),
         .clock = system_wall_clock(),
         .settings = shared},
        {.tasks = tasks, .events = events, .elector = elector});
    };
    controller_ = spawn_instance(
      system_,
      {.settings = shared,
       .process_directory = "/",
       .consul = {.base_url = "http://consul"},
       .world = {.http = consul_,
                 .server = port_,
                 .clock = system_wall_clock(),
                 .random = system_random()},
       .parts = {.make_setup = setup, .make_driver = driver, .make_api = api},
       .listener = listener_});
  }

  test::temp_directory folder_{};
  bell inputs_{};
  cafx::system_config<> config_{};
  caf::actor_system system_{config_};
  cafx::io_thread io_{};
  caf::scoped_actor host_;
  consul_model_actor consul_{};
  files_actor files_{};
  files_actor listening_{};
  process_actor processes_{};
  http_server_actor port_{};
  exit_listener_actor listener_{};
  controller_actor controller_{};
  std::uint64_t requests_ = 0;
  int changes_ = 0;
};

void change_to_file(benchmark::State& state) {
  auto instance = running_instance{static_cast<int>(state.range(0))};
  auto times = std::vector<double>{};
  for (auto step : state) {
    (void)step;
    // A watcher may ask five times a second: leave each of them time for it.
    std::this_thread::sleep_until(std::chrono::steady_clock::now() + 10ms);
    auto name = "s"
                + std::to_string(times.size()
                                 % static_cast<std::size_t>(state.range(0)));
    auto took = std::chrono::duration<double>(instance.change(name));
    state.SetIterationTime(took.count());
    times.push_back(took.count() * 1e3);
  }
  std::ranges::sort(times);
  state.counters["p50_ms"] = times[times.size() / 2];
  state.counters["p99_ms"] = times[times.size() * 99 / 100];
  state.counters["max_ms"] = times.back();
}

} // namespace

BENCHMARK(change_to_file)
  ->Arg(25)
  ->Iterations(1000)
  ->UseManualTime()
  ->Unit(benchmark::kMillisecond);

} // namespace cts

BENCHMARK_MAIN();
