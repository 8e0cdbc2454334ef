#include "tests/core/config/config_fixture.hpp"

// Acceptance checks 62 to 84 and 92 to 104 of the configuration chapter: tasks,
// conditions, module inputs, variables, services.

namespace cts::config {
namespace {

struct refused_case {
  int number;
  std::string text;
  std::string message;
  stage found = stage::validate;
};

const refused_case refused_cases[] = {
  {62, task_t("providers = [\"aws.a\",\"aws.b\"]"),
   "only one provider instance per task"},
  {63, "task { module = \"m\" }", "unique name for the task is required"},
  {64, "task { name = \"1a\" module = \"m\" }",
   "a task name must start with a letter or underscore and may contain only "
   "letters, digits, underscores, and dashes: \"1a\""},
  {65, task_t() + task_t(), "duplicate task name: a"},
  {66, "task { name = \"a\" }", "module for the task is required"},
  {69, task_t("services = [\"y\"]"),
   "task's `services` field and `condition 'services'` block both monitor "
   "\"services\" variable type. only one of these can be configured per "
   "task"},
  {72, task_with("condition \"services\" { names=[\"x\"] foo=1 bar=2 }"),
   "1 error(s) decoding:\n\n* error decoding 'task[0].condition': invalid "
   "keys: bar, foo",
   stage::build},
  {73, task_with("condition \"services\" {}"),
   "error validating `condition \"services\"` block: either the regexp or "
   "names field must be configured"},
  {73, task_with("condition \"services\" { names=[\"a\"] regexp=\"b\" }"),
   "error validating `condition \"services\"` block: regexp and names fields "
   "cannot both be unconfigured. If both are needed, consider including the "
   "list of names as part of the regex or creating separate tasks"},
  {73, task_with("condition \"services\" { names=[\"\"] }"),
   "error validating `condition \"services\"` block: names field includes "
   "empty string(s). services names cannot be empty"},
  {75, task_with("condition \"services\" { regexp = \"(\" }"),
   "error validating `condition \"services\"` block: unable to compile "
   "services regexp: error parsing regexp: missing closing ): `(`"},
  {76, task_with("condition \"catalog-services\" {}"),
   "catalog-services 'regexp' field must be set"},
  {76, task_with("condition \"catalog-services\" { regexp = \"*\" }"),
   "unable to compile catalog-services 'regexp': error parsing regexp: "
   "missing "
   "argument to repetition operator: `*`"},
  {77, task_with("condition \"consul-kv\" {}"),
   "path is required for consul-kv condition"},
  {78, task_with("condition \"schedule\" { cron = \"foo\" }"),
   "unable to parse schedule condition's cron config \"foo\": missing "
   "field(s). for more information on writing cron expressions, see "
   "https://github.com/hashicorp/cronexpr"},
  {78, task_with("condition \"schedule\" { }"),
   "cron config is required for schedule condition"},
  {80, task_t("module_input \"services\" { names = [\"y\"] }"),
   "task's condition block and module_input block both monitor \"services\" "
   "variable type. condition and module_input variable type must be unique"},
  {81,
   task_t("module_input \"consul-kv\" { path = \"a\" } module_input "
          "\"consul-kv\" { path = \"b\" }"),
   "more than one 'module_input' block for the \"consul_kv\" variable. "
   "variable types must be unique"},
  {81, task_t("module_input \"consul-kv\" { }"),
   "path is required for consul-kv condition"},
  {81, task_with("module_input \"services\" { regexp = \"(\" }"),
   "error validating `module_input \"services\"`: unable to compile services "
   "regexp: error parsing regexp: missing closing ): `(`"},
  {81,
   task_with("services = [\"y\"] module_input \"services\" { names = [\"x\"] "
             "}"),
   "task's `services` field and `module_input 'services'` block both monitor "
   "\"services\" variable type. only one of these can be configured per "
   "task"},
  {83,
   task_with("source_input \"services\" { names=[\"x\"] } module_input "
             "\"services\" { names=[\"y\"] }"),
   "more than one 'module_input' block for the \"services\" variable. "
   "variable "
   "types must be unique"},
  {95, "service { name=\"a\" }\nservice { name=\"a\" }",
   "unique service IDs are required: a"},
  {95, "service { }\nservice { }",
   "logical name for the Consul service is required"},
  {96, "service { name=\"a\" tag=\"b\" }",
   "'x.hcl' has invalid keys: service[0].tag", stage::build},
  {99, "log_level = WARN", "At 1:13: Unknown token: 1:13 IDENT WARN",
   stage::build},
  {103, "syslog { name = \"n\" facility = \"bogus\" }",
   "error setting up syslog logger: invalid syslog facility: BOGUS",
   stage::logging},
  {104,
   "task { name = \"1a\" module = \"m\" }\n"
   "driver \"terraform\" { backend \"x\" {} }",
   "unsupported Terraform backend by Sync \"x\""},
};

TEST(ConfigAcceptance, RefusesTasksInTheReferencesWords) {
  auto x = configuration{};
  for (const auto& each : refused_cases) {
    auto refused = x.refuse(each.text);
    EXPECT_EQ(refused.errors.front().message, each.message) << each.number;
    EXPECT_EQ(refused.errors.front().where_found, each.found) << each.number;
    EXPECT_TRUE(refused.errors.front().range) << each.number;
  }
}

TEST(ConfigAcceptance, NamesTheValidTypesOfAConditionOrInput) { // 70, 71, 82
  auto starts = [](const std::string& text, const std::string& expected) {
    auto message = configuration{}.first_error(text);
    auto prefix = "1 error(s) decoding:\n\n* " + expected;
    EXPECT_EQ(message.substr(0, prefix.size()), prefix);
  };
  starts(task_with("condition \"nope\" {}"),
         "error decoding 'task[0].condition': unsupported condition type:");
  starts(task_t("condition \"schedule\" { cron = \"@daily\" }"),
         "error decoding 'task[0].condition': expected only one item in hcl "
         "condition but got 2:");
  starts(task_t("module_input \"catalog-services\" {}"),
         "error decoding 'task[0].module_input[0]': unsupported module_input "
         "type:");
  starts(task_with("condition { names = [\"x\"] }"),
         "error decoding 'task[0].condition': unsupported condition type:");
}

TEST(ConfigAcceptance, WarnsOfATaskWithoutCondition) { // 67
  auto warnings
    = configuration{}.accept("task { name = \"a\" module = \"m\" }").warnings;
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0].message,
            "task \"a\" has no condition and will run only once at startup");
}

