#include "actors/caf/state_actor.hpp"
#include "actors/controller.hpp"
#include "actors/timers.hpp"
#include "api/api.hpp"
#include "drivers/terraform/terraform_driver.hpp"
#include "drivers/terraform/terraform_finder.hpp"
#include "tests/simulation/models.hpp"
#include "tests/support/consul_model_actor.hpp"
#include "tests/support/sim_fixture.hpp"

namespace cts::simulation {
namespace {

using namespace std::chrono_literals;

/// One whole instance and the machine that it runs on.
struct machine {
  std::shared_ptr<disk> files = std::make_shared<disk>();
  std::shared_ptr<terraform_log> terraform = std::make_shared<terraform_log>();
  std::shared_ptr<open_port> port = std::make_shared<open_port>();
  files_actor file_service{};
  fenced_process_actor processes{};
  http_server_actor server{};
  controller_actor controller{};
  std::optional<int> exit_code{};
};

class exit_probe {
public:
  using actor_type = exit_listener_actor;
  static inline constexpr const char* name = "exit_probe";

  exit_probe(exit_listener_actor::pointer, std::optional<int>* code)
    : code_(code) {}

  exit_listener_actor::behavior_type make_behavior() {
    return {[this](const instance_ended& x) { *code_ = x.exit_code; }};
  }

private:
  std::optional<int>* code_;
};

/// Whole instances of the production actors beside a modelled Consul.
class Simulation : public cafx::sim_fixture {
protected:
  void SetUp() override { consul = make_consul_model(self.ptr()); }

  void TearDown() override {
    for (auto& x : machines) {
      stop(x->controller);
      advance(1min);
      *x->port = {};
      stop(x->server);
      stop(x->processes);
      stop(x->file_service);
    }
    for (auto& x : listeners)
      stop(x);
    stop(consul);
    sim_fixture::TearDown();
  }

  machine& boot(config::settings settings, run_mode mode = run_mode::daemon) {
    auto& x = *machines.emplace_back(std::make_unique<machine>());
    x.terraform->broken = broken;
    settings.driver.path = "/opt";
    settings.driver.path_configured = true;
    settings.driver.backend = {.type = "local"};
    auto shared = std::make_shared<const config::settings>(settings);
    x.file_service = make_disk(self.ptr(), x.files);
    x.processes = make_terraform(self.ptr(), x.terraform);
    x.server = make_port(self.ptr(), x.port);
    listeners.push_back(cafx::spawn_state<exit_probe>(sys, &x.exit_code));
    x.controller = spawn_instance(
      sys, {.settings = shared,
            .mode = mode,
            .process_directory = "/srv",
            .consul = {.base_url = "http://consul:8500"},
            .world = {.http = consul,
                      .server = x.server,
                      .clock = [this] { return wall_time{} + elapsed(); },
                      .random = [this] { return random(); }},
            .parts = parts(x, shared),
            .listener = listeners.back()});
    advance(1s);
    return x;
  }

  instance_parts parts(machine& x,
                       std::shared_ptr<const config::settings> settings) {
    auto setup = [&x, settings](caf::local_actor* parent) {
      return make_terraform_finder(parent, {.settings = settings,
                                            .environment = {"PATH=/opt"},
                                            .process_directory = "/srv",
                                            .processes = x.processes});
    };
    auto driver = [this, &x, settings](caf::local_actor* parent,
                                       const driver_order& order) {
      return make_terraform_driver(
        parent,
        {.task = order.task,
         .settings = settings,
         .program
         = {.path = order.program.path,
            .version = *terraform::parse_version(order.program.version)},
         .process_directory = "/srv",
         .files = x.file_service,
         .processes = x.processes,
         .consul = order.consul,
         .clock = [this] { return wall_time{} + elapsed(); }});
    };
    auto api = [this, settings](caf::local_actor* parent, const auto& tasks,
                                const auto& events, const auto& elector) {
      return api::make_api(
        parent,
        {.random = [this] { return random(); },
         .clock = [this] { return wall_time{} + elapsed(); },
         .settings = settings},
        {.tasks = tasks, .events = events, .elector = elector});
    };
    return {.make_setup = setup, .make_driver = driver, .make_api = api};
  }

  static config::task task(const std::string& name, milliseconds min = 0s) {
    auto out = config::task{
      .name = name, .module = "./m", .working_dir = "sync-tasks/" + name};
    out.condition = config::services_condition{.query = {.names = {name}}};
    out.buffer = {.enabled = min > 0s, .min = min, .max = 4 * min};
    return out;
  }

