#include "api/route.hpp"

#include <gtest/gtest.h>

using namespace cts;
using namespace cts::api;

namespace {

struct route_case {
  const char* method;
  const char* target;
  route expected;
};

refused envelope(int status, std::string message,
                 std::optional<std::string> allow = std::nullopt) {
  return {.status = status,
          .body = refusal_body::envelope,
          .message = std::move(message),
          .allow = std::move(allow)};
}

refused empty_405(std::string allow) {
  return {.status = 405,
          .body = refusal_body::empty,
          .message = {},
          .allow = std::move(allow)};
}

refused wrong_method(const std::string& method, const std::string& api,
                     std::string allow) {
  const auto told = api == "task" ? "PATCH" : "GET";
  return envelope(405,
                  "'" + method + "' in an unsupported method. The " + api
                    + " API currently supports the method(s): '" + told + "'",
                  std::move(allow));
}

refused unsupported_path(const std::string& path) {
  return envelope(400, "unsupported path '" + path
                         + "'. request must be format 'path/{task-name}'. "
                           "task name cannot have '/ ' and api does not "
                           "support further resources");
}

const auto not_found = route{refused{}};
const auto all_tasks = route{read_task_status{}};
const auto no_name
  = envelope(400, "no task name was included in the api request. Updating a "
                  "task requires the task name: '/v1/tasks/:task_name'");
const auto any_method = std::string{"GET, PUT, PATCH, POST, DELETE"};
const auto task_methods = std::string{"GET, PATCH, DELETE"};

/// The table of section 2, row by row.
const auto table = std::vector<route_case>{
  {"GET", "/v1/health", read_health{}},
  {"GET", "/v1/health?x=1", read_health{}},
  {"GET", "/v1/health?verbose", read_health{.verbose = true}},
  {"POST", "/v1/health", empty_405("GET")},
  {"GET", "/v1/ready", read_ready{}},
  {"POST", "/v1/ready", empty_405("GET")},
  {"HEAD", "/v1/health", empty_405("GET")},
  {"GET", "/v1/health/", not_found},
  {"GET", "/v1/status", read_status{}},
  {"GET", "/v1/status/", read_status{}},
  {"GET", "/v1/status/whatever", read_status{}},
  {"GET", "/v1/status/tasksx", read_status{}},
  {"GET", "/v1/status/a/b", read_status{}},
  {"POST", "/v1/status", wrong_method("POST", "overallStatus", "GET")},
  {"PUT", "/v1/status/x", wrong_method("PUT", "overallStatus", "GET")},
  {"HEAD", "/v1/status", wrong_method("HEAD", "overallStatus", "GET")},
  {"POST", "/v1/status/cluster", wrong_method("POST", "overallStatus", "GET")},
  {"GET", "/v1/status/tasks", all_tasks},
  {"GET", "/v1/status/tasks/", all_tasks},
  {"GET", "/v1/status/tasks/t%31", read_task_status{.name = "t1"}},
  {"GET", "/v1/status/tasks/a/b", unsupported_path("/v1/status/tasks/a/b")},
  {"GET", "/v1/status/tasks/a/", unsupported_path("/v1/status/tasks/a/")},
  {"POST", "/v1/status/tasks", wrong_method("POST", "task status", "GET")},
  {"POST", "/v1/status/tasks/a/b", wrong_method("POST", "task status", "GET")},
  {"GET", "/v1/status/cluster", read_cluster{}},
  {"GET", "/v1/status/cluster?verbose=true", read_cluster{.verbose = true}},
  {"POST", "/v1/cluster/step-down", api::step_down{}},
  {"GET", "/v1/cluster/peer", read_peer{}},
  {"GET", "/v1/cluster/peer?hold", read_peer{.hold = true}},
  {"GET", "/v1/metrics", read_metrics{}},
  {"GET", "/v1/cluster/step-down",
   envelope(405,
            "'GET' in an unsupported method. The cluster API currently "
            "supports the method(s): 'POST'",
            "POST")},
  {"GET", "/v1/cluster", not_found},
  {"GET", "/v1/tasks", list_tasks{}},
  {"GET", "/v1/tasks?run=bogus", list_tasks{}},
  {"POST", "/v1/tasks", api::create_task{}},
  {"POST", "/v1/tasks?run=now", api::create_task{.run = task_run::now}},
  {"POST", "/v1/tasks?run=inspect", api::create_task{.run = task_run::inspect}},
  {"GET", "/v1/tasks/t%31", read_task{.name = "t1"}},
  {"GET", "/v1/tasks/a%2Fb", read_task{.name = "a/b"}},
  {"DELETE", "/v1/tasks/a?run=bogus", api::delete_task{.name = "a"}},
  {"PATCH", "/v1/tasks/a", update_task{.name = "a"}},
  {"PATCH", "/v1/tasks/a?run=INSPECT",
   update_task{.name = "a", .run = task_run::inspect}},
  {"PATCH", "/v1/tasks/a?run=now",
   update_task{.name = "a", .run = task_run::now}},
  {"PATCH", "/v1/tasks", no_name},
  {"PATCH", "/v1/tasks/", no_name},
  {"PATCH", "/v1/tasks/a/b", unsupported_path("/v1/tasks/a/b")},
  {"PUT", "/v1/tasks", wrong_method("PUT", "task", "GET, POST")},
  {"DELETE", "/v1/tasks", wrong_method("DELETE", "task", "GET, POST")},
  {"HEAD", "/v1/tasks", wrong_method("HEAD", "task", "GET, POST")},
  {"POST", "/v1/tasks/x", wrong_method("POST", "task", task_methods)},
  {"HEAD", "/v1/tasks/x", wrong_method("HEAD", "task", task_methods)},
  {"GET", "/v1/tasks/", wrong_method("GET", "task", "OPTIONS")},
  {"GET", "/v1/tasks/a/b", wrong_method("GET", "task", "OPTIONS")},
  {"OPTIONS", "/nothing", preflight{}},
  {"OPTIONS", "*", preflight{}},
  {"OPTIONS", "/v1/tasks", preflight{}},
  {"GET", "/v1/unknown", not_found},
  {"GET", "/v1/tasksx", not_found},
  {"GET", "/v1/statusx", not_found},
  {"GET", "/", not_found},
  {"GET", "/v1", not_found},
  {"GET", "/v1/", not_found},
  {"GET", "/status", not_found},
  {"GET", "/tasks", not_found},
  {"GET", "//v1/status", not_found},
  {"GET", "/v2/tasks", not_found},
  {"CONNECT", "host:80", not_found},
  {"PURGE", "/v1/tasks", empty_405(any_method)},
  {"PURGE", "/nothing", empty_405(any_method)},
  {"get", "/v1/tasks", empty_405(any_method)},
  {"GET", "/v1/tasks/%zz",
   envelope(400, "the request target '/v1/tasks/%zz' is no valid path; write "
                 "a percent sign as '%25'")},
};

} // namespace

