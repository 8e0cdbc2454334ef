#include "api/representation.hpp"

#include "tests/api/samples.hpp"

#include <gtest/gtest.h>

using namespace cts;
using namespace cts::api;
using namespace cts::tests;

namespace {

using namespace std::chrono_literals;

constexpr auto id = "13bb7bd3-7ca1-a54e-99af-9ef9dbf1d17b";

/// The task object alone.
std::string shown(config::task task) {
  auto body = task_body(view_of(std::move(task)), "i");
  const auto prefix = std::string_view{R"({"request_id":"i","task":)"};
  EXPECT_TRUE(body.starts_with(prefix));
  EXPECT_TRUE(body.ends_with("}\n"));
  return body.substr(prefix.size(), body.size() - prefix.size() - 2);
}

/// A task whose condition is `condition`, cut down to what belongs to it.
std::string shown_condition(config::condition condition) {
  const auto text = shown({.name = "t", .condition = std::move(condition)});
  const auto begin = text.find(R"("condition":)") + 12;
  return text.substr(begin, text.find(R"(,"description")") - begin);
}

std::string shown_inputs(config::task task) {
  const auto text = shown(std::move(task));
  const auto begin = text.find(R"("module_input":)") + 15;
  return text.substr(begin, text.find(R"(,"name":"t")") - begin);
}

} // namespace

TEST(Representation, ShowsATaskByteForByte) {
  EXPECT_EQ(
    task_body(
      view_of(
        {.name = "web-acl",
         .module = "./modules/web-acl",
         .condition = config::services_condition{.query = {.names = {"web"}}},
         .variables = {{"msg", value{"hi"}}}}),
      "bf8a7439-d4f7-b9f6-372e-93c4a5147b35"),
    R"({"request_id":"bf8a7439-d4f7-b9f6-372e-93c4a5147b35",)"
    R"("task":{"condition":{"services":{"cts_user_defined_meta":{},)"
    R"("datacenter":"","filter":"","names":["web"],"namespace":"",)"
    R"("use_as_module_input":true}},"description":"",)"
    R"("enabled":true,"module":"./modules/web-acl",)"
    R"("module_input":{},"name":"web-acl","providers":[],)"
    R"("variables":{"msg":"\"hi\""},"version":""}})"
    "\n");
}

TEST(Representation, ShowsTheTaskObjectWithEveryMember) {
  const auto task = config::task{
    .name = "t",
    .module = "m",
    .version = "1.0.0",
    .providers = {"b", "a"},
    .condition = config::no_condition{},
    .buffer_block = config::buffer_period_block{.enabled = true, .min = 90s},
    .workspace = {.execution_mode = "agent", .agent_pool_name = "p"},
    .terraform_version = "1.5"};
  EXPECT_EQ(shown(task),
            R"({"buffer_period":{"enabled":true,"min":"1m30s"},)"
            R"("condition":{},"description":"","enabled":true,"module":"m",)"
            R"("module_input":{},"name":"t","providers":["b","a"],)"
            R"("terraform_cloud_workspace":{"agent_pool_name":"p",)"
            R"("execution_mode":"agent"},"terraform_version":"1.5",)"
            R"("variables":{},"version":"1.0.0"})");
}

TEST(Representation, ShowsWhetherATaskIsEnabledNow) {
  auto view = view_of({.name = "t", .enabled = true});
  view.enabled = false;
  EXPECT_NE(task_body(view, id).find(R"("enabled":false)"), std::string::npos);
}

TEST(Representation, ShowsEachKindOfCondition) {
  EXPECT_EQ(shown_condition(config::no_condition{}), "{}");
  EXPECT_EQ(shown_condition(config::services_condition{
              .query = {.regexp = "^w",
                        .datacenter = "dc1",
                        .ns = "n",
                        .filter = "x > 1",
                        .cts_user_defined_meta = {{"k", "v"}}},
              .use_as_module_input = false}),
            R"({"services":{"cts_user_defined_meta":{"k":"v"},)"
            R"("datacenter":"dc1","filter":"x \u003e 1","namespace":"n",)"
            R"("regexp":"^w","use_as_module_input":false}})");
  EXPECT_EQ(shown_condition(config::catalog_services_condition{
              .regexp = ".*", .node_meta = {{"b", "2"}, {"a", "1"}}}),
            R"({"catalog_services":{"datacenter":"","namespace":"",)"
            R"("node_meta":{"a":"1","b":"2"},"regexp":".*",)"
            R"("use_as_module_input":true}})");
  EXPECT_EQ(shown_condition(config::consul_kv_condition{
              .query = {.path = "a/b", .recurse = true}}),
            R"({"consul_kv":{"datacenter":"","namespace":"","path":"a/b",)"
            R"("recurse":true,"use_as_module_input":true}})");
}

TEST(Representation, ShowsASwitchedOffBufferPeriodWithASchedule) {
  EXPECT_TRUE(
    shown({.name = "t", .condition = config::schedule_condition{"0 0 1 1 *"}})
      .starts_with(R"({"buffer_period":{"enabled":false,"max":"0s",)"
                   R"("min":"0s"},)"
                   R"("condition":{"schedule":{"cron":"0 0 1 1 *"}},)"));
}

TEST(Representation, ShowsModuleInputs) {
  EXPECT_EQ(
    shown_inputs({.name = "t",
                  .module_inputs
                  = {config::services_query{.names = {"web"}},
                     config::consul_kv_query{.path = "p", .recurse = false}}}),
    R"({"consul_kv":{"datacenter":"","namespace":"","path":"p",)"
    R"("recurse":false},"services":{"cts_user_defined_meta":{},)"
    R"("datacenter":"","filter":"","names":["web"],"namespace":""}})");
}