  void register_service(const std::string& name, const std::string& id) {
    auto body = R"({"ID":")" + id + R"(","Name":")" + name
                + R"(","Address":"10.0.0.1","Port":80})";
    auto request
      = http_request{.id = random(),
                     .method = "PUT",
                     .url = "http://consul:8500/v1/agent/service/register",
                     .body = body,
                     .deadline = 5s};
    auto reply = ask<http_reply>(consul, request);
    ASSERT_TRUE(reply);
    ASSERT_EQ(reply->status, 200);
  }

  void deregister(const std::string& id) {
    // The model serves nobody while it is killed.
    tell(consul, set_agent_fault{agent_fault::blind});
    ask<http_reply>(consul, http_request{.id = random(),
                                         .method = "PUT",
                                         .url = "http://consul:8500/v1/agent/"
                                                "service/deregister/"
                                                + id,
                                         .deadline = 5s});
    tell(consul, set_agent_fault{agent_fault::killed});
  }

  int registrations() {
    auto seen = ask<requests_seen>(consul, get_requests_seen{});
    return seen ? static_cast<int>(std::count(seen->lines.begin(),
                                              seen->lines.end(),
                                              "PUT /v1/agent/service/register"))
                : 0;
  }

  std::string get(machine& x, const std::string& target) {
    auto reply = ask<api_reply>(x.port->api,
                                api_request{.method = "GET", .target = target});
    return reply ? reply->body : "no answer";
  }

  void stop_gently(machine& x) {
    tell(x.controller, stop_instance{"terminated"});
    advance(30s);
  }

  std::uint64_t random() { return random_state += 0x9E3779B97F4A7C15ULL; }

  std::uint64_t random_state = 0;
  /// Directories in which Terraform fails on the next machine.
  std::vector<std::string> broken{};
  consul_model_actor consul{};
  std::vector<std::unique_ptr<machine>> machines{};
  std::vector<exit_listener_actor> listeners{};
};

TEST_F(Simulation, RunsATaskOnceAndAgainAfterAChange) {
  register_service("web", "web-1");
  auto& x = boot({.tasks = {task("web", 5s)}});
  EXPECT_EQ(x.terraform->applies("web"), 1);
  register_service("web", "web-2");
  advance(4s);
  EXPECT_EQ(x.terraform->applies("web"), 1);
  advance(1s);
  EXPECT_EQ(x.terraform->applies("web"), 2);
  auto& inputs = x.files->at("/srv/sync-tasks/web/terraform.tfvars");
  EXPECT_NE(inputs.find("web-2"), std::string::npos);
  EXPECT_NE(get(x, "/v1/status/tasks/web").find("successful"),
            std::string::npos);
}

TEST_F(Simulation, EndsInOrderWhenItIsToldTo) {
  auto& x = boot({.tasks = {task("web")}});
  stop_gently(x);
  EXPECT_EQ(x.exit_code, 0);
  EXPECT_FALSE(x.port->open);
  EXPECT_FALSE(alive(x.controller));
}

TEST_F(Simulation, StopsARunThatGoesOn) {
  register_service("web", "web-1");
  auto& x = boot({.tasks = {task("web")}});
  x.terraform->apply_time = 1h;
  register_service("web", "web-2");
  advance(1s);
  EXPECT_EQ(x.terraform->applies("web"), 2);
  stop_gently(x);
  EXPECT_EQ(x.exit_code, 0);
}

TEST_F(Simulation, EndsOnceModeWithTheResultOfItsTasks) {
  auto& x = boot({.tasks = {task("web")}}, run_mode::once);
  EXPECT_EQ(x.exit_code, 0);
  EXPECT_EQ(x.terraform->applies("web"), 1);
  EXPECT_FALSE(x.port->open);
}

TEST_F(Simulation, EndsWithElevenWhenATaskFailsInOnceMode) {
  broken = {"sync-tasks/a"};
  auto& x = boot({.tasks = {task("a"), task("b")}});
  advance(10s);
  EXPECT_EQ(x.exit_code, 11);
  EXPECT_EQ(x.terraform->applies("a"), 1);
  EXPECT_EQ(x.terraform->applies("b"), 0);
}

TEST_F(Simulation, SurvivesAnAgentThatIsAwayForTwentyMinutes) {
  register_service("web", "web-1");
  auto& x = boot({.tasks = {task("web")}});
  tell(consul, set_agent_fault{agent_fault::killed});
  advance(20min);
  tell(consul, set_agent_fault{agent_fault::none});
  register_service("web", "web-2");
  advance(60s);
  EXPECT_EQ(x.terraform->applies("web"), 2);
}

TEST_F(Simulation, NoticesAChangeAfterTheAgentLostItsIndexes) {
  for (auto i = 0; i < 20; ++i)
    register_service("web", "web-" + std::to_string(i));
  auto& x = boot({.tasks = {task("web")}});
  tell(consul, set_agent_fault{agent_fault::stopped});
  advance(5s);
  tell(consul, reset_agent_indexes{});
  tell(consul, set_agent_fault{agent_fault::none});
  advance(10s);
  auto before = x.terraform->applies("web");
  register_service("web", "late");
  advance(5s);
  EXPECT_GT(x.terraform->applies("web"), before);
  EXPECT_NE(x.files->at("/srv/sync-tasks/web/terraform.tfvars").find("late"),
            std::string::npos);
}

TEST_F(Simulation, KeepsTwoInstancesApartInOneProcess) {
  register_service("web", "web-1");
  auto& first = boot({.tasks = {task("web")}});
  auto& second = boot({.tasks = {task("web")}});
  second.terraform->broken = {"sync-tasks/web"};
  register_service("web", "web-2");
  advance(10s);
  EXPECT_NE(get(first, "/v1/status/tasks").find("successful"),
            std::string::npos);
  EXPECT_NE(get(second, "/v1/status/tasks").find("errored"), std::string::npos);
}