TEST(ConfigAcceptance, PrefersModuleToSource) { // 68
  auto outcome = configuration{}.accept(
    "task { name = \"a\" source = \"s\" module = \"mm\" condition "
    "\"services\" { names = [\"x\"] } }");
  EXPECT_EQ(outcome.value.tasks[0].module, "mm");
  EXPECT_EQ(outcome.warnings.size(), 2u);
}

TEST(ConfigAcceptance, LetsAnEmptyRegexpMatchEverything) { // 74
  auto task = configuration{}
                .accept(task_with("condition \"services\" { regexp = \"\" }"))
                .value.tasks[0];
  EXPECT_EQ(std::get<services_condition>(task.condition).query.regexp, "");
}

TEST(ConfigAcceptance, ReadsSeveralInputsFromOneJsonObject) { // 84
  auto task = configuration{}
                .accept({{"x.json", R"({"task": {"name": "a", "module": "m",
            "module_input": {"services": {"names": ["x"]},
                             "consul-kv": {"path": "p"}}}})"}})
                .value.tasks[0];
  EXPECT_EQ(task.module_inputs.size(), 2u);
}

TEST(ConfigAcceptance, KeepsDescriptionsVerbatim) { // 97, 98
  auto description = [](const std::string& text) {
    return configuration{}
      .accept(task_t("description = " + text))
      .value.tasks[0]
      .description;
  };
  EXPECT_EQ(description("\"${var.foo} \\\"q\\\" \\u00e9\""),
            "${var.foo} \"q\" é");
  EXPECT_EQ(description("<<-EOF\n    l1\n      l2\n    EOF\n"), "l1\n  l2\n");
}

TEST(ConfigAcceptance, JoinsRepeatedServices) { // 100
  auto task = configuration{}
                .accept(task_with("services = [\"x\"] services = [\"x\"]"))
                .value.tasks[0];
  EXPECT_EQ(task.services, (std::vector<std::string>{"x", "x"}));
}

TEST(ConfigAcceptance, IgnoresAnEmptyTask) { // 101
  auto outcome = configuration{}.accept("task {}");
  EXPECT_TRUE(outcome.value.tasks.empty());
  EXPECT_EQ(outcome.warnings.size(), 1u);
}

} // namespace
} // namespace cts::config
