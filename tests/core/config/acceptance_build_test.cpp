#include "tests/core/config/config_fixture.hpp"

// Acceptance checks 6 to 43 of the configuration chapter: reading files, basic
// blocks. (Checks 1 to 5 are about choosing files, a matter of the runtime.)

namespace cts::config {
namespace {

using namespace std::chrono_literals;

struct refused_case {
  int number;
  std::string text;
  std::string message;
  stage found = stage::build;
};

const refused_case refused_cases[] = {
  {9, "bar = \"x\"\nfoo = 1", "'x.hcl' has invalid keys: bar, foo"},
  {10, "consul { token_file = \"t\" }",
   "'x.hcl' has invalid keys: consul.token_file"},
  {11, task_t() + "task { name=\"b\" foo=1 }",
   "'x.hcl' has invalid keys: task[1].foo"},
  {12, "task \"web\" { module = \"m\" }",
   "'x.hcl' has invalid keys: task[0].web"},
  {13, "provider \"x\" {}",
   "'x.hcl' has invalid keys: provider\n\n'provider' is an invalid key for "
   "Consul-Terraform-Sync (CTS) configuration,\ntry 'terraform_provider'. "
   "The "
   "terraform_provider configuration blocks are\nsimilar to provider blocks "
   "in "
   "Terraform but have additional features\nsupported only by CTS."},
  {14, "consul { address=\"a\" }\nconsul { token=\"b\" }",
   "only one 'consul' block can be configured"},
  {15, "driver \"terraform\" {}\ndriver \"terraform-cloud\" {}",
   "only one 'driver' block can be configured"},
  {18, "port = \"abc\"",
   "1 error(s) decoding:\n\n* cannot parse 'port' as int: strconv.ParseInt: "
   "parsing \"abc\": invalid syntax"},
  {19, "port=\"a\"\nbuffer_period { min=\"x\" }\nlog_level { a=1 }",
   "3 error(s) decoding:\n\n* 'log_level' expected type 'string', got "
   "unconvertible type 'map[string]interface {}', value: 'map[a:1]'\n* "
   "cannot "
   "parse 'port' as int: strconv.ParseInt: parsing \"a\": invalid syntax\n* "
   "error decoding 'buffer_period.min': time: invalid duration \"x\""},
  {20, "log_level = \"ERROR\"",
   "Invalid log level: ERROR. Valid log levels are: [TRACE DEBUG INFO WARN "
   "ERR]",
   stage::logging},
  {22, "port = 1\nPORT = 2", "'x.hcl' has invalid keys: PORT"},
  {27, "buffer_period { min = \"-5s\" }", "buffer_period: cannot be negative",
   stage::validate},
  {30, "buffer_period { min = \"5\" }",
   "1 error(s) decoding:\n\n* error decoding 'buffer_period.min': time: "
   "missing unit in duration \"5\""},
  {31, "buffer_period { min = \"1d\" }",
   "1 error(s) decoding:\n\n* error decoding 'buffer_period.min': time: "
   "unknown unit \"d\" in duration \"1d\""},
  {32, "buffer_period { enabled = \"yes\" }",
   "1 error(s) decoding:\n\n* cannot parse 'buffer_period.enabled' as bool: "
   "strconv.ParseBool: parsing \"yes\": invalid syntax"},
  {36, "tls { verify_incoming = false }",
   "key and cert are required if TLS is enabled on the CTS API",
   stage::validate},
  {37, "tls { cert = \"x\" enabled = false }",
   "key is required if cert is configured for TLS on the CTS API",
   stage::validate},
  {38, "tls { cert = \"x\" key = \"y\" }", "open x: no such file or directory",
   stage::validate},
  {39, "tls { verify_incoming = true enabled = false }",
   "either ca_cert or ca_path is required if verify_incoming is enabled on "
   "the "
   "CTS API",
   stage::validate},
};

TEST(ConfigAcceptance, RefusesFilesAndBasicBlocksInTheReferencesWords) {
  for (const auto& each : refused_cases) {
    auto refused = configuration{}.refuse(each.text);
    EXPECT_EQ(refused.errors.front().message, each.message) << each.number;
    EXPECT_EQ(refused.errors.front().where_found, each.found) << each.number;
  }
}

TEST(ConfigAcceptance, ReadsACommentAsAnEmptyConfiguration) { // 6
  auto value = configuration{}.accept("# only a comment").value;
  EXPECT_EQ(value.log_level, "INFO");
  EXPECT_EQ(value.port, 8558);
  EXPECT_EQ(value.id, "cts-h1");
  EXPECT_TRUE(value.tasks.empty());
}

TEST(ConfigAcceptance, RefusesAnEmptyJsonFile) { // 5
  auto refused
    = configuration{}.refuse(configuration::named_files{{"d/z.json", ""}});
  EXPECT_EQ(refused.errors.front().message, "unexpected end of JSON input");
  EXPECT_EQ(refused.errors.front().where_found, stage::build);
}

TEST(ConfigAcceptance, LaysLaterFilesOverEarlierOnes) { // 7, 8, 16
  auto value = configuration{}
                 .accept({{".h.hcl", "id=\"hid\""},
                          {"10.hcl", "log_level=\"DEBUG\""},
                          {"9.hcl", "log_level=\"WARN\""},
                          {"a.json", "{\"port\":5}"}})
                 .value;
  EXPECT_EQ(value.log_level, "WARN");
  EXPECT_EQ(value.port, 5);
  EXPECT_EQ(value.id, "hid");
  value = configuration{}
            .accept({{"a.hcl", "consul { address=\"a\" tls { verify=false } }"},
                     {"b.hcl", "consul { token=\"b\" tls { key=\"k\" } }"}})
            .value;
  EXPECT_EQ(value.consul.address, "a");
  EXPECT_EQ(value.consul.token, "b");
  EXPECT_EQ(value.consul.tls.key, "k");
  EXPECT_FALSE(value.consul.tls.verify);
}

TEST(ConfigAcceptance, ReadsPortsLeniently) { // 17
  using pair = std::pair<const char*, int>;
  for (auto [text, port] :
       {pair{"port = \"8502\"", 8502}, pair{"port = 8502.7", 8502},
        pair{"port = \"0x10\"", 16}, pair{"port = true", 1},
        pair{"port = \"\"", 0}})
    EXPECT_EQ(configuration{}.accept(text).value.port, port) << text;
}

TEST(ConfigAcceptance, MatchesNamesInAnyCase) { // 21
  auto value = configuration{}.accept("LOG_LEVEL = \"debug\"\nPort = 1").value;
  EXPECT_EQ(value.log_level, "debug");
  EXPECT_EQ(value.port, 1);
}

TEST(ConfigAcceptance, LetsTheLastScalarOfAFileWin) { // 23
  EXPECT_EQ(configuration{}
              .accept("log_level=\"DEBUG\"\nlog_level=\"WARN\"")
              .value.log_level,
            "WARN");
}

TEST(ConfigAcceptance, ResolvesTheGlobalBufferPeriod) { // 24 to 26, 28, 29
  struct row {
    const char* inside;
    nanoseconds min;
    nanoseconds max;
  };
  for (auto [inside, min, max] :
       {row{"", 5s, 20s}, row{"min = \"10s\"", 10s, 20s},
        row{"min = \"30s\"", 30s, 30s}, row{"max = \"2s\"", 5s, 5s},
        row{"max = \"-5s\"", 5s, 5s}, row{"min = 5", 5ns, 20s},
        row{"enabled = false min = \"9s\"", 0s, 0s}}) {
    auto text = "buffer_period { " + std::string{inside} + " }";
    auto period = configuration{}.accept(text).value.buffer_period;
    EXPECT_EQ(period.min, min) << inside;
    EXPECT_EQ(period.max, max) << inside;
  }
}

TEST(ConfigAcceptance, WarnsOfADurationWithoutUnit) { // 29
  auto warnings = configuration{}.accept("buffer_period { min = 5 }").warnings;
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0].hint, "write \"5s\" if seconds are meant");
}

