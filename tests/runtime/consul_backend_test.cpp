#include "tests/runtime/consul_agent.hpp"
#include "tests/runtime/terraform_fixture.hpp"

namespace cts {
namespace {

/// The real program with its state in a real Consul.
class ConsulBackend : public terraform_fixture {
protected:
  void SetUp() override {
    program.path = program_in_path("terraform", "CTS_TERRAFORM");
    consul = program_in_path("consul", "CTS_CONSUL");
    if (program.path.empty() || consul.empty())
      GTEST_SKIP() << "no terraform or no consul in PATH";
    agent.emplace(consul, runner, directory);
    auto text = [](std::string x) { return value{std::move(x)}; };
    configuration.consul.address = agent->address();
    configuration.driver.backend = {
        .type = "consul",
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

} // namespace
} // namespace cts