TEST(Representation, ShowsTheDeprecatedListOfServices) {
  const auto alone
    = R"({"services":{"names":["web"],"use_as_module_input":true}})";
  const auto of_list = config::services_condition{.query = {.names = {"web"}}};
  for (const auto& condition : {config::condition{config::no_condition{}},
                                config::condition{of_list}}) {
    const auto text
      = shown({.name = "t", .condition = condition, .services = {"web"}});
    EXPECT_NE(text.find(alone), std::string::npos) << text;
    EXPECT_NE(text.find(R"("module_input":{})"), std::string::npos) << text;
  }
  EXPECT_EQ(shown_inputs({.name = "t",
                          .condition = config::schedule_condition{"* * * * *"},
                          .services = {"web"}}),
            R"({"services":{"names":["web"]}})");
}

TEST(Representation, ShowsVariablesAsExpressions) {
  const auto text = shown(
    {.name = "t",
     .variables = {{"e", value{}},
                   {"b", value{true}},
                   {"n", value{number{"12345678901234567890.5"}}},
                   {"s", value{"a\"<\n"}},
                   {"l", value{list{value{number{"1"}}, value{"x"}}}},
                   {"o", value{object{{"k", value{"v"}}, {"j", value{}}}}}}});
  EXPECT_NE(text.find(R"("variables":{"b":"true","e":"null","l":"[1,\"x\"]",)"
                      R"("n":"12345678901234567890.5","o":"{\"j\":null,)"
                      R"(\"k\":\"v\"}","s":"\"a\\\"\\u003c\\n\""})"),
            std::string::npos)
    << text;
}

TEST(Representation, ListsTasksInTheirOrder) {
  EXPECT_EQ(
    task_list_body({}, id),
    R"({"request_id":"13bb7bd3-7ca1-a54e-99af-9ef9dbf1d17b","tasks":[]})"
    "\n");
  const auto text = task_list_body(
    {.tasks = {view_of({.name = "z"}), view_of({.name = "a"})}}, id);
  EXPECT_LT(text.find(R"("name":"z")"), text.find(R"("name":"a")"));
}

TEST(Representation, CountsTasks) {
  EXPECT_EQ(status_body(sample_tasks(), sample_events()),
            R"({"task_summary":{"status":{"successful":2,"errored":0,)"
            R"("critical":0,"unknown":1},"enabled":{"true":2,"false":1}}})"
            "\n");
  EXPECT_EQ(status_body({}, {}),
            R"({"task_summary":{"status":{"successful":0,"errored":0,)"
            R"("critical":0,"unknown":0},"enabled":{"true":0,"false":0}}})"
            "\n");
}

TEST(Representation, ShowsTheStatusOfTasksSortedByName) {
  const auto web = view_of({.name = "web", .enabled = true});
  const auto dns = view_of({.name = "dns",
                            .providers = {"z", "a"},
                            .enabled = false,
                            .services = {"s"}});
  const auto events = task_events{failure_of("web"), success_of("web")};
  EXPECT_EQ(
    task_status_body({{web, events}, {dns, {}}}, {.include_events = true}),
    R"({"dns":{"task_name":"dns","status":"unknown",)"
    R"("enabled":false,"events_url":"","providers":["z","a"],)"
    R"("services":["s"]},)"
    R"("web":{"task_name":"web","status":"errored","enabled":true,)"
    R"("events_url":"/v1/status/tasks/web?include=events",)"
    R"("events":[)"
    R"({"id":"6b3baa97-c90d-0c02-201b-b6cf86552f22",)"
    R"("success":false,"start_time":"2024-05-04T10:35:49Z",)"
    R"("end_time":"2024-05-04T10:36:49Z","task_name":"web",)"
    R"("error":{"message":"exit status 1\n\nError: a -\u003e b"},)"
    R"("config":{"providers":["dns.b","dns.a"],"services":[],)"
    R"("source":"/srv/modules/web-acl"}},)"
    R"({"id":"4fad294b-cd5a-8823-249f-906cd4263950","success":true,)"
    R"("start_time":"2024-05-04T10:30:49.045Z",)"
    R"("end_time":"2024-05-04T10:30:50Z","task_name":"web",)"
    R"("error":null,"config":{"providers":["local"],"services":[],)"
    R"("source":"/srv/modules/web-acl"}}],)"
    R"("providers":["dns.a","dns.b","local"],"services":[]}})"
    "\n");
}

TEST(Representation, LeavesEventsOutUnlessAskedFor) {
  const auto web = view_of({.name = "web"});
  const auto events = task_events{success_of("web")};
  const auto text = task_status_body({{web, events}}, {});
  EXPECT_EQ(text.find("\"events\":"), std::string::npos);
  EXPECT_NE(text.find("\"events_url\":\"/v1/"), std::string::npos);
  EXPECT_EQ(task_status_body({}, {}), "{}\n");
}

TEST(Representation, ShowsEventsInTheServersZone) {
  const auto web = view_of({.name = "web"});
  const auto events = task_events{success_of("web")};
  const auto text = task_status_body(
    {{web, events}}, {.include_events = true, .zone = [](wall_time) {
                        return std::chrono::seconds{2h};
                      }});
  EXPECT_NE(text.find("2024-05-04T12:30:50+02:00"), std::string::npos);
}

TEST(Representation, ShowsAnError) {
  EXPECT_EQ(error_body("a <b>", id),
            R"({"error":{"message":"a \u003cb\u003e"},)"
            R"("request_id":"13bb7bd3-7ca1-a54e-99af-9ef9dbf1d17b"})"
            "\n");
  EXPECT_EQ(error_body("x", {}), "{\"error\":{\"message\":\"x\"}}\n");
}
