#include "core/config/task_object.hpp"

#include "tests/core/config/config_fixture.hpp"

#include <random>

namespace cts::config {
namespace {

std::string problem_of(const std::string& json) {
  auto read = decode_task(json, {});
  return read ? "accepted" : read.error().message;
}

TEST(TaskObject, IsReadWithTheDefaultsOfTheConfiguration) {
  auto known = settings{};
  known.working_dir = "/srv/tasks";
  known.buffer_period = {.enabled = true,
                         .min = std::chrono::seconds{1},
                         .max = std::chrono::seconds{9}};
  auto x = decode_task(
    R"({"name":"a","module":"m","condition":{"services":{"names":["x"]}}})",
    known);
  ASSERT_TRUE(x);
  EXPECT_TRUE(x->enabled);
  EXPECT_EQ(x->working_dir, "/srv/tasks/a");
  EXPECT_EQ(x->buffer, known.buffer_period);
  EXPECT_TRUE(std::get<services_condition>(x->condition).use_as_module_input);
}

TEST(TaskObject, TakesTheTypesOfTheApi) {
  auto x = decode_task(
    R"({"name":"a","module":"m","condition":{"catalog_services":
        {"regexp":".*"}},"module_input":{"services":{"names":["x"]},
        "consul_kv":{"path":"p","recurse":true}}})",
    {});
  ASSERT_TRUE(x) << x.error().message;
  EXPECT_TRUE(std::holds_alternative<catalog_services_condition>(x->condition));
  ASSERT_EQ(x->module_inputs.size(), 2u);
}

TEST(TaskObject, MayBeWithoutACondition) {
  auto x = load_task(R"({"name":"a","module":"m","condition":{}})", {});
  ASSERT_TRUE(x) << x.error().message;
  EXPECT_TRUE(std::holds_alternative<no_condition>(x->value.condition));
  EXPECT_EQ(x->warnings.size(), 1u);
}

TEST(TaskObject, LosesMetadataThatIsNull) {
  auto x = decode_task(
    R"({"name":"a","module":"m","condition":{"services":{"names":["x"],
        "cts_user_defined_meta":{"a":"1","b":null}}}})",
    {});
  ASSERT_TRUE(x) << x.error().message;
  const auto& query = std::get<services_condition>(x->condition).query;
  EXPECT_EQ(query.cts_user_defined_meta,
            (std::map<std::string, std::string>{{"a", "1"}}));
}

TEST(TaskObject, IsRefusedInTheWordsOfTheReference) {
  EXPECT_EQ(problem_of(R"({"name":"","module":"m"})"),
            "unique name for the task is required");
  EXPECT_EQ(problem_of(R"({"name":"a b","module":""})"),
            "a task name must start with a letter or underscore and may "
            "contain only letters, digits, underscores, and dashes: \"a b\"");
  EXPECT_EQ(problem_of(R"({"name":"a","module":"m","condition":{"services":
                           {"names":[]}}})"),
            "error validating `condition \"services\"` block: either the "
            "regexp or names field must be configured");
  EXPECT_EQ(problem_of(R"({"name":"a","module":"m","buffer_period":
                           {"min":"-1s"}})"),
            "buffer_period: cannot be negative");
  EXPECT_EQ(problem_of(R"({"name":"a","module":"m",
                           "variables":{"x":"hi"}})"),
            "error initializing task a: :1,1-3: Variables not allowed; "
            "Variables may not be used here.");
}

TEST(TaskObject, IsRefusedIfItIsNoObject) {
  EXPECT_NE(problem_of("[1]"), "accepted");
  EXPECT_NE(problem_of("null"), "accepted");
  EXPECT_NE(problem_of("{"), "accepted");
  EXPECT_NE(problem_of(R"({"name":"a","module":"m","nonsense":1})"),
            "accepted");
}

