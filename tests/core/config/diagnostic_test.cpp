#include "tests/core/config/config_fixture.hpp"

#include <gmock/gmock.h>

namespace cts::config {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Diagnostic, ShowsPlaceLineCaretAndHint) {
  auto refused
    = configuration{}.refuse({{"/etc/cts/x.hcl", "\n\tserivce {\n\t}\n"}});
  EXPECT_EQ(print(refused.errors.front()), "'x.hcl' has invalid keys: serivce\n"
                                           "/etc/cts/x.hcl:2:2\n"
                                           "2 | \tserivce {\n"
                                           "  | \t^^^^^^^\n"
                                           "hint: did you mean 'service'?");
}

TEST(Diagnostic, LocatesEachOfSeveralProblems) {
  auto refused = configuration{}.refuse(
    {{"a.hcl", "foo = 1\nport = \"x\"\nbuffer_period { min = \"y\" }"},
     {"b.json", "{\n\"bar\": 1}"}});
  ASSERT_EQ(refused.errors.size(), 4u);
  EXPECT_EQ(refused.errors[0].range->line, 2u);
  EXPECT_EQ(refused.errors[1].range->line, 3u);
  EXPECT_EQ(refused.errors[2].message, "'a.hcl' has invalid keys: foo");
  EXPECT_EQ(refused.errors[3].message, "'b.json' has invalid keys: bar");
  EXPECT_EQ(
    refused.errors[3].range,
    (source_range{.file = "b.json", .line = 2, .column = 1, .end_column = 6}));
}

TEST(Diagnostic, ReportsAllFailedChecksInTheOrderOfTheReference) {
  auto refused = configuration{}.refuse(
    "task { name = \"1a\" }\ndriver \"terraform\" { version = \"1\" }\n"
    "log_level = \"x\"");
  auto messages = std::vector<std::string>{};
  for (const auto& each : refused.errors)
    messages.push_back(each.message.substr(0, 20));
  EXPECT_THAT(messages, testing::ElementsAre(
                          "provide the exact Te", "a task name must sta",
                          "module for the task ", "Invalid log level: x"));
}

std::vector<std::string> beginnings(const failure& x) {
  auto texts = std::vector<std::string>{};
  for (const auto& each : x.errors)
    texts.push_back(each.message.substr(0, 20));
  return texts;
}

TEST(Diagnostic, GoesOnWithTheChecksAfterAnUnknownKey) {
  auto refused = configuration{}.refuse(
    "foo = 1\nport = 99999\nbuffer_period { min = \"x\" }\n"
    + task_t("version = []") + "task { name = \"b\" }\n");
  EXPECT_THAT(
    beginnings(refused),
    testing::ElementsAre("2 error(s) decoding:", "error decoding 'buff",
                         "'x.hcl' has invalid ", "module for the task ",
                         "port: must be betwee"));
}

// What is missing there may be what could not be understood.
TEST(Diagnostic, DoesNotJudgeABlockThatWasNotUnderstood) {
  for (const auto& text :
       {std::string{"task { nam = \"a\" modul = \"m\" }"},
        std::string{"high_availability { cluster { nam = \"a\" } }"},
        std::string{"driver \"terraform-cloud\" { organisation = \"a\" }"},
        std::string{"tls { kee = \"a\" enabled = true }"},
        std::string{"service { nam = \"a\" }"},
        std::string{"vault { adress = \"a\" } terraform_provider \"a\" { b = "
                    "\"{{ with secret \\\"a\\\" }}{{ end }}\" }"},
        task_with("condition \"services\" { nams = [\"x\"] }")})
    for (const auto& each : configuration{}.refuse(text).errors)
      EXPECT_THAT(each.message, testing::AnyOf(HasSubstr("invalid key"),
                                               HasSubstr("decoding")))
        << text;
}

TEST(Diagnostic, LocatesEachMistakeOfACondition) {
  auto refused = configuration{}.refuse(
    task_with("condition \"services\" {\nnams = []\nregex = \"x\"\n}"));
  ASSERT_EQ(refused.errors.size(), 2u);
  EXPECT_EQ(refused.errors[0].range->line, 2u);
  EXPECT_EQ(refused.errors[1].range->line, 3u);
  EXPECT_EQ(refused.errors[1].message, "error decoding 'task[0].condition': "
                                       "invalid key: regex");
  EXPECT_EQ(refused.errors[1].hint, "did you mean 'regexp'?");
}

TEST(Diagnostic, PointsAtTheInputThatIsInTheWay) {
  auto refused = configuration{}.refuse(
    task_t("\nmodule_input \"services\" { regexp = \"\" }\n"
           "source_input \"consul-kv\" { path = \"p\" }"));
  ASSERT_EQ(refused.errors.size(), 1u);
  EXPECT_EQ(refused.errors[0].range->line, 2u);
}

