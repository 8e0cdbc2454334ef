#include "core/config/show.hpp"

#include "core/config/schema.hpp"
#include "core/hcl/print.hpp"
#include "tests/core/config/config_fixture.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace cts::config {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;
using testing::Not;

using named_files = configuration::named_files;

shown show_of(const configuration& x, const named_files& files) {
  auto outcome = show(files, x.around);
  if (const auto* refused = std::get_if<failure>(&outcome)) {
    ADD_FAILURE() << print(refused->errors.front());
    return {};
  }
  return std::get<shown>(std::move(outcome));
}

std::string origin_in(const shown& x, const std::string& path) {
  auto found = x.origins.find(path);
  return found == x.origins.end() ? "not shown" : to_string(found->second);
}

TEST(ConfigShow, SaysWhereEachValueComesFrom) {
  auto x = configuration{};
  x.around.environment = {{"CONSUL_HTTP_ADDR", "h:1"}, {"VAULT_ADDR", "v"}};
  auto all = show_of(
    x, {{"a.hcl", "port = 1\nbuffer_period {\n  max = \"9s\"\n}\n"},
        {"b.hcl", "\nport = 2\nconsul {\n  tls {\n    key = \"k\"\n  }\n}\n"
                    + task_t()}});
  using pair = std::pair<const char*, const char*>;
  for (auto [path, expected] : {
         pair{"port", "b.hcl:2"},
         pair{"log_level", "default"},
         pair{"id", "derived from the host name"},
         pair{"buffer_period.min", "default"},
         pair{"buffer_period.max", "a.hcl:3"},
         pair{"consul.address", "environment CONSUL_HTTP_ADDR"},
         pair{"consul.tls.key", "b.hcl:5"},
         pair{"consul.tls.enabled", "derived from other fields of the block"},
         pair{"vault.enabled", "derived from vault.address"},
         pair{"driver.terraform.path", "derived from the working directory"},
         pair{"driver.terraform.backend.consul.address",
              "derived from consul.address"},
         pair{"task[0].name", "b.hcl:8"},
         pair{"task[0].condition.names", "b.hcl:8"},
         pair{"task[0].working_dir", "derived from working_dir"},
         pair{"task[0].buffer_period.min", "derived from buffer_period"},
       })
    EXPECT_EQ(origin_in(all, path), expected) << path;
}

TEST(ConfigShow, FollowsTheBufferPeriodOfATask) {
  auto all = show_of({}, {{"x.hcl", task_t("\nbuffer_period {\nmin = \"9s\"\n}")
                                      + "buffer_period { max = \"2s\" }"}});
  EXPECT_EQ(origin_in(all, "buffer_period.max"),
            "derived from buffer_period.min");
  EXPECT_EQ(origin_in(all, "task[0].buffer_period.enabled"), "default");
  EXPECT_EQ(origin_in(all, "task[0].buffer_period.min"), "x.hcl:3");
  EXPECT_EQ(origin_in(all, "task[0].buffer_period.max"),
            "derived from min of the block");
}

TEST(ConfigShow, NamesTheVariableThatIsUsed) {
  auto x = configuration{};
  x.files["/t"] = "from-file";
  x.around.environment = {{"CONSUL_HTTP_TOKEN", "b"}};
  EXPECT_EQ(origin_in(show_of(x, {{"x.hcl", ""}}), "consul.token"),
            "environment CONSUL_HTTP_TOKEN");
  x.around.environment["CONSUL_HTTP_TOKEN_FILE"] = "/t";
  EXPECT_EQ(origin_in(show_of(x, {{"x.hcl", ""}}), "consul.token"),
            "environment CONSUL_HTTP_TOKEN_FILE");
  x.around.environment["VAULT_SKIP_VERIFY"] = "perhaps";
  EXPECT_EQ(origin_in(show_of(x, {{"x.hcl", ""}}), "vault.tls.verify"),
            "default");
}

/// The value of a shown setting, as HCL.
std::string value_in(const hcl::body& items, std::string_view path) {
  auto dot = path.find('.');
  for (const auto& each : items) {
    auto name = std::string{};
    for (const auto& key : each.keys)
      name += (name.empty() ? "" : ".") + key.text;
    if (path == name)
      return hcl::print(
        {{.keys = {{.text = "x"}}, .assigned = true, .value = each.value}});
    if (dot != path.npos && path.starts_with(name + "."))
      return value_in(each.value.items, path.substr(name.size() + 1));
  }
  return "not shown";
}

TEST(ConfigEnvironment, FeedsWhatTheTableSays) {
  auto without = configuration{};
  const auto cloud = std::string{"driver \"terraform-cloud\" {\n"
                                 "organization = \"o\"\ntoken = \"t\"\n}\n"};
  auto checked = 0;
  for (const auto& each : environment_settings()) {
    auto names = std::string{each.names};
    auto name = names.substr(0, names.find(' '));
    auto path = std::string{each.path};
    auto x = configuration{};
    auto value
      = path.ends_with("verify") || each.boolean ? "true" : "https://x";
    x.around.environment[name] = value;
    auto text = path.find("cloud") != path.npos ? cloud : std::string{};
    if (text.find(path.substr(path.rfind('.') + 1)) != text.npos)
      text.replace(text.find(path.substr(path.rfind('.') + 1)), 1, "#");
    auto outcome = show({{"x.hcl", text}}, x.around);
    ASSERT_TRUE(std::holds_alternative<shown>(outcome)) << path;
    const auto& all = std::get<shown>(outcome);
    EXPECT_EQ(origin_in(all, path), "environment " + name);
    if (path.find("cloud") == path.npos) {
      EXPECT_NE(value_in(all.items, path),
                value_in(show_of(without, {{"x.hcl", ""}}).items, path))
        << path;
    }
    ++checked;
  }
  EXPECT_GT(checked, 20);
}