TEST(ConfigAcceptance, ResolvesTheBufferPeriodOfATask) { // 33 to 35, 2.14
  struct row {
    std::string global;
    std::string inside;
    nanoseconds min;
    nanoseconds max;
  };
  const auto long_max = std::string{"buffer_period { max = \"60s\" }"};
  const auto off = std::string{"buffer_period { enabled = false }"};
  for (const auto& [global, inside, min, max] :
       {row{long_max, "buffer_period { enabled = true }", 5s, 20s},
        row{"", "buffer_period { min = \"30s\" }", 30s, 2min},
        row{"", "buffer_period { max = \"60s\" }", 5s, 1min},
        row{"", "buffer_period { max = \"2s\" }", 5s, 5s},
        row{long_max, "buffer_period { }", 5s, 1min},
        row{off, "buffer_period { enabled = true }", 5s, 20s},
        row{off, "", 0s, 0s}}) {
    auto [value, warnings] = configuration{}.accept(global + task_t(inside));
    EXPECT_EQ(value.tasks[0].buffer.min, min) << global << inside;
    EXPECT_EQ(value.tasks[0].buffer.max, max) << global << inside;
    auto raised = inside.find("\"2s\"") != inside.npos;
    EXPECT_EQ(warnings.size(), raised ? 1u : 0u) << global << inside;
  }
}

