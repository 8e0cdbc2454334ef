#include "tests/core/config/config_fixture.hpp"

namespace cts::config {
namespace {

using namespace std::chrono_literals;

cts::value text(std::string x) {
  return {std::move(x)};
}

cts::value count(std::string x) {
  return {number{std::move(x)}};
}

std::string id_of(const std::string& written) {
  return configuration{}.accept("id = " + written).value.id;
}

object arguments_of(const std::string& body) {
  return configuration{}
    .accept("terraform_provider \"x\" {\n" + body + "\n}")
    .value.providers.at(0)
    .arguments;
}

TEST(Decode, TurnsScalarsIntoText) {
  EXPECT_EQ(id_of("5"), "5");
  EXPECT_EQ(id_of("1.50"), "1.5");
  EXPECT_EQ(id_of("1e3"), "1000");
  EXPECT_EQ(id_of("true"), "1");
  EXPECT_EQ(id_of("[\"x\"]"), "x");
  EXPECT_EQ(id_of("null"), "cts-h1");
}

TEST(Decode, UnwrapsListsOfOneInHclAlone) {
  EXPECT_EQ(id_of("[[\"x\"]]"), "x");
  EXPECT_EQ(configuration{}.first_error({{"x.json", R"({"id": ["x"]})"}}),
            "1 error(s) decoding:\n\n* 'id' expected type 'string', got "
            "unconvertible type '[]interface {}', value: '[x]'");
}

TEST(Decode, AcceptsAJsonArrayOfOneBlock) {
  EXPECT_EQ(configuration{}
              .accept({{"x.json", R"({"consul": [{"address": "a"}]})"}})
              .value.consul.address,
            "a");
  EXPECT_EQ(configuration{}.first_error({{"x.json", R"({"consul": [{},{}]})"}}),
            "only one 'consul' block can be configured");
}

TEST(Decode, TreatsAnHclFileThatBeginsWithABraceAsJson) {
  auto value = configuration{}
                 .accept(R"({"port": 5, "consul": {"address": "a"},
                   "terraform_provider": {"a": {}, "b": {"x": 1}}})")
                 .value;
  EXPECT_EQ(value.port, 5);
  EXPECT_EQ(value.consul.address, "a");
  EXPECT_EQ(value.providers.size(), 2u);
}

TEST(Decode, MakesListsOfScalarsAndMapsOfLists) {
  auto task = configuration{}
                .accept(task_with("condition \"catalog-services\" { regexp = "
                                  "\"\" node_meta { a = 1 } node_meta { b = "
                                  "true } } providers = \"p\""))
                .value.tasks[0];
  EXPECT_EQ(task.providers, std::vector<std::string>{"p"});
  EXPECT_EQ(std::get<catalog_services_condition>(task.condition).node_meta,
            (std::map<std::string, std::string>{{"a", "1"}, {"b", "1"}}));
}

TEST(Decode, KeepsValuesOfAnyType) {
  EXPECT_EQ(arguments_of("a = [\"x\"]\nb { c = 1.50 }\nd = [{ e = null }]\n"
                         "f { g = 1 }\nf { g = 0x10 }\nh = {}\ni = []"),
            (object{{"a", {list{text("x")}}},
                    {"b", {object{{"c", count("1.5")}}}},
                    {"d", {object{{"e", {}}}}},
                    {"f",
                     {repeated_block{{object{{"g", count("1")}},
                                      object{{"g", count("16")}}}}}},
                    {"h", {object{}}},
                    {"i", {list{}}}}));
}

TEST(Decode, RefusesAScalarInPlaceOfABlock) {
  EXPECT_EQ(configuration{}.first_error("consul = \"x\""),
            "1 error(s) decoding:\n\n* 'consul' expected a map, got 'string'");
  EXPECT_EQ(configuration{}.first_error("task = 1"),
            "1 error(s) decoding:\n\n* 'task[0]' expected a map, got 'int'");
}

TEST(Decode, PointsAtElementsByTheirIndex) {
  EXPECT_EQ(configuration{}.first_error(task_t("providers = [\"a\", {b=1}]")),
            "1 error(s) decoding:\n\n* 'task[0].providers[1]' expected type "
            "'string', got unconvertible type 'map[string]interface {}', "
            "value: 'map[b:1]'");
}

TEST(Decode, AcceptsTheAdditiveFields) {
  auto value
    = configuration{}
        .accept("max_parallel_runs = 0 once_parallelism = 2 shutdown_grace = "
                "\"3s\" health { strict = true }\n"
                "consul { startup_wait = \"1s\" block_wait = \"30s\" "
                "max_blocking_conns = 5 use_cache = true on_acl_filtered = "
                "\"hold\" }\n"
                "driver \"terraform\" { parallelism = 3 install = false "
                "lock_wait = \"5s\" migrate = \"none\" }\n"
                + task_t("run_timeout = \"1m\" hold_empty = true always_apply "
                         "= false after_apply { command = [\"x\"] timeout = "
                         "\"2s\" }"))
        .value;
  EXPECT_EQ(value.max_parallel_runs, 0);
  EXPECT_EQ(value.consul.block_wait, 30s);
  EXPECT_TRUE(value.health_strict);
  EXPECT_EQ(value.driver.parallelism, 3);
  EXPECT_EQ(value.tasks[0].always_apply, false);
  EXPECT_EQ(value.tasks[0].after_apply->timeout, 2s);
}

TEST(Validate, BoundsTheAdditiveFields) {
  EXPECT_EQ(configuration{}.first_error("max_parallel_runs = -1"),
            "max_parallel_runs: must be at least 0");
  EXPECT_EQ(configuration{}.first_error("once_parallelism = 0"),
            "once_parallelism: must be at least 1");
  for (auto name :
       {"init_timeout", "validate_timeout", "plan_timeout", "apply_timeout",
        "lock_wait", "steal_locks_after", "cancel_grace"})
    EXPECT_EQ(configuration{}.first_error("driver \"terraform\" { "
                                          + std::string{name} + " = \"-1s\" }"),
              "driver.terraform." + std::string{name} + ": must be at least 0");
  for (auto name : {"run_timeout", "plan_timeout", "apply_timeout"})
    EXPECT_EQ(
      configuration{}.first_error(task_t(std::string{name} + " = \"-1s\"")),
      "task." + std::string{name} + ": must be at least 0");
  EXPECT_EQ(configuration{}.first_error(task_t("terraform_parallelism = 0")),
            "task.terraform_parallelism: must be at least 1");
  EXPECT_EQ(configuration{}.first_error(task_t("after_apply {}")),
            "task.after_apply: command is required");
  EXPECT_EQ(configuration{}.first_error(
              task_t("after_apply { command = [\"x\"] timeout = \"-1s\" }")),
            "task.after_apply.timeout: must be at least 0");
  EXPECT_EQ(configuration{}.first_error("port = 65536"),
            "port: must be between 0 and 65535: 65536");
  EXPECT_EQ(configuration{}.first_error("consul { block_wait = \"1s\" }"),
            "consul: block_wait must be between 10s and 10m0s: 1s");
}

TEST(Finalize, WarnsOfProvidersThatAreNotWhatTheySeem) {
  auto warnings = configuration{}
                    .accept("terraform_provider \"aws\" { alias = \"a\" }\n"
                            + task_t("providers = [\"aws\", \"dns\", \"x.y\"]"))
                    .warnings;
  ASSERT_EQ(warnings.size(), 3u);
  EXPECT_EQ(warnings[0].message, "provider \"aws\" resolves to the aliased "
                                 "block \"aws.a\": task_name=a");
  EXPECT_EQ(warnings[1].message, "no terraform_provider block for \"dns\", an "
                                 "empty one is used: task_name=a");
}

TEST(Decode, AcceptsALicenseWithoutEffect) {
  auto value = configuration{}
                 .accept("license { path = \"/x\" auto_retrieval { enabled = "
                         "false } }")
                 .value;
  EXPECT_TRUE(value.license_configured);
  EXPECT_EQ(configuration{}.first_error("license { foo = 1 }"),
            "'x.hcl' has invalid keys: license.foo");
}

TEST(Merge, TakesArgumentsOfABackendOneByOne) {
  auto wrapped = [](const std::string& backends) {
    return "driver \"terraform\" { " + backends + " }";
  };
  const auto path = std::string{"backend \"s3\" { key = \"a\" b = \"x\" }"};
  const auto other = std::string{"backend \"s3\" { c = \"y\" b = \"z\" }"};
  const auto both
    = object{{"key", text("a")}, {"b", text("z")}, {"c", text("y")}};
  auto x = configuration{};
  auto two_files
    = x.accept({{"a.hcl", wrapped(path)}, {"b.hcl", wrapped(other)}}).value;
  EXPECT_EQ(two_files.driver.backend.arguments, both);
  auto one_file = x.accept(wrapped(path + other)).value;
  EXPECT_EQ(one_file.driver.backend.arguments, both);
}

// The files of section 4.3 of the chapter.
constexpr auto base = R"(
buffer_period { min = "10s" }
consul {
  address = "consul.internal:8501"
  kv_path = "nia/"
  tls { ca_cert = "/etc/cts/ca.pem" }
}
driver "terraform" {
  path = "/opt/cts"
  required_providers {
    aws   = { source = "hashicorp/aws", version = "5.40.0" }
    local = "~> 2.4"
  }
}
terraform_provider "aws" { alias = "east" region = "us-east-1" }
task {
  name = "edge" module = "acme/edge/cts" version = "1.2.0"
  providers = ["aws.east"]
  condition "services" { names = ["web", "api"] }
})";

