#include "api/api.hpp"

#include "actors/log.hpp"
#include "tests/api/fakes.hpp"
#include "tests/support/sim_fixture.hpp"

#include <gmock/gmock.h>

using namespace cts;
using namespace cts::tests;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

using namespace std::chrono_literals;

constexpr auto known_id
  = R"("request_id":"00000000-0000-4000-8000-000000000001")";

class ApiActor : public cafx::sim_fixture {
protected:
  ApiActor() {
    log::set_sink([this](const log::line& line) {
      auto text = std::string{line.sentence};
      for (const auto& [key, content] : line.fields)
        text += " " + std::string{key} + "=" + content;
      lines.push_back(text);
    });
    tasks = cafx::spawn_state<fake_manager>(sys, played);
    events = cafx::spawn_state<fake_store>(sys, played);
    api = api::make_api(self.ptr(),
                        {.random = [this] { return random++ % 2; },
                         .clock = [] { return sample_time; },
                         .settings = std::make_shared<config::settings>()},
                        {.tasks = tasks, .events = events});
    run();
  }

  ~ApiActor() override { log::set_sink({}); }

  void TearDown() override {
    stop(api);
    stop(tasks);
    stop(events);
    sim_fixture::TearDown();
  }

  api_reply request(std::string method, std::string target,
                    duration span = duration{0}) {
    auto reply = ask_for<api_reply>(span, api,
                                    api_request{.method = std::move(method),
                                                .target = std::move(target),
                                                .host = "h:1",
                                                .remote = "127.0.0.1:9"});
    return reply ? *reply : api_reply{.status = 0};
  }

  api_reply get(std::string target) {
    return request("GET", std::move(target));
  }

  script_ptr played = std::make_shared<script>();
  std::vector<std::string> lines{};
  std::uint64_t random = 0;
  task_manager_actor tasks{};
  state_store_actor events{};
  api_actor api{};
};

const auto json_only = headers{{"Content-Type", "application/json"}};

} // namespace

TEST_F(ApiActor, IsHealthyWithoutAskingAnybody) {
  const auto reply = get("/v1/health");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "{}\n");
  EXPECT_EQ(reply.fields, json_only);
  EXPECT_EQ(played->questions, 0);
}

TEST_F(ApiActor, TellsWhatItDoesIfAskedForItsHealth) {
  played->tasks->tasks[0].phase = task_phase::running;
  played->events->erase("task_old");
  EXPECT_EQ(get("/v1/health?verbose").body,
            R"({"ready":false,"tasks_by_state":{"initializing":2,"running":1},)"
            R"("waiting_for_first_run":["task_old"]})"
            "\n");
}

TEST_F(ApiActor, IsReadyWhenEachEnabledTaskHasRun) {
  EXPECT_EQ(get("/v1/ready").status, 200);
  played->events->clear();
  const auto reply = get("/v1/ready");
  EXPECT_EQ(reply.status, 503);
  EXPECT_THAT(reply.body,
              HasSubstr("these tasks have not run yet: task_a, task_old\""));
}

TEST_F(ApiActor, TellsWhatATaskDoesIfAskedTo) {
  played->tasks->tasks[0].phase = task_phase::queued;
  played->tasks->tasks[0].due = true;
  EXPECT_THAT(get("/v1/status/tasks/task_a?verbose").body,
              EndsWith(R"("services":[],"state":"queued","due":true}})"
                       "\n"));
  EXPECT_THAT(get("/v1/status/tasks/task_a").body,
              EndsWith("\"services\":[]}}\n"));
}

TEST_F(ApiActor, RefusesOtherMethodsOnHealth) {
  const auto reply = request("POST", "/v1/health");
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(reply.fields, (headers{{"Allow", "GET"}}));
}