TEST(Diagnostic, LocatesWhatOthersComplainOf) {
  auto x = configuration{};
  x.around.further_checks = [](const settings&) {
    return std::vector<complaint>{{"task[1].version", "no"},
                                  {"task[0].version", "no"},
                                  {"driver.terraform.log", "no"},
                                  {"port", "no"}};
  };
  auto refused
    = x.refuse("driver \"terraform\" {\nlog = true\n}\n" + task_t()
               + "task { name = \"b\" module = \"m\"\nversion = \"1\" }\n");
  auto lines = std::vector<std::uint32_t>{};
  for (const auto& each : refused.errors)
    lines.push_back(each.range ? each.range->line : 0);
  EXPECT_THAT(lines, testing::ElementsAre(6u, 4u, 2u, 0u));
}

TEST(Diagnostic, NamesBothPlacesOfADuplicate) {
  auto refused = configuration{}.refuse(task_t() + task_t());
  EXPECT_EQ(refused.errors[0].range->line, 2u);
  EXPECT_EQ(refused.errors[0].hint, "the first one is in x.hcl:1");
  refused = configuration{}.refuse({{"a.hcl", task_t()}, {"b.hcl", task_t()}});
  EXPECT_EQ(refused.errors[0].range->file, "b.hcl");
  EXPECT_EQ(refused.errors[0].hint, "the first one is in a.hcl:1");
  refused = configuration{}.refuse("consul {}\n\nconsul {}");
  EXPECT_EQ(refused.errors[0].range->line, 3u);
  EXPECT_THAT(refused.errors[0].hint, HasSubstr("line 1"));
}

TEST(Diagnostic, SuggestsWhatWasMeant) {
  using pair = std::pair<std::string, const char*>;
  for (const auto& [text, hint] :
       {pair{"terraform_providers \"x\" {}", "'terraform_provider'"},
        pair{"consul { token_file = \"x\" }", "CONSUL_HTTP_TOKEN_FILE"},
        pair{"task \"web\" {}", "name = "},
        pair{task_with("condition \"servces\" {}"), "\"services\""},
        pair{task_with("condition { names = [] }"),
             "write a label: condition \"services\""},
        pair{task_with("condition \"catalog-services\" { names = [] }"),
             "'regexp'"},
        pair{task_with("condition \"services\" { use_as_module_inputs = true "
                       "}"),
             "'use_as_module_input'"},
        pair{"driver \"terraform\" { backend \"consull\" {} }", "\"consul\""},
        pair{"log_level = \"warning\"", "\"WARN\""},
        pair{"log_level = \"ERROR\"", "\"ERR\""},
        pair{"syslog { facility = \"LOCAL33\" }", "\"LOCAL3\""},
        pair{"consul { on_acl_filtered = \"hol\" }", "\"hold\""},
        pair{"high_availability { cluster { name = \"c\" storage \"consl\" {} "
             "} }",
             "\"consul\""},
        pair{"high_availability { cluster { name = \"c\" failover { exclusive "
             "= \"instances\" } } }",
             "\"instance\""},
        pair{"consul { verify = true }", "inside of a block: tls"},
        pair{task_t("names = []"), "inside of a block: condition, module_"},
        pair{"high_availability { zzzzzz = 1 }",
             "known here: cluster, instance"},
        pair{"task = \"x\"", "write a block: task {"},
        pair{"port = 1 + 2", "expressions"},
        pair{"port = file(\"x\")", "expressions"},
        pair{"{ port = 1 }", "JSON"}})
    EXPECT_THAT(configuration{}.refuse(text).errors[0].hint, HasSubstr(hint))
      << text;
}