TEST(Route, FollowsTheTable) {
  for (const auto& [method, target, expected] : table)
    EXPECT_TRUE(find_route(method, target) == expected)
      << method << " " << target;
}

TEST(Route, ReadsTheParametersOfAStatus) {
  const auto asked = read_task_status{.name = "a",
                                      .only = task_status::successful,
                                      .include_events = true,
                                      .verbose = true};
  EXPECT_TRUE(find_route("GET",
                         "/v1/status/tasks/a?include=events&status=SUCCESSFUL"
                         "&verbose=")
              == route{asked});
}

TEST(Route, RefusesWrongStatusParameters) {
  EXPECT_TRUE(
    find_route("GET", "/v1/status/tasks?status=FOO&include=x")
    == route{envelope(400, "unsupported status parameter value. only "
                           "supporting status values successful, errored, "
                           "critical, and unknown but got foo")});
  EXPECT_TRUE(find_route("GET", "/v1/status/tasks?status=a&status=b")
              == route{envelope(400, "cannot support more than one status "
                                     "query parameter, got status values: "
                                     "[a b]")});
}

TEST(Route, RefusesWrongIncludeParameters) {
  EXPECT_TRUE(find_route("GET", "/v1/status/tasks?include=Events")
              == route{envelope(400, "unsupported ?include parameter value. "
                                     "only supporting 'include=events' but "
                                     "got 'include=Events'")});
  EXPECT_TRUE(
    find_route("GET", "/v1/status/tasks?include=events&include=events")
    == route{envelope(400, "cannot support more than one include parameter, "
                           "got include values: [events events]")});
}

TEST(Route, RefusesWrongRunParametersOfACreation) {
  auto invalid = [](std::string message) {
    return route{refused{.status = 400,
                         .body = refusal_body::validator,
                         .message = std::move(message)}};
  };
  EXPECT_TRUE(find_route("POST", "/v1/tasks?run=")
              == invalid("parameter \"run\" in query has an error: empty "
                         "value is not allowed"));
  EXPECT_TRUE(find_route("POST", "/v1/tasks?run=NOW")
              == invalid("parameter \"run\" in query has an error: value is "
                         "not one of the allowed values "
                         "[\"now\",\"inspect\"]"));
  EXPECT_TRUE(find_route("POST", "/v1/tasks?run=now&run=inspect")
              == invalid("Invalid format for parameter run: multiple values "
                         "for single value parameter 'run'"));
}

TEST(Route, RefusesWrongRunParametersOfAnUpdate) {
  EXPECT_TRUE(find_route("PATCH", "/v1/tasks/a?run=BOGUS")
              == route{envelope(400, "unsupported run parameter value. only "
                                     "supporting run values now and inspect "
                                     "but got bogus")});
  EXPECT_TRUE(find_route("PATCH", "/v1/tasks/a?run=")
              == route{envelope(400, "unsupported run parameter value. only "
                                     "supporting run values now and inspect "
                                     "but got ")});
  EXPECT_TRUE(find_route("PATCH", "/v1/tasks/a?run=now&run=inspect")
              == route{envelope(400, "cannot support more than one run query "
                                     "parameter, got run values: "
                                     "[now inspect]")});
}

TEST(Route, IsLoggedBelowV1ButForHealthAndOptions) {
  EXPECT_TRUE(is_logged("GET", "/v1/tasks?a=b"));
  EXPECT_TRUE(is_logged("GET", "/v1/unknown"));
  EXPECT_TRUE(is_logged("GET", "/v1/health/"));
  EXPECT_FALSE(is_logged("GET", "/v1/health"));
  EXPECT_FALSE(is_logged("GET", "/v1/ready"));
  EXPECT_FALSE(is_logged("GET", "/v1/metrics"));
  EXPECT_FALSE(is_logged("GET", "/v1/cluster/peer?hold"));
  EXPECT_TRUE(is_logged("POST", "/v1/cluster/step-down"));
  EXPECT_FALSE(is_logged("POST", "/v1/health?x=1"));
  EXPECT_FALSE(is_logged("OPTIONS", "/v1/tasks"));
  EXPECT_FALSE(is_logged("GET", "/v1"));
  EXPECT_FALSE(is_logged("GET", "/v1/"));
  EXPECT_FALSE(is_logged("GET", "/tasks"));
}