// Each part of the tree may die; the instance goes on and loses no change.
TEST_F(Simulation, SurvivesTheDeathOfEachOfItsParts) {
  register_service("web", "web-1");
  auto& x = boot({.tasks = {task("web"), task("db")}});
  auto changes = 1;
  for (const auto* part :
       {"watch registry", "run queue", "consul client", "state store",
        "registrar", "api", "task manager", "task manager"}) {
    SCOPED_TRACE(part);
    caf::anon_send(caf::actor_cast<caf::actor>(x.controller), fail_part{part});
    auto id = "web-" + std::to_string(++changes);
    register_service("web", id); // while it is down
    advance(70s);
    auto& inputs = x.files->at("/srv/sync-tasks/web/terraform.tfvars");
    EXPECT_NE(inputs.find(id), std::string::npos);
    EXPECT_NE(get(x, "/v1/status/tasks/web").find("successful"),
              std::string::npos);
  }
  EXPECT_FALSE(x.exit_code);
  EXPECT_EQ(x.terraform->open_max, 1);
}

TEST_F(Simulation, EndsInOrderWhenAPartFailsTooOften) {
  auto& x = boot({.tasks = {task("web")}});
  for (auto i = 0; i < 6; ++i) {
    caf::anon_send(caf::actor_cast<caf::actor>(x.controller),
                   fail_part{"watch registry"});
    advance(2s);
  }
  advance(30s);
  EXPECT_EQ(x.exit_code, 11);
}

TEST_F(Simulation, StartsNoTaskWithoutALeader) {
  tell(consul, set_agent_fault{agent_fault::failing});
  auto& x = boot({.tasks = {task("web")}});
  advance(2min);
  EXPECT_EQ(x.exit_code, 15);
  EXPECT_EQ(x.terraform->applies("web"), 0);
}

TEST_F(Simulation, NeverRunsATaskTwiceAtATimeUnderAStreamOfChanges) {
  auto& x = boot({.tasks = {task("web"), task("db")}});
  x.terraform->apply_time = 3s;
  for (auto i = 0; i < 200; ++i) {
    register_service(i % 2 == 0 ? "web" : "db", "x-" + std::to_string(i));
    advance(milliseconds{random() % 2000});
  }
  advance(1min);
  EXPECT_EQ(x.terraform->open_max, 1);
  for (const auto* last : {"x-198", "x-199"}) {
    auto found = false;
    for (const auto* name : {"web", "db"})
      found
        |= x.files
             ->at("/srv/sync-tasks/" + std::string{name} + "/terraform.tfvars")
             .find(last)
           != std::string::npos;
    EXPECT_TRUE(found) << last;
  }
}

// -- scheduled tasks ----------------------------------------------------------

TEST_F(Simulation, RunsAScheduledTaskOnceAndThenAtItsTicks) {
  register_service("web", "web-1");
  auto scheduled = task("web");
  scheduled.condition = config::schedule_condition{"*/10 * * * *"};
  scheduled.module_inputs = {config::services_query{.names = {"web"}}};
  auto& x = boot({.tasks = {scheduled}}); // takes a second
  EXPECT_EQ(x.terraform->applies("web"), 1);
  register_service("web", "web-2");
  advance(10min - 1001ms);
  EXPECT_EQ(x.terraform->applies("web"), 1);
  advance(1ms);
  EXPECT_EQ(x.terraform->applies("web"), 2);
  auto& inputs = x.files->at("/srv/sync-tasks/web/terraform.tfvars");
  EXPECT_NE(inputs.find("web-2"), std::string::npos);
  advance(10min); // nothing has changed
  EXPECT_EQ(x.terraform->applies("web"), 2);
  EXPECT_NE(get(x, "/v1/status/tasks/web").find("successful"),
            std::string::npos);
}

TEST_F(Simulation, RunsAScheduledTaskOnceInOnceMode) {
  auto scheduled = task("web");
  scheduled.condition = config::schedule_condition{"* * * * * * *"};
  auto& x = boot({.tasks = {scheduled, task("db")}}, run_mode::once);
  advance(10s);
  EXPECT_EQ(x.exit_code, 0);
  EXPECT_EQ(x.terraform->applies("web"), 1);
}

// -- an agent that forgets ----------------------------------------------------

TEST_F(Simulation, RegistersAgainWhenTheAgentIsBack) {
  auto settings = config::settings{.tasks = {task("web")}};
  settings.id = "cts-1";
  auto& x = boot(settings);
  advance(5s);
  tell(consul, set_agent_fault{agent_fault::killed});
  advance(10s);
  deregister("cts-1");
  tell(consul, set_agent_fault{agent_fault::none});
  auto before = registrations();
  advance(5s); // not a minute
  EXPECT_EQ(registrations(), before + 1);
  EXPECT_FALSE(x.exit_code);
}

} // namespace
} // namespace cts::simulation
