#include "api/task_request.hpp"

#include <gtest/gtest.h>

// Sections 10.2, 11.8 and 11.9 of the chapter.

using namespace cts;
using namespace cts::api;

namespace {

api_request request_with(std::string body,
                         std::string type = "application/json") {
  auto request = api_request{.method = "POST", .target = "/v1/tasks"};
  if (!type.empty())
    request.fields = {{"content-type", std::move(type)}};
  request.body = std::move(body);
  return request;
}

/// What is wrong with a body, without what all such texts begin with.
std::string problem_of(const std::string& body) {
  const auto read = read_task_request(request_with(body));
  const auto* wrong = std::get_if<refused>(&read);
  if (wrong == nullptr)
    return "accepted";
  EXPECT_EQ(wrong->status, 400);
  EXPECT_EQ(wrong->body, refusal_body::validator);
  auto text = wrong->message;
  for (const auto* prefix :
       {"request body has an error: ",
        "doesn't match schema #/components/schemas/TaskRequest: "})
    if (text.starts_with(prefix))
      text = text.substr(std::string_view{prefix}.size());
  return text;
}

std::string with(const std::string& members) {
  return R"({"task":{"name":"n","module":"m","condition":{})" + members + "}}";
}

task_request accepted(const std::string& body) {
  auto read = read_task_request(request_with(body));
  if (auto* wrong = std::get_if<refused>(&read)) {
    ADD_FAILURE() << wrong->message;
    return {};
  }
  return std::get<task_request>(read);
}

/// The status and the text of a task that makes no sense.
std::string refusal_of(const std::string& members,
                       task_run run = task_run::none) {
  auto body = R"({"task":{"name":"n","module":"m")" + members + "}}";
  auto task = task_of(accepted(body), {}, run);
  const auto* wrong = std::get_if<refused>(&task);
  return wrong == nullptr
           ? "accepted"
           : std::to_string(wrong->status) + " " + wrong->message;
}

std::string enabled_of(const std::string& body) {
  auto read = read_enabled(body);
  if (auto* wrong = std::get_if<refused>(&read))
    return wrong->message;
  return std::get<bool>(read) ? "true" : "false";
}

} // namespace

TEST(TaskRequest, NeedsABodyOfJson) {
  EXPECT_EQ(problem_of(""), "value is required but missing");
  EXPECT_EQ(problem_of("{"), "failed to decode request body: unexpected EOF");
  EXPECT_EQ(problem_of("x"),
            "failed to decode request body: invalid character 'x' looking for "
            "beginning of value");
  EXPECT_EQ(problem_of(with("") + " what follows is ignored"), "accepted");
}

TEST(TaskRequest, NeedsItsContentType) {
  auto message = [](std::string type) {
    const auto read = read_task_request(request_with(with(""), type));
    const auto* wrong = std::get_if<refused>(&read);
    return wrong == nullptr ? "accepted" : wrong->message;
  };
  EXPECT_EQ(message(""), "request body has an error: header Content-Type has "
                         "unexpected value \"\"");
  EXPECT_EQ(message("text/plain"), "request body has an error: header "
                                   "Content-Type has unexpected value "
                                   "\"text/plain\"");
  EXPECT_EQ(message("Application/JSON; charset=utf-8"), "accepted");
}

TEST(TaskRequest, ObeysItsSchema) {
  EXPECT_EQ(problem_of("{}"),
            "Error at \"/task\": property \"task\" is missing");
  EXPECT_EQ(problem_of("[]"), "value must be an object");
  EXPECT_EQ(problem_of(R"({"task":{"name":"n","module":true,"condition":{}}})"),
            "Error at \"/task/module\": value must be a string");
  EXPECT_EQ(problem_of(with(R"(,"bogus":1)")),
            "Error at \"/task\": property \"bogus\" is unsupported");
  EXPECT_EQ(problem_of(R"({"task":{"name":"n","module":"m","condition":{}},)"
                       R"("x":1})"),
            "property \"x\" is unsupported");
  EXPECT_EQ(problem_of(R"({"task":{"name":5,"module":true,"condition":[]}})"),
            "Error at \"/task/condition\": value must be an object");
  EXPECT_EQ(problem_of(R"({"task":{"condition":{}}})"),
            "Error at \"/task/name\": property \"name\" is missing");
  EXPECT_EQ(problem_of(with(R"(,"providers":["a",1])")),
            "Error at \"/task/providers/1\": value must be a string");
  EXPECT_EQ(problem_of(with(R"(,"providers":"a")")),
            "Error at \"/task/providers\": value must be an array");
  EXPECT_EQ(problem_of(with(R"(,"variables":{"v":1})")),
            "Error at \"/task/variables/v\": value must be a string");
  EXPECT_EQ(problem_of(with(R"(,"description":null)")),
            "Error at \"/task/description\": Value is not nullable");
  EXPECT_EQ(problem_of(with(R"(,"enabled":1)")),
            "Error at \"/task/enabled\": value must be a boolean");
}

TEST(TaskRequest, ObeysTheSchemasOfConditionsAndInputs) {
  auto condition = [](const std::string& content) {
    return problem_of(R"({"task":{"name":"n","module":"m","condition":)"
                      + content + "}}");
  };
  EXPECT_EQ(condition(R"({"services":{"names":[""],"x":1}})"),
            "Error at \"/task/condition/services\": property \"x\" is "
            "unsupported");
  EXPECT_EQ(condition(R"({"consul-kv":{"path":"p"}})"),
            "Error at \"/task/condition\": property \"consul-kv\" is "
            "unsupported");
  EXPECT_EQ(condition(R"({"consul_kv":{}})"),
            "Error at \"/task/condition/consul_kv/path\": property \"path\" "
            "is missing");
  EXPECT_EQ(condition(R"({"services":{"names":["a"],)"
                      R"("cts_user_defined_meta":{"a":null}}})"),
            "accepted");
  EXPECT_EQ(condition(R"({"catalog_services":{"regexp":"a",)"
                      R"("node_meta":{"a":null}}})"),
            "Error at \"/task/condition/catalog_services/node_meta/a\": Value "
            "is not nullable");
  EXPECT_EQ(problem_of(with(R"(,"module_input":{"schedule":{}})")),
            "Error at \"/task/module_input\": property \"schedule\" is "
            "unsupported");
}