TEST_F(ApiActor, CountsTheStatuses) {
  const auto expected
    = R"({"task_summary":{"status":{"successful":2,"errored":0,)"
      R"("critical":0,"unknown":1},"enabled":{"true":2,"false":1}}})"
      "\n";
  EXPECT_EQ(get("/v1/status").body, expected);
  EXPECT_EQ(get("/v1/status/whatever").body, expected);
}

TEST_F(ApiActor, GivesA405ItsTextAndTheMethods) {
  const auto reply = request("POST", "/v1/status");
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.body,
            R"({"error":{"message":"'POST' in an unsupported method. The )"
            R"(overallStatus API currently supports the method(s): 'GET'"},)"
              + std::string{known_id} + "}\n");
  EXPECT_EQ(reply.fields,
            (headers{{"Content-Type", "application/json"}, {"Allow", "GET"}}));
}

TEST_F(ApiActor, ShowsTheStatusOfAllTasks) {
  const auto body = get("/v1/status/tasks").body;
  EXPECT_THAT(
    body, HasSubstr(R"("task_a":{"task_name":"task_a","status":"successful")"));
  EXPECT_THAT(
    body, HasSubstr(R"("task_dis":{"task_name":"task_dis","status":"unknown",)"
                    R"("enabled":false,"events_url":"")"));
  EXPECT_THAT(body, testing::Not(HasSubstr("\"events\":")));
  EXPECT_THAT(body, testing::Not(HasSubstr("deleted")));
}

TEST_F(ApiActor, IncludesEventsIfAskedFor) {
  EXPECT_THAT(get("/v1/status/tasks?include=events").body,
              HasSubstr(R"("error":null)"));
}

TEST_F(ApiActor, ShowsTheStatusOfOneTask) {
  const auto body = get("/v1/status/tasks/task_a").body;
  EXPECT_THAT(body, HasSubstr("\"task_a\":"));
  EXPECT_THAT(body, testing::Not(HasSubstr("task_dis")));
}

TEST_F(ApiActor, AppliesTheStatusFilter) {
  const auto found = get("/v1/status/tasks?status=SUCCESSFUL").body;
  EXPECT_THAT(found, HasSubstr("\"task_a\":"));
  EXPECT_THAT(found, HasSubstr("\"task_old\":"));
  EXPECT_THAT(found, testing::Not(HasSubstr("task_dis")));
  EXPECT_EQ(get("/v1/status/tasks/task_a?status=errored").body, "{}\n");
  EXPECT_EQ(get("/v1/status/tasks/task_dis?status=errored").body, "{}\n");
}

TEST_F(ApiActor, KnowsNoSuchTask) {
  for (const auto& [method, target] :
       {std::pair{"GET", "/v1/status/tasks/nope"},
        std::pair{"GET", "/v1/tasks/nope"}}) {
    random = 0;
    const auto reply = request(method, target);
    EXPECT_EQ(reply.status, 404) << target;
    EXPECT_EQ(reply.body,
              R"({"error":{"message":"a task with name 'nope' does not )"
              R"(exist or has not been initialized yet"},)"
                + std::string{known_id} + "}\n");
  }
}

TEST_F(ApiActor, HasNoClusterWithoutHighAvailability) {
  const auto reply = get("/v1/status/cluster");
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.body,
            R"({"error":{"message":"this endpoint is only available with )"
            R"(high availability configured"},)"
              + std::string{known_id} + "}\n");
}

TEST_F(ApiActor, ListsAndShowsTasks) {
  const auto list = get("/v1/tasks").body;
  EXPECT_THAT(list, HasSubstr(R"("condition":{"services":{"names":["web"],)"
                              R"("use_as_module_input":true}})"));
  EXPECT_THAT(list, testing::Not(HasSubstr("buffer_period")));
  EXPECT_LT(list.find("task_a"), list.find("task_dis"));
  EXPECT_LT(list.find("task_dis"), list.find("task_old"));
  random = 0;
  EXPECT_EQ(get("/v1/tasks/task_a").body,
            "{" + std::string{known_id}
              + R"(,)"
                R"("task":{"condition":{"services":{"cts_user_defined_meta")"
                R"(:{},"datacenter":"","filter":"","names":["web","api"],)"
                R"("namespace":"","use_as_module_input":true}},)"
                R"("description":"first","enabled":true,)"
                R"("module":"./modules/web-acl","module_input":{},)"
                R"("name":"task_a","providers":[],"variables":{},)"
                R"("version":""}})"
                "\n");
}