constexpr auto site = R"({
  "log_level": "DEBUG", "id": "cts-site-7", "buffer_period": {"max": "2m"},
  "consul": {"token": "s3cr3t", "tls": {"verify": false}},
  "driver": {"terraform": {
    "log": true, "backend": {"consul": {"gzip": false}},
    "required_providers": {"aws": {"source": "hashicorp/aws",
                                   "version": "5.60.0"}}}},
  "terraform_provider": [{"aws": {"alias": "west", "region": "us-west-2"}}],
  "task": [{"name": "kv", "module": "./modules/kv",
    "condition": {"consul-kv": {"path": "sites/7", "recurse": true}},
    "module_input": [{"services": {"regexp": "^db"}}],
    "buffer_period": {"enabled": true}}]})";

TEST(Merge, FollowsTheExampleOfTwoFiles) {
  auto x = configuration{}
             .accept({{"00-base.hcl", base}, {"10-site.json", site}})
             .value;
  EXPECT_EQ(x.log_level, "DEBUG");
  EXPECT_EQ(x.id, "cts-site-7");
  EXPECT_EQ(x.buffer_period,
            (buffer_period{.enabled = true, .min = 10s, .max = 2min}));
  EXPECT_EQ(x.consul.token, "s3cr3t");
  EXPECT_TRUE(x.consul.tls.enabled);
  EXPECT_FALSE(x.consul.tls.verify);
  EXPECT_EQ(x.driver.path, "/opt/cts");
  EXPECT_TRUE(x.driver.log);
  EXPECT_EQ(x.driver.required_providers,
            (object{{"aws",
                     {object{{"source", text("hashicorp/aws")},
                             {"version", text("5.60.0")}}}},
                    {"local", text("~> 2.4")}}));
  EXPECT_EQ(x.driver.backend.arguments,
            (object{{"address", text("consul.internal:8501")},
                    {"path", text("nia/terraform")},
                    {"gzip", {false}},
                    {"scheme", text("https")},
                    {"ca_file", text("/etc/cts/ca.pem")}}));
  ASSERT_EQ(x.providers.size(), 2u);
  EXPECT_EQ(x.providers[1].id(), "aws.west");
  ASSERT_EQ(x.tasks.size(), 2u);
  EXPECT_EQ(x.tasks[0].buffer.max, 2min);
  EXPECT_EQ(x.tasks[1].buffer.max, 40s);
  EXPECT_EQ(x.tasks[0].working_dir, "sync-tasks/edge");
}

} // namespace
} // namespace cts::config
