#include "actors/dynamic_values.hpp"

#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/sim_fixture.hpp"

namespace cts {
namespace {

using namespace std::chrono_literals;

constexpr auto env_text = "{{ env \"X\" }}";
constexpr auto key_text = "{{ key \"a/b@dc2\" }}";
constexpr auto tree_text = "{{ key \"a\" }}{{ range tree \"t\" }}{{ .Key }}="
                           "{{ .Value }};{{ end }}";
constexpr auto secret_text
  = "{{ with secret \"kv/dns\" }}{{ .Data.data.key }}{{ end }}";

/// What Vault was asked, and what it says.
struct vault_script {
  std::vector<http_request> requests{};
  std::string key = "s3cr3t";
  int status = 200;
};

class fake_vault {
public:
  using actor_type = http_actor;
  static inline constexpr const char* name = "fake_vault";

  fake_vault(http_actor::pointer, std::shared_ptr<vault_script> script)
    : script_(std::move(script)) {}

  http_actor::behavior_type make_behavior() {
    return {
      [this](const http_request& x) {
        script_->requests.push_back(x);
        auto is_mount = x.url.find("/sys/internal/") != std::string::npos;
        return http_reply{.status = script_->status,
                          .body = is_mount
                                    ? R"({"data":{"path":"kv/","type":"kv",)"
                                      R"("options":{"version":"2"}}})"
                                    : R"({"data":{"data":{"key":")"
                                        + script_->key + R"("}}})"};
      },
      [](const cancel_http&) {},
    };
  }

private:
  std::shared_ptr<vault_script> script_;
};

class DynamicValues : public cafx::sim_fixture {
protected:
  void SetUp() override {
    registry = fakes::make_registry(self.ptr(), watched);
    vault = cafx::spawn_state<fake_vault>(self.ptr(), secrets);
  }

  void spawn(const std::vector<std::string>& texts, bool follows = false) {
    auto options
      = dynamic_values_options{.follows = follows,
                               .environment = {{"X", "from-env"}},
                               .registry = registry,
                               .key_namespace = "ns1",
                               .vault = {.enabled = true,
                                         .address = "http://vault:8200/",
                                         .ns = "team",
                                         .token = "root"},
                               .vault_http = vault};
    for (const auto& text : texts)
      options.templates.push_back({text, "provider", "dns"});
    options.changed
      = [this](const values_rendered& x) { later.push_back(*x.values); };
    values = make_dynamic_values(self.ptr(), options);
    run();
  }

  void publish(const std::string& key, const std::string& text,
               dependency::kind what = dependency::kind::kv_key) {
    auto wanted = dependency{.what = what, .name = key, .ns = "ns1"};
    if (key == "a/b")
      wanted.datacenter = "dc2";
    auto pairs = kv_pairs{};
    if (what == dependency::kind::kv_prefix)
      pairs = {{"t/", ""}, {"t/one", text}, {"tea", "no"}};
    else if (!text.empty())
      pairs = {{key, text}};
    watched->publish(wanted, snapshot{.data = pairs});
    run();
  }

  caf::expected<values_rendered> render(cafx::sim_fixture::duration span = {}) {
    return ask_for<values_rendered>(span, values, render_values{});
  }

  static std::string error_of(const caf::expected<values_rendered>& x) {
    return x ? "none" : to_core(x.error()).message;
  }

  void TearDown() override {
    stop(values);
    watched->close();
    stop(registry);
    stop(vault);
    sim_fixture::TearDown();
  }

  fakes::registry_script_ptr watched
    = std::make_shared<fakes::registry_script>();
  std::shared_ptr<vault_script> secrets = std::make_shared<vault_script>();
  watch_registry_actor registry{};
  http_actor vault{};
  values_actor values{};
  std::vector<dynamic::values> later{};
};

TEST_F(DynamicValues, ComeFromTheEnvironmentConsulAndVault) {
  spawn({env_text, key_text, secret_text});
  publish("a/b", "from-consul");
  auto found = render();
  ASSERT_TRUE(found) << error_of(found);
  EXPECT_EQ(*found->values, (dynamic::values{{env_text, "from-env"},
                                             {key_text, "from-consul"},
                                             {secret_text, "s3cr3t"}}));
}