TEST(ConfigShow, MasksEverySecret) {
  auto x = configuration{};
  x.around.environment = {{"VAULT_TOKEN", "s3cr3t"}};
  x.files["v.tfvars"] = "b = \"s3cr3t\"";
  auto all = show_of(
    x, {{"x.hcl",
         "consul {\n address = \"http://u:s3cr3t@h:1\" token = \"s3cr3t\"\n"
         " auth { password = \"s3cr3t\" }\n}\n"
         "terraform_provider \"aws\" { zone = \"s3cr3t\" alias = \"a\"\n"
         " task_env { K = \"s3cr3t\" } n { m = \"s3cr3t\" } }\n"
         "driver \"terraform\" { backend \"s3\" { key = \"s3cr3t\" }\n"
         " required_providers { a = { secret = \"s3cr3t\" } } }\n"
           + task_with("variables { a = \"\\\"s3cr3t\\\"\" } variable_files = "
                       "[\"v.tfvars\"]\n"
                       "condition \"services\" { names = [\"x\"]\n"
                       " cts_user_defined_meta { api_key = \"s3cr3t\" } }")
           + "task { name = \"b\" module = "
             "\"git::https://s3cr3t@h/m?ref=v1&sshkey=s3cr3t\" }\n"}});
  for (const auto& text : {to_hcl(all), to_json(all)}) {
    EXPECT_THAT(text, Not(HasSubstr("s3cr3t")));
    EXPECT_THAT(text, HasSubstr("(redacted)"));
    EXPECT_THAT(text, HasSubstr("git::https://***@h/m?ref=v1&sshkey=***"));
  }
  auto cloud = show_of(x, {{"x.hcl", "driver \"terraform-cloud\" { "
                                     "organization = \"o\" token = "
                                     "\"s3cr3t\" }"}});
  EXPECT_THAT(to_hcl(cloud), Not(HasSubstr("s3cr3t")));
}

TEST(ConfigShow, RefusesWhatCannotBeLoaded) {
  auto outcome = show({{"x.hcl", "port = \"x\""}}, {});
  ASSERT_TRUE(std::holds_alternative<failure>(outcome));
}

/// What the shown form cannot tell: whether a value was written.
settings plain(settings x) {
  for (auto& each : x.tasks)
    each.buffer_block.reset();
  x.driver.path_configured = true;
  return x;
}

void expect_same_meaning(const configuration& x, const named_files& files) {
  auto all = show_of(x, files);
  auto expected = plain(x.accept(files).value);
  EXPECT_TRUE(plain(x.accept({{"x.hcl", to_hcl(all)}}).value) == expected)
    << to_hcl(all);
  auto json = to_json(all);
  auto begin = json.find('{', 1);
  auto end = json.find(",\n  \"origins\"");
  EXPECT_TRUE(
    plain(x.accept({{"x.json", json.substr(begin, end - begin)}}).value)
    == expected)
    << json;
}

TEST(ConfigShow, IsAConfigurationOfTheSameMeaning) {
  auto x = configuration{};
  x.around.environment = {{"VAULT_ADDR", "http://v:8200"}};
  expect_same_meaning(x, {{"x.hcl", ""}});
  expect_same_meaning(
    x, {{"x.hcl",
         "id = \"a\" buffer_period { enabled = false }\n"
         "syslog { name = \"x\" enabled = false }\n"
         "consul { tls { verify = false } auth { username = \"u\" } }\n"
         "driver \"terraform\" { required_providers { a = \"~> 1.0\" b = { "
         "source = \"x/b\" } } }\n"
         "high_availability { cluster { name = \"c\" } }\n"
         "service { name = \"web\" id = \"w\" }\n"
           + task_t("module_input \"consul-kv\" { path = \"p\" }\n"
                    "buffer_period { min = \"3s\" }")
           + "task { name = \"b\" source = \"./m\" services = [\"w\"]\n"
             "condition \"catalog-services\" { regexp = \"\" "
             "source_includes_var = false } }\n"
             "task { name = \"c\" module = \"m\" after_apply { command = "
             "[\"true\"] }\n always_apply = true\n"
             "condition \"schedule\" { cron = \"@daily\" } }\n"
             "task { name = \"d\" module = \"m\" description = \"two\\nlines "
             "${x} é\" condition \"services\" { regexp = \"^a\" } }\n"}});
}

TEST(ConfigShow, IsReadableForEachGoldenCase) {
  const auto folder = fs::path{CTS_SOURCE_DIR} / "tests/drivers/golden";
  auto count = 0;
  for (const auto& each : fs::directory_iterator{folder}) {
    auto x = configuration{};
    auto read = [](const fs::path& path) {
      auto file = std::ifstream{path, std::ios::binary};
      return std::string{std::istreambuf_iterator<char>{file}, {}};
    };
    x.around.read_file = [&](const std::string& name) -> result<std::string> {
      return read(each.path() / name);
    };
    auto text
      = to_hcl(show_of(x, {{"x.hcl", read(each.path() / "config.hcl")}}));
    x.accept({{"x.hcl", text}});
    ++count;
  }
  EXPECT_GT(count, 20);
}

} // namespace
} // namespace cts::config