TEST(TaskRequest, GetsTheDefaultsOfItsSchema) {
  const auto read
    = accepted(R"({"task":{"name":"n","module":"m","enabled":null,"condition":)"
               R"({"consul_kv":{"path":"p","recurse":null}}}})");
  EXPECT_NE(read.object.find(R"("enabled":true)"), std::string::npos);
  EXPECT_NE(read.object.find(R"("recurse":false)"), std::string::npos);
  EXPECT_EQ(read.sent,
            (std::set<std::string>{"condition", "enabled", "module", "name"}));
}

TEST(TaskRequest, IsRefusedIfTheTaskMakesNoSense) {
  EXPECT_EQ(refusal_of(R"(,"condition":{},"buffer_period":{"min":"abc"})"),
            "400 error with task configuration: time: invalid duration "
            "\"abc\"");
  EXPECT_EQ(refusal_of(R"(,"condition":{"services":{"names":[]}})"),
            "500 error validating `condition \"services\"` block: either the "
            "regexp or names field must be configured");
  EXPECT_EQ(
    refusal_of(R"(,"condition":{"services":{"names":[]}})", task_run::inspect),
    "400 error validating `condition \"services\"` block: either the "
    "regexp or names field must be configured");
  EXPECT_EQ(refusal_of(R"(,"condition":{"services":{"names":["x"]}},)"
                       R"("module_input":{"services":{"names":["y"]}})"),
            "500 task's condition block and module_input block both monitor "
            "\"services\" variable type. condition and module_input variable "
            "type must be unique");
  EXPECT_EQ(refusal_of(R"(,"condition":{},"module_input":{"services":{}})"),
            "500 error validating `module_input \"services\"`: either the "
            "regexp or names field must be configured");
  EXPECT_TRUE(refusal_of(R"(,"condition":{"schedule":{"cron":"bogus"}})")
                .starts_with("500 unable to parse schedule condition's cron "
                             "config \"bogus\": "));
  EXPECT_TRUE(refusal_of(R"(,"condition":{"schedule":{"cron":"* * * * *"},)"
                         R"("services":{"names":["x"]}})")
                .starts_with("400 "));
  EXPECT_EQ(refusal_of(R"(,"condition":{},"terraform_version":"1")"),
            "500 unsupported configuration 'terraform_version' for task "
            "\"n\". This option is available for Consul-Terraform-Sync "
            "Enterprise when using the Terraform Cloud driver, or configure "
            "the Terraform client version within the Terraform driver block");
}

TEST(TaskRequest, BecomesATaskOfTheConfiguration) {
  const auto task = task_of(
    accepted(with(R"(,"buffer_period":{"min":"2s"},"enabled":false)")), {},
    task_run::none);
  ASSERT_TRUE(std::holds_alternative<wanted_task>(task));
  const auto& wanted = std::get<wanted_task>(task);
  EXPECT_FALSE(wanted.configuration->enabled);
  EXPECT_EQ(wanted.configuration->buffer.max, std::chrono::seconds{8});
  EXPECT_EQ(wanted.configuration->working_dir, "sync-tasks/n");
  EXPECT_EQ(wanted.warnings.size(), 1u); // it has no condition
}

TEST(UpdateRequest, TakesWhateverMeansTrueOrFalse) {
  EXPECT_EQ(enabled_of(R"({"Enabled":true})"), "true");
  EXPECT_EQ(enabled_of(R"({"enabled":false})"), "false");
  EXPECT_EQ(enabled_of(R"({"enabled":"true"})"), "true");
  EXPECT_EQ(enabled_of(R"({"enabled":"F"})"), "false");
  EXPECT_EQ(enabled_of(R"({"enabled":""})"), "false");
  EXPECT_EQ(enabled_of(R"({"enabled":0})"), "false");
  EXPECT_EQ(enabled_of(R"({"enabled":2.5})"), "true");
}

TEST(UpdateRequest, IsRefusedIfItSaysAnythingElse) {
  constexpr auto missing
    = "/v1/tasks/:task_name currently only supports the 'enabled' field. "
      "Missing 'enabled' from the request body";
  EXPECT_EQ(enabled_of("{}"), missing);
  EXPECT_EQ(enabled_of(R"({"enabled":null})"), missing);
  EXPECT_EQ(enabled_of(R"({"enabled":true,"foo":1,"bar":2})"),
            "request body's JSON contains unsupported keys: bar, foo");
  EXPECT_EQ(enabled_of(R"({"enabled":"maybe"})"),
            "1 error(s) decoding:\n\n* cannot parse 'enabled' as bool: "
            "strconv.ParseBool: parsing \"maybe\": invalid syntax");
  EXPECT_EQ(enabled_of(R"({"enabled":[]})"),
            "1 error(s) decoding:\n\n* 'enabled' expected type 'bool', got "
            "unconvertible type '[]interface {}', value: '[]'");
  for (const auto* body : {"", "[", "[1]", "nonsense"})
    EXPECT_NE(enabled_of(body), "true") << body;
}