TEST_F(DynamicValues, AskVaultWithTokenAndNamespace) {
  spawn({secret_text});
  ASSERT_TRUE(render());
  ASSERT_EQ(secrets->requests.size(), 2u);
  const auto& asked = secrets->requests[1];
  EXPECT_EQ(asked.url, "http://vault:8200/v1/kv/data/dns");
  EXPECT_EQ(asked.fields, (headers{{"X-Vault-Request", "true"},
                                   {"X-Vault-Token", "root"},
                                   {"X-Vault-Namespace", "team"}}));
}

TEST_F(DynamicValues, ReadWholeFoldersOfKeys) {
  spawn({tree_text});
  publish("a", "x");
  publish("t", "1", dependency::kind::kv_prefix);
  auto found = render();
  ASSERT_TRUE(found) << error_of(found);
  EXPECT_EQ(found->values->at(tree_text), "xone=1;");
}

TEST_F(DynamicValues, WaitForAKeyAndGiveUp) {
  spawn({key_text});
  auto found = render(6s);
  ASSERT_FALSE(found);
  EXPECT_EQ(error_of(found).rfind("context deadline exceeded", 0), 0u);
  EXPECT_FALSE(watched->unwatched.empty()) << "nobody waits any more";
}

TEST_F(DynamicValues, TakeAKeyThatComesInTime) {
  spawn({key_text});
  publish("a/b", "");
  auto pending = self->request(values, caf::infinite, render_values{});
  advance(4s);
  EXPECT_FALSE(self->has_next_message());
  publish("a/b", "1");
  ASSERT_TRUE(self->has_next_message());
  pending.receive(
    [](const values_rendered& x) { EXPECT_EQ(x.values->at(key_text), "1"); },
    [](const caf::error&) { FAIL(); });
}

TEST_F(DynamicValues, SayWhatVaultRefuses) {
  secrets->status = 403;
  spawn({secret_text});
  auto found = render();
  ASSERT_FALSE(found);
  EXPECT_EQ(error_of(found),
            "vault: reading kv/dns: code 403: no reason given");
}

TEST_F(DynamicValues, StopWatchingWhenTheyNeedNotFollow) {
  spawn({key_text});
  publish("a/b", "1");
  ASSERT_TRUE(render());
  EXPECT_EQ(watched->unwatched.size(), 1u);
  publish("a/b", "2");
  EXPECT_TRUE(later.empty());
}

TEST_F(DynamicValues, TellOfOtherValues) {
  spawn({key_text, secret_text}, true);
  publish("a/b", "1");
  ASSERT_TRUE(render());
  EXPECT_TRUE(watched->unwatched.empty());
  publish("a/b", "2");
  ASSERT_EQ(later.size(), 1u);
  EXPECT_EQ(later[0].at(key_text), "2");
  secrets->key = "other";
  advance(5min);
  ASSERT_EQ(later.size(), 2u);
  EXPECT_EQ(later[1].at(secret_text), "other");
}

TEST_F(DynamicValues, WatchAKeyAgainWhoseWatcherDied) {
  spawn({key_text}, true);
  publish("a/b", "1");
  ASSERT_TRUE(render());
  auto before = watched->watched.size();
  watched->close();
  run();
  advance(2s);
  EXPECT_EQ(watched->watched.size(), before + 1);
}

TEST(DynamicValuesOptions, FollowOnlyIfTheSwitchIsOn) {
  auto settings = config::settings{};
  settings.providers.push_back(
    {.name = "dns", .arguments = {{"a", value{env_text}}}});
  auto made = dynamic_values_of(settings, {});
  EXPECT_EQ(made.templates.size(), 1u);
  EXPECT_FALSE(made.follows);
  settings.dynamic_values = true;
  EXPECT_TRUE(dynamic_values_of(settings, {}).follows);
  settings.consul.token = env_text;
  auto first = connection_values_of(settings, {});
  EXPECT_EQ(first.templates.size(), 1u);
  EXPECT_FALSE(first.follows);
}

} // namespace
} // namespace cts