TEST_F(ApiActor, HasNothingToShowWithoutTasks) {
  played->tasks = task_views{};
  EXPECT_EQ(get("/v1/tasks").body,
            "{" + std::string{known_id} + ",\"tasks\":[]}\n");
  EXPECT_EQ(get("/v1/status/tasks").body, "{}\n");
}

TEST_F(ApiActor, AnswersUnknownPathsAsPlainText) {
  const auto reply = get("/status");
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.body, "404 page not found\n");
  EXPECT_EQ(reply.fields.front(),
            (std::pair<std::string, std::string>{"Content-Type",
                                                 "text/plain; charset=utf-8"}));
}

TEST_F(ApiActor, AnswersOptionsWithNothing) {
  const auto reply = request("OPTIONS", "/nothing");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "");
  EXPECT_THAT(reply.fields, IsEmpty());
}

TEST_F(ApiActor, LogsARequestOnArrivalAndWhenComplete) {
  get("/v1/tasks?x=1");
  const auto id = "request_id=00000000-0000-4000-8000-000000000001";
  EXPECT_THAT(lines, ElementsAre("received request " + std::string{id}
                                   + " time=2024-05-04T10:30:49.000Z "
                                     "remote_ip=127.0.0.1:9 uri=/v1/tasks?x=1 "
                                     "method=GET host=h:1",
                                 "request complete " + std::string{id}
                                   + " duration=0us status_code=200"));
}

TEST_F(ApiActor, LogsNoHealthProbe) {
  get("/v1/health");
  request("OPTIONS", "/v1/tasks");
  get("/nothing");
  EXPECT_THAT(lines, IsEmpty());
}

TEST_F(ApiActor, AnswersWith503IfTheTaskManagerIsSilent) {
  played->tasks.reset();
  const auto early = request("GET", "/v1/tasks", 1999ms);
  EXPECT_EQ(early.status, 0);
  random = 0;
  const auto reply = request("GET", "/v1/tasks", 2s);
  EXPECT_EQ(reply.status, 503);
  EXPECT_THAT(reply.body,
              HasSubstr("the task manager did not answer (no answer in time); "
                        "try again later"));
  EXPECT_THAT(lines.back(), EndsWith("duration=2000000us status_code=503"));
}

TEST_F(ApiActor, AnswersWith503IfTheMemoryStoreIsSilent) {
  played->events.reset();
  EXPECT_EQ(request("GET", "/v1/status", 2s).status, 503);
  EXPECT_EQ(get("/v1/tasks").status, 200);
}

TEST_F(ApiActor, AnswersOnceIfBothFail) {
  played->failure = error{errc::limit, "too much to do"};
  played->events.reset();
  const auto reply = request("GET", "/v1/status", 5s);
  EXPECT_EQ(reply.status, 503);
  EXPECT_THAT(reply.body, HasSubstr("(too much to do)"));
  EXPECT_EQ(lines.size(), 2U);
}

TEST_F(ApiActor, AnswersOthersWhileOneWaits) {
  played->tasks.reset();
  caf::anon_send(api, api_request{.method = "GET", .target = "/v1/tasks"});
  run();
  EXPECT_EQ(get("/v1/health").status, 200);
  advance(2s);
}

TEST_F(ApiActor, AnswersWith503IfTheTaskManagerIsGone) {
  stop(tasks);
  EXPECT_EQ(get("/v1/tasks").status, 503);
}