TEST(Diagnostic, NeverShowsASecret) {
  const auto texts = std::vector<std::string>{
    "consul { token = \"s3cr3t\" foo = 1 }",
    "consul { foo = 1 token = \"s3cr3t\" token = \"x\" }",
    "consul { token = [\"s3cr3t\", \"x\"] }",
    "consul { token = s3cr3t }",
    "consul { token \"s3cr3t\" }",
    "consul { token = \"s3cr3t }",
    "consul { auth { password = \"s3cr3t\" foo = 1 } }",
    "terraform_provider \"aws\" { zone = \"s3cr3t\" } foo = 1",
    "terraform_provider \"aws\" { zone = s3cr3t }",
    "terraform_provider \"aws\" { a { zone = \"s3cr3t\" + } }",
    "terraform_provider \"aws\" { zone = \"s3cr3t\" alias = 1 }",
    "terraform_provider \"aws\" { task_env { A = \"s3cr3t\" B = 1 } }",
    "driver \"terraform\" { backend \"s3\" { key = \"s3cr3t\" } foo = 1 }",
    "driver \"terraform\" { backend \"x\" { key = \"s3cr3t\" } }",
    "driver \"terraform-cloud\" { token = \"s3cr3t\" foo = 1 }",
    "vault { token = \"s3cr3t\" foo = 1 }",
    task_t("variables { a = \"s3cr3t\" } foo = 1"),
    "terraform_provider \"aws\" { zone = <<E\ns3cr3t\nE\n} foo = 1",
    "{\"consul\": {\"token\": \"s3cr3t\", \"foo\": 1}}",
    "{\"consul\": {\"token\": \"s3cr3t\", }}",
    "{\"consul\": {\"token\": s3cr3t}}",
    "{\"consul\": {\"token\": \"s3cr3t\": 1}}",
    "{\"consul\": {\"token\": \"s3cr3t: 1}}",
    "consul { tokn = \"s3cr3t\" }",
    "consul { auth { pasword = \"s3cr3t\" } }",
    "consul { address = \"http://u:s3cr3t@h:8500\" foo = 1 }",
    "consul { address = http://u:s3cr3t@h:8500 }",
    "consul { address = [\"http://u:s3cr3t@h:8500\", \"x\"] }",
    task_t("module = \"git::https://u:s3cr3t@h/m?ref=1\" foo = 1"),
    "consul { service_registration { default_check { address = "
    "\"http://u:s3cr3t@h{\" } } }",
  };
  for (const auto& text : texts)
    for (auto name : {"x.hcl", "x.json"}) {
      auto refused = configuration{}.refuse({{name, text}});
      for (const auto& each : refused.errors)
        EXPECT_THAT(print(each), Not(HasSubstr("s3cr3t"))) << text;
    }
}

TEST(Diagnostic, ShowsTheNamesOfAJsonFileThatCannotBeRead) {
  auto refused = configuration{}.refuse(
    {{"x.json", R"({"port": 1, "log": true, "id": "s3cr3t", "a" 2})"}});
  EXPECT_EQ(refused.errors[0].excerpt,
            "1 | {\"port\": 1, \"log\": true, \"id\": ***, *** 2}\n"
            "  |                                         ^");
}

TEST(Diagnostic, MasksSecretsAndKeepsTheCaretInPlace) {
  auto refused
    = configuration{}.refuse("consul { token = \"s3cr3t\" foo = 1 }");
  EXPECT_EQ(refused.errors[0].excerpt, "1 | consul { token = *** foo = 1 }\n"
                                       "  |                      ^^^");
}

TEST(Diagnostic, CutsLongLines) {
  auto padding = std::string(10'000, ' ');
  auto refused = configuration{}.refuse(padding + "foo = 1" + padding);
  const auto& excerpt = refused.errors[0].excerpt;
  EXPECT_LT(excerpt.size(), 400u);
  EXPECT_THAT(excerpt, HasSubstr("foo = 1"));
  EXPECT_THAT(excerpt, HasSubstr("^^^"));
}

TEST(Diagnostic, MasksSecretsInTheMiddleOfALongLine) {
  auto text = std::string{"consul { "};
  for (auto i = 0; i < 500; ++i)
    text += "token = \"s3cr3t\" foo" + std::to_string(i) + " = 1 ";
  auto refused = configuration{}.refuse(text + "}");
  ASSERT_EQ(refused.errors.size(), 500u);
  for (const auto& each : refused.errors) {
    EXPECT_THAT(print(each), Not(HasSubstr("s3cr3t")));
    EXPECT_THAT(each.excerpt, HasSubstr("token = *** foo"));
    EXPECT_THAT(each.excerpt, HasSubstr("^^^"));
  }
}

TEST(Diagnostic, DoesNotPassControlCharactersOn) {
  auto refused = configuration{}.refuse("foo = \"\x1b[31m\"");
  EXPECT_THAT(refused.errors[0].excerpt, Not(HasSubstr("\x1b")));
}

TEST(Describe, HidesSecretsOfTheConfiguration) {
  auto x = configuration{};
  auto value
    = x.accept("consul { token = \"s3cr3t\" auth { password = \"s3cr3t\" } }\n"
               "vault { token = \"s3cr3t\" address = \"http://u:s3cr3t@h\" }\n"
               "terraform_provider \"aws\" { zone = \"s3cr3t\" }\n"
               "driver \"terraform\" { backend \"s3\" { key = \"s3cr3t\" } }\n"
               + task_t("variables { a = \"\\\"s3cr3t\\\"\" } "
                        "module = \"git::https://u:s3cr3t@h/m\""))
        .value;
  auto text = describe(value);
  EXPECT_THAT(text, Not(HasSubstr("s3cr3t")));
  EXPECT_THAT(text, Not(HasSubstr("\n")));
  EXPECT_THAT(text, HasSubstr("Token:(redacted)"));
  EXPECT_THAT(text, HasSubstr("aws:(redacted)"));
  EXPECT_THAT(text, HasSubstr("Name:\"a\""));
}

} // namespace
} // namespace cts::config
