#include "actors/caf/state_actor.hpp"
#include "drivers/terraform/run_record.hpp"
#include "runtime/boot_clock.hpp"
#include "runtime/process_identity.hpp"
#include "runtime/wall_clock.hpp"
#include "tests/runtime/consul_agent.hpp"
#include "tests/runtime/terraform_fixture.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <signal.h>

namespace cts {
namespace {

/// Asks Consul by way of a program.
class curl_client {
public:
  using actor_type = consul_actor;
  static inline constexpr const char* name = "curl_client";

  curl_client(consul_actor::pointer self, process_actor processes,
              std::string address)
    : self_(self), processes_(std::move(processes)),
      address_(std::move(address)) {}

  consul_actor::behavior_type make_behavior() {
    return {
      [this](const consul_query& x) -> caf::result<consul::reply> {
        auto promise = self_->make_response_promise<consul::reply>();
        self_->request(processes_, std::chrono::minutes{1}, command(x.request))
          .then(
            [promise](const process_finished& end) mutable {
              promise.deliver(consul::reply{
                .status = end.exit_code == 0 ? 200 : 404, .body = end.output});
            },
            [promise](caf::error& reason) mutable { promise.deliver(reason); });
        return promise;
      },
      [](const cancel_query&) {},
    };
  }

private:
  start_process command(const consul::request& x) const {
    auto url = address_ + x.path + '?';
    for (const auto& [key, text] : x.query)
      url += key + '=' + text + '&';
    return {.key = "curl",
            .argv = {program_in_path("curl", "CTS_CURL"), "-s", "-f", "-X",
                     x.method, "--data-binary", x.body, url},
            .environment = {"PATH=/usr/bin:/bin"}};
  }

  consul_actor::pointer self_;
  process_actor processes_;
  std::string address_;
};

/// The real program with its state in a real Consul.
class ConsulBackend : public terraform_fixture {
protected:
  void SetUp() override {
    program.path = program_in_path("terraform", "CTS_TERRAFORM");
    consul = program_in_path("consul", "CTS_CONSUL");
    if (program.path.empty() || consul.empty())
      GTEST_SKIP() << "no terraform or no consul in PATH";
    agent.emplace(consul, runner, directory);
    consul_client
      = cafx::spawn_state<curl_client>(self.ptr(), runner, agent->address());
    auto text = [](std::string x) { return value{std::move(x)}; };
    configuration.consul.address = agent->address();
    configuration.driver.backend
      = {.type = "consul",
         .arguments = {{"address", text(agent->address())},
                       {"gzip", value{true}},
                       {"path", text("consul-terraform-sync/terraform")}}};
  }

  /// What Consul's own command line tool prints.
  std::string ask_consul(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), consul);
    auto end = ask<process_finished>(
      runner,
      start_process{.key = "question",
                    .argv = std::move(arguments),
                    .environment = {"CONSUL_HTTP_ADDR=" + agent->address()},
                    .directory = directory});
    return end.value().output;
  }

  void run_once() {
    auto x = driver();
    auto prepared = prepare(x);
    ASSERT_TRUE(prepared) << prepared.error().message;
    ASSERT_TRUE(render(x, {"api-1"}));
    auto applied = apply(x);
    ASSERT_TRUE(applied) << applied.error().message;
  }

  static constexpr auto state_key = "consul-terraform-sync/terraform-env:web";

  std::string consul;
  std::optional<consul_agent> agent;
};

TEST_F(ConsulBackend, HoldsTheStateUnderTheNameOfTheTask) {
  module_with_script("true");
  run_once();
  EXPECT_EQ(ask_consul({"kv", "get", "-keys", "consul-terraform-sync/"}),
            std::string{state_key} + "\n");
}

TEST_F(ConsulBackend, MayLoseTheStateBetweenTwoStarts) {
  module_with_script("true");
  run_once();
  ask_consul({"kv", "delete", state_key});
  run_once();
  ask_consul({"kv", "delete", state_key});
  ask_consul({"kv", "put", "consul-terraform-sync/terraform-env:other", "{}"});
  run_once();
}