TEST(TaskObject, IsWrittenWithoutWhatIsUsual) {
  auto known = settings{};
  auto x = task{.name = "a", .module = "m", .working_dir = "sync-tasks/a"};
  EXPECT_EQ(encode_task(x, known), R"({"module":"m","name":"a"})");
}

/// Every task of these configurations survives being written and read.
TEST(TaskObject, IsReadAsItWasWritten) {
  auto c = configuration{};
  c.files["v.tfvars"] = "from_file = { a = [1, \"x\"] }";
  auto settings = c.accept(R"(
working_dir = "elsewhere"
buffer_period { min = "2s" max = "7s" }
task { name = "plain" module = "./m" condition "services" { names = ["b", "a"] } }
task { name = "full" module = "m" version = "1.2.3" description = "d \"q\""
  enabled = false providers = ["aws.x"] variable_files = ["v.tfvars"]
  working_dir = "own" buffer_period { min = "3s" }
  variables = { text = "\"$${a} %%{b} \\\"\\n\"" n = "-1.50" none = "null"
    mixed = "[true, {\"k v\" = 2}]" }
  condition "services" { regexp = "^w" datacenter = "dc" namespace = "n"
    filter = "f" cts_user_defined_meta { a = "b" } use_as_module_input = false }
  module_input "consul-kv" { path = "p" recurse = true datacenter = "d" } }
task { name = "kv" module = "m" condition "consul-kv" { path = "p"
    use_as_module_input = false }
  module_input "services" { names = ["x"] } }
task { name = "catalog" module = "m" buffer_period { enabled = false }
  condition "catalog-services" { regexp = ".*" node_meta { a = "b" } } }
task { name = "old" module = "m" services = ["web"] }
task { name = "cron" module = "m" condition "schedule" { cron = "* * * * *" } }
task { name = "additions" module = "m" condition "services" { names = ["x"] }
  retry_failed = true run_timeout = "1m" hold_empty = true always_apply = false
  terraform_parallelism = 3 terraform_refresh = false apply_timeout = "2m"
  plan_timeout = "1s" renamed_from = "former"
  after_apply { command = ["a", "b c"] timeout = "5s" } }
)")
                    .value;
  ASSERT_EQ(settings.tasks.size(), 7u);
  for (const auto& x : settings.tasks) {
    auto text = encode_task(x, settings);
    auto again = decode_task(text, settings);
    ASSERT_TRUE(again) << text << ": " << again.error().message;
    EXPECT_EQ(*again, x) << text;
  }
}

std::string random_text(std::mt19937& random) {
  constexpr std::string_view letters = "a\"\\${%}\n\t\x01 ~[,:";
  auto text = std::string{};
  for (auto n = random() % 8; n > 0; --n)
    text += letters[random() % letters.size()];
  return text;
}

value random_value(std::mt19937& random, unsigned depth) {
  switch (random() % (depth == 0 ? 4 : 6)) {
    case 0: return {};
    case 1: return {random() % 2 == 0};
    case 2: return {number{std::to_string(random() % 1000)}};
    case 3: return {random_text(random)};
    case 4: {
      auto items = list{};
      for (auto n = random() % 4; n > 0; --n)
        items.push_back(random_value(random, depth - 1));
      return {items};
    }
    default: {
      auto members = object{};
      for (auto n = random() % 4; n > 0; --n)
        members[random_text(random)] = random_value(random, depth - 1);
      return {members};
    }
  }
}

TEST(TaskObjectProperty, KeepsEveryVariable) {
  auto random = std::mt19937{7};
  for (auto i = 0; i < 500; ++i) {
    auto x = task{.name = "a", .module = "m", .working_dir = "sync-tasks/a"};
    x.variables["v"] = random_value(random, 3);
    auto text = encode_task(x, {});
    auto again = decode_task(text, {});
    ASSERT_TRUE(again) << text << ": " << again.error().message;
    ASSERT_EQ(again->variables, x.variables) << text;
  }
}

} // namespace
} // namespace cts::config
