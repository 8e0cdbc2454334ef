#include "core/dynamic/templates.hpp"

#include "core/config/template_text.hpp"

#include <gtest/gtest.h>

namespace cts::dynamic {
namespace {

constexpr auto env_text = "{{ env \"X\" }}";
constexpr auto key_text = "{{ key \"a/b\" }}";

config::settings sample() {
  auto out = config::settings{};
  out.providers.push_back(
    {.name = "dns",
     .alias = "east",
     .arguments
     = {{"plain", value{"{{ key foo }}"}},
        {"list", value{list{value{env_text}}}},
        {"block", value{repeated_block{{object{{"deep", value{key_text}}}}}}}},
     .task_env = {{"KEY", env_text}}});
  out.consul.token = env_text;
  out.driver.backend.arguments["token"] = value{key_text};
  auto task = config::task{.name = "web"};
  task.variables["v"] = value{object{{"inner", value{env_text}}}};
  out.tasks.push_back(std::move(task));
  return out;
}

TEST(Templates, AreWhatTheReferenceRenders) {
  using config::is_template;
  EXPECT_TRUE(is_template("{{ env \"X\" }}"));
  EXPECT_TRUE(is_template("a {{env \\\"X\\\"}} b"));
  EXPECT_TRUE(is_template("{{ with secret \"a\" }}{{ .Data.x }}{{ end }}"));
  EXPECT_FALSE(is_template("{{ key foo }}"));
  EXPECT_FALSE(is_template("{{ secret \"a\" }}"));
  EXPECT_FALSE(is_template("{{ env \"A\" | toLower }}"));
  EXPECT_FALSE(is_template("{{ env \"\" }}"));
  EXPECT_FALSE(is_template("{{ env `A` }}"));
  EXPECT_FALSE(config::asks_vault(env_text));
}

TEST(Templates, AreFoundAtEachDepthOfAProvider) {
  auto found = templates_of(sample());
  EXPECT_EQ(found,
            (std::vector<found_template>{{env_text, "provider", "dns.east"},
                                         {key_text, "provider", "dns.east"}}));
}

TEST(Templates, ElsewhereNeedTheSwitch) {
  auto settings = sample();
  EXPECT_TRUE(connection_templates_of(settings).empty());
  settings.dynamic_values = true;
  EXPECT_EQ(templates_of(settings).size(), 3u);
  EXPECT_EQ(templates_of(settings).back(),
            (found_template{env_text, "task_name", "web"}));
  EXPECT_EQ(connection_templates_of(settings).size(), 2u);
}

TEST(Templates, GiveWayToTheirValues) {
  auto settings = sample();
  settings.dynamic_values = true;
  auto known = values{{env_text, "E"}, {key_text, "K"}};
  auto out = rendered(settings, known);
  const auto& provider = out.providers.front();
  EXPECT_EQ(provider.task_env.at("KEY"), "E");
  EXPECT_EQ(provider.arguments.at("list"), (value{list{value{"E"}}}));
  EXPECT_EQ(provider.arguments.at("plain"), value{"{{ key foo }}"});
  EXPECT_EQ(out.consul.token, env_text) << "is a matter of `connected`";
  auto task = rendered(settings.tasks.front(), known);
  EXPECT_EQ(task.variables.at("v"), (value{object{{"inner", value{"E"}}}}));
  out = connected(settings, known);
  EXPECT_EQ(out.consul.token, "E");
  EXPECT_EQ(out.driver.backend.arguments.at("token"), value{"K"});
  EXPECT_EQ(out.providers, settings.providers);
}

TEST(Templates, StayAsTheyAreWithoutAValue) {
  EXPECT_EQ(rendered(sample(), {}), sample());
}

TEST(DynamicTemplates, RememberAFewFormerMeanings) {
  auto secrets = remembering({{env_text, "one"}}, {});
  EXPECT_EQ(secrets, (values{{env_text, "one"}}));
  secrets = remembering({{env_text, "two"}}, secrets);
  secrets = remembering({{env_text, "three"}}, secrets);
  EXPECT_EQ(secrets,
            (values{{env_text, "three"}, {"one", "one"}, {"two", "two"}}));
  for (auto i = 0; i < 2000; ++i)
    secrets = remembering({{env_text, std::to_string(i)}}, secrets);
  EXPECT_LE(secrets.size(), remembered_max + 1);
}

} // namespace
} // namespace cts::dynamic