// Else it would be held until its session ends, half a minute later.
TEST_F(ConsulBackend, ReleasesTheLockOfATerraformThatWasKilled) {
  auto ready = fifo{directory / "ready"};
  module_with_script("[ -e ${path.root}/again ] || { touch ${path.root}/again; "
                     "echo > "
                     + ready.path() + "; exec sleep 1000; }");
  auto x = driver();
  ASSERT_TRUE(prepare(x));
  ASSERT_TRUE(render(x, {"api-1"}));
  auto pending = self->request(x, patience, apply_workspace{});
  ready.next_line();
  auto journal = bytes_of(directory / task.working_dir / ".cts/run.json");
  auto runs = terraform::decode_run_records(journal);
  ::kill(static_cast<pid_t>(runs.back().process_id), SIGKILL);
  auto killed = receive<run_applied>(std::move(pending));
  ASSERT_FALSE(killed);
  EXPECT_NE(killed.error().message.find("signal: killed"), std::string::npos);
  auto begun = std::chrono::steady_clock::now();
  auto applied = apply(x);
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{9});
  // The lock is as Terraform wants it, so the next run can take it again.
  ASSERT_TRUE(apply(x));
}

/// Two instances, each with a directory of its own for the task.
class ConsulBackendInCluster : public ConsulBackend {
protected:
  /// Leaves a lock behind: the first run is killed, later ones succeed.
  void kill_a_run() {
    auto ready = fifo{directory / "ready"};
    module_with_script("[ -e " + (directory / "again").string()
                       + " ] || { touch " + (directory / "again").string()
                       + "; echo > " + ready.path() + "; exec sleep 1000; }");
    auto pending = self->request(first, patience, apply_workspace{});
    ready.next_line();
    auto journal = bytes_of(directory / "first" / ".cts/run.json");
    auto runs = terraform::decode_run_records(journal);
    ::kill(static_cast<pid_t>(runs.back().process_id), SIGKILL);
    ASSERT_FALSE(receive<run_applied>(std::move(pending)));
  }

  driver_actor ready_driver(const std::string& folder) {
    task.working_dir = directory / folder;
    auto x = driver();
    auto prepared = prepare(x);
    EXPECT_TRUE(prepared) << prepared.error().message;
    EXPECT_TRUE(render(x, {"api-1"}));
    return x;
  }

  void SetUp() override {
    ConsulBackend::SetUp();
    if (IsSkipped())
      return;
    configuration.high_availability.emplace();
    module_with_script("true");
    ASSERT_TRUE(
      ask<void>(runner, extend_lease{boot_now() + std::chrono::hours{1}}));
    first = ready_driver("first");
    second = ready_driver("second");
  }

  bool is_locked() {
    auto key = std::string{state_key} + "/.lock";
    auto text = ask_consul({"kv", "get", "-detailed", key});
    return text.find("Session          -") == std::string::npos;
  }

  driver_actor first;
  driver_actor second;
};

// Else a follower could not stay ready while somebody runs the task.
TEST_F(ConsulBackendInCluster, PreparesWhileTheStateIsLocked) {
  ASSERT_NO_FATAL_FAILURE(kill_a_run());
  ASSERT_TRUE(is_locked());
  auto prepared = prepare(first);
  EXPECT_TRUE(prepared) << prepared.error().message;
  EXPECT_TRUE(is_locked());
}

TEST_F(ConsulBackendInCluster, FreesTheLockOfAFormerOwner) {
  auto started = system_wall_clock()();
  ASSERT_NO_FATAL_FAILURE(kill_a_run());
  ASSERT_TRUE(is_locked());
  auto begun = std::chrono::steady_clock::now();
  auto applied = ask<run_applied>(
    second, apply_workspace{.former_owner = former_run{.who = user_and_host(),
                                                       .started_at = started}});
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{9});
  EXPECT_EQ(ask_consul({"kv", "get", "-keys", state_key}),
            std::string{state_key} + "\n");
}

} // namespace
} // namespace cts
