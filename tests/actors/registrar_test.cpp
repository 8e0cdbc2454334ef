#include "actors/registrar.hpp"

#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "actors/guard_log.hpp"
#include "tests/support/sim_fixture.hpp"

namespace cts {
namespace {

using namespace std::chrono_literals;

/// An agent that answers each request with the next status of its script, and
/// 200 when the script is over. A status of 0 is no answer at all.
struct agent_script {
  std::vector<int> statuses{};
  std::vector<consul::request> asked{};
};

class scripted_agent {
public:
  using actor_type = consul_actor;
  static inline constexpr const char* name = "scripted_agent";

  scripted_agent(consul_actor::pointer self,
                 std::shared_ptr<agent_script> script)
    : script_(std::move(script)) {
    cafx::install_guards(self, guard_log);
  }

  consul_actor::behavior_type make_behavior() {
    return {
      [this](const consul_query& x) -> caf::result<consul::reply> {
        script_->asked.push_back(x.request);
        auto status = 200;
        if (!script_->statuses.empty()) {
          status = script_->statuses.front();
          script_->statuses.erase(script_->statuses.begin());
        }
        if (status == 0)
          return to_caf(fail(errc::unavailable, "connection refused"));
        return consul::reply{.status = status, .body = "Permission denied"};
      },
      [](const cancel_query&) {},
    };
  }

private:
  std::shared_ptr<agent_script> script_;
};

class Registrar : public cafx::sim_fixture {
protected:
  void SetUp() override {
    log::set_sink([this](const log::line& x) {
      auto text = std::string{x.sentence};
      for (const auto& field : x.fields)
        text += " " + std::string{field.key} + "=" + field.value;
      lines.push_back(text);
    });
    settings.id = "cts-1";
    agent = cafx::spawn_state<scripted_agent>(sys, script);
  }

  void TearDown() override {
    stop(registrar);
    stop(agent);
    log::set_sink({});
    sim_fixture::TearDown();
  }

  void start() {
    registrar = make_registrar(
      self.ptr(),
      {.settings = std::make_shared<const config::settings>(settings),
       .random = [this] { return ++random; }},
      agent);
    tell(registrar, register_instance{8558});
  }

  bool logged(const std::string& text) const {
    return std::ranges::any_of(
      lines, [&](const auto& x) { return x.find(text) != std::string::npos; });
  }

  config::settings settings{};
  std::shared_ptr<agent_script> script = std::make_shared<agent_script>();
  std::vector<std::string> lines{};
  consul_actor agent{};
  registrar_actor registrar{};
  std::uint64_t random = 0;
};

TEST_F(Registrar, RegistersTheServiceAsTheReferenceDoes) {
  start();
  ASSERT_EQ(script->asked.size(), 1u);
  EXPECT_EQ(script->asked[0].path, "/v1/agent/service/register");
  const auto& body = script->asked[0].body;
  for (const auto* part :
       {R"("ID":"cts-1")", R"("Name":"consul-terraform-sync")",
        R"("Tags":["cts"])", R"("Port":8558)", R"("CheckID":"cts-1-health")",
        R"("Name":"CTS Health Status")",
        R"("HTTP":"http://localhost:8558/v1/health")"})
    EXPECT_NE(body.find(part), std::string::npos) << part << "\n" << body;
  EXPECT_TRUE(logged("Consul-Terraform-Sync registered as a service"));
}

TEST_F(Registrar, KeepsThePathOfAConfiguredCheckAddress) {
  settings.consul.service_registration.default_check.address
    = "https://cts.example.com/base/";
  start();
  EXPECT_NE(script->asked[0].body.find(
              R"("HTTP":"https://cts.example.com/base/v1/health")"),
            std::string::npos)
    << script->asked[0].body;
}

TEST_F(Registrar, ChecksOverHttpsIfTheApiUsesTls) {
  settings.tls.enabled = true;
  start();
  EXPECT_NE(script->asked[0].body.find("https://localhost:8558/v1/health"),
            std::string::npos);
}

TEST_F(Registrar, AsksNothingIfItIsSwitchedOff) {
  settings.consul.service_registration.enabled = false;
  start();
  advance(10min);
  EXPECT_TRUE(ask<void>(registrar, deregister_instance{}));
  EXPECT_TRUE(script->asked.empty());
}

TEST_F(Registrar, SaysWhatToDoWhenItIsForbidden) {
  script->statuses = {403};
  start();
  advance(1h);
  EXPECT_EQ(script->asked.size(), 1u);
  EXPECT_TRUE(logged("configure CTS with an ACL including `service:write` or "
                     "disable registration in configuration"));
  EXPECT_TRUE(logged("CTS will continue without registering itself"));
}

TEST_F(Registrar, TriesAgainWhileTheAgentIsAway) {
  script->statuses = {0, 500, 429};
  start();
  advance(10s);
  EXPECT_EQ(script->asked.size(), 4u);
  EXPECT_TRUE(logged("registered as a service"));
}

TEST_F(Registrar, RegistersAgainWhenTheAgentHasForgotten) {
  script->statuses = {200, 404};
  start();
  advance(61s);
  ASSERT_EQ(script->asked.size(), 3u);
  EXPECT_EQ(script->asked[1].path, "/v1/agent/service/cts-1");
  EXPECT_EQ(script->asked[2].path, "/v1/agent/service/register");
}

TEST_F(Registrar, DeregistersAtTheEndAndWaitsForTheAnswer) {
  start();
  EXPECT_TRUE(ask<void>(registrar, deregister_instance{}));
  EXPECT_EQ(script->asked.back().path, "/v1/agent/service/deregister/cts-1");
  EXPECT_TRUE(logged("Consul-Terraform-Sync deregistered from Consul"));
}

} // namespace
} // namespace cts