TEST(ConfigAcceptance, NeverBuffersAScheduledTask) { // 35
  auto outcome = configuration{}.accept(
    task_with("condition \"schedule\" { cron = \"0 0 * * *\" } buffer_period { "
              "min = \"3s\" }"));
  EXPECT_FALSE(outcome.value.tasks[0].buffer.enabled);
  ASSERT_EQ(outcome.warnings.size(), 1u);
  EXPECT_EQ(outcome.warnings[0].message,
            "disabling buffer_period for schedule condition. overriding "
            "buffer_period configured for this task: task_name=a "
            "buffer_period={enabled=true min=3s max=unset}");
  EXPECT_EQ(outcome.warnings[0].component, "config.task");
  // There is nothing to disable.
  EXPECT_TRUE(
    configuration{}
      .accept(task_with("condition \"schedule\" { cron = \"@daily\" } "
                        "buffer_period { enabled = false }"))
      .warnings.empty());
}

TEST(ConfigAcceptance, DoesNotEnableTlsByEnvironment) { // 40, 41
  auto x = configuration{};
  x.around.environment["CONSUL_CACERT"] = "/ca";
  auto value = x.accept("").value;
  EXPECT_EQ(value.consul.tls.ca_cert, "/ca");
  EXPECT_FALSE(value.consul.tls.enabled);
  value = x.accept("consul { tls { enabled = true } }").value;
  EXPECT_EQ(value.driver.backend.arguments.at("scheme"),
            (cts::value{std::string{"https"}}));
  EXPECT_EQ(value.driver.backend.arguments.at("ca_file"),
            (cts::value{std::string{"/ca"}}));
}

TEST(ConfigAcceptance, FallsBackToTheEnvironmentOnlyIfUnset) { // 42, 43
  auto x = configuration{};
  x.around.environment = {{"CONSUL_TOKEN", " a "},
                          {"CONSUL_HTTP_TOKEN", "b"},
                          {"CONSUL_HTTP_ADDR", "h:1"}};
  EXPECT_EQ(x.accept("").value.consul.token, "a");
  EXPECT_EQ(x.accept("").value.consul.address, "h:1");
  EXPECT_EQ(x.accept("consul { address = \"\" }").value.consul.address, "");
}

} // namespace
} // namespace cts::config
