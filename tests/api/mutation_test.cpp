#include "api/api.hpp"

#include "actors/log.hpp"
#include "tests/api/fakes.hpp"
#include "tests/support/fake_elector.hpp"
#include "tests/support/sim_fixture.hpp"

#include <gmock/gmock.h>

// Sections 11.8 to 11.10 and 14 of the chapter: mutations, and a cluster.

using namespace cts;
using namespace cts::tests;
using testing::HasSubstr;

namespace {

constexpr auto known_id
  = R"("request_id":"00000000-0000-4000-8000-000000000001")";

const auto new_task = std::string{
  R"({"task":{"name":"n1","module":"./m","condition":{"services":)"
  R"({"names":["web"]}}}})"};

class ApiMutations : public cafx::sim_fixture {
protected:
  ApiMutations() {
    log::set_sink([this](const log::line& line) {
      auto text
        = std::string{line.component} + ": " + std::string{line.sentence};
      for (const auto& [key, content] : line.fields)
        text += " " + std::string{key} + "=" + content;
      lines.push_back(text);
    });
    tasks = cafx::spawn_state<fake_manager>(sys, played);
    events = cafx::spawn_state<fake_store>(sys, played);
    elector = fakes::make_elector(self.ptr(), election);
  }

  ~ApiMutations() override { log::set_sink({}); }

  void spawn(bool clustered) {
    auto sources = api::api_sources{.tasks = tasks, .events = events};
    if (clustered)
      sources.elector = elector;
    auto unsupported = [this](const config::task&) { return problems; };
    api = api::make_api(self.ptr(),
                        {.random = [this] { return random++ % 2; },
                         .clock = [] { return sample_time; },
                         .settings = std::make_shared<config::settings>(),
                         .unsupported = unsupported},
                        sources);
    run();
  }

  void TearDown() override {
    stop(api);
    stop(tasks);
    stop(events);
    stop(elector);
    sim_fixture::TearDown();
  }

  api_reply request(std::string method, std::string target,
                    std::string body = {}) {
    if (!api)
      spawn(false);
    random = 0;
    auto wish
      = api_request{.method = std::move(method), .target = std::move(target)};
    wish.fields = {{"content-type", "application/json"}};
    wish.body = std::move(body);
    auto reply = ask<api_reply>(api, wish);
    return reply ? *reply : api_reply{.status = 0};
  }

  api_reply as(ha::role role, std::string method, std::string target,
               std::string body = {}) {
    election->leadership.role = role;
    if (!api)
      spawn(true);
    return request(std::move(method), std::move(target), std::move(body));
  }

  static std::string message(const std::string& text) {
    return R"({"error":{"message":")" + text + R"("},)" + known_id + "}\n";
  }

  script_ptr played = std::make_shared<script>();
  fakes::elector_script_ptr election
    = std::make_shared<fakes::elector_script>();
  std::vector<std::string> problems{};
  std::vector<std::string> lines{};
  std::uint64_t random = 0;
  task_manager_actor tasks{};
  state_store_actor events{};
  elector_actor elector{};
  api_actor api{};
};

} // namespace

TEST_F(ApiMutations, CreateATask) {
  const auto reply = request("POST", "/v1/tasks", new_task);
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.body,
            "{" + std::string{known_id}
              + R"(,"task":{"condition":{"services":{)"
                R"("cts_user_defined_meta":{},"datacenter":"","filter":"",)"
                R"("names":["web"],"namespace":"",)"
                R"("use_as_module_input":true}},"description":"",)"
                R"("enabled":true,"module":"./m","module_input":{},)"
                R"("name":"n1","providers":[],"variables":{},)"
                R"("version":""}})"
                "\n");
  EXPECT_EQ(reply.fields.back(),
            (std::pair<std::string, std::string>{"Location", "/v1/tasks/n1"}));
  ASSERT_EQ(played->created.size(), 1u);
  EXPECT_EQ(played->created.front().run, task_run::none);
}

TEST_F(ApiMutations, InspectATaskThatIsNotCreated) {
  played->inspected = run_inspected{.changes = true, .plan = "a -> b"};
  const auto reply = request("POST", "/v1/tasks?run=inspect", new_task);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body,
            "{" + std::string{known_id}
              + R"(,"run":{"changes_present":true,"plan":"a -\u003e b"},)"
                R"("task":{"condition":{"services":{)"
                R"("cts_user_defined_meta":{},"datacenter":"","filter":"",)"
                R"("names":["web"],"namespace":"",)"
                R"("use_as_module_input":true}},"enabled":true,)"
                R"("module":"./m","name":"n1"}})"
                "\n");
}

TEST_F(ApiMutations, RefuseABodyWithoutANewlineAtItsEnd) {
  const auto reply = request("POST", "/v1/tasks", "{}");
  EXPECT_EQ(reply.status, 400);
  EXPECT_TRUE(reply.body.ends_with("}"));
  EXPECT_THAT(reply.body, HasSubstr(R"(property \"task\" is missing)"));
  EXPECT_EQ(reply.fields.back().second, "nosniff");
  EXPECT_EQ(played->questions, 0);
}

TEST_F(ApiMutations, LookAtTheNameBeforeTheTask) {
  const auto reply
    = request("POST", "/v1/tasks",
              R"({"task":{"name":"task_a","module":"","condition":{}}})");
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.body, message("task with name task_a already exists"));
}

TEST_F(ApiMutations, RefuseWhatTheDriverCannotRun) {
  problems = {"task \"n1\": x is not supported by this version yet"};
  EXPECT_EQ(request("POST", "/v1/tasks", new_task).status, 500);
  EXPECT_EQ(request("POST", "/v1/tasks?run=inspect", new_task).status, 400);
  EXPECT_TRUE(played->created.empty());
}

TEST_F(ApiMutations, SayWhyATaskIsNotCreated) {
  const auto expected = std::vector<std::pair<errc, int>>{
    {errc::conflict, 400},    {errc::driver, 500},    {errc::limit, 413},
    {errc::unavailable, 503}, {errc::timed_out, 503},
  };
  for (const auto& [code, status] : expected) {
    played->refusal = error{code, "no"};
    const auto reply = request("POST", "/v1/tasks?run=now", new_task);
    EXPECT_EQ(reply.status, status) << to_string(code);
    EXPECT_EQ(reply.body, message("no"));
  }
  played->refusal = error{errc::driver, "no"};
  EXPECT_EQ(request("POST", "/v1/tasks?run=inspect", new_task).status, 400);
  EXPECT_THAT(lines, testing::Contains(
                       HasSubstr("api.createtask: error inspecting new task")));
}

TEST_F(ApiMutations, EnableATask) {
  const auto reply
    = request("PATCH", "/v1/tasks/task_dis", R"({"Enabled":"true"})");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "{}\n");
  ASSERT_EQ(played->changed.size(), 1u);
  EXPECT_EQ(played->changed.front().task, "task_dis");
  EXPECT_TRUE(played->changed.front().enabled);
  EXPECT_THAT(lines,
              testing::Contains(HasSubstr("api.updatetask: enabling task")));
}

TEST_F(ApiMutations, InspectATaskThatIsToBeEnabled) {
  played->inspected = run_inspected{.changes = true, .plan = "p"};
  const auto reply
    = request("PATCH", "/v1/tasks/task_dis?run=INSPECT", R"({"enabled":true})");
  EXPECT_EQ(reply.body, R"({"inspect":{"changes_present":true,"plan":"p"}})"
                        "\n");
  EXPECT_EQ(played->changed.front().run, task_run::inspect);
}

TEST_F(ApiMutations, SayWhyATaskIsNotChanged) {
  const auto expected = std::vector<std::pair<errc, int>>{
    {errc::conflict, 500}, {errc::refused, 500},     {errc::driver, 500},
    {errc::limit, 413},    {errc::unavailable, 503}, {errc::not_found, 404},
  };
  for (const auto& [code, status] : expected) {
    played->refusal = error{code, "no"};
    EXPECT_EQ(request("PATCH", "/v1/tasks/a", R"({"enabled":true})").status,
              status)
      << to_string(code);
  }
  EXPECT_EQ(request("PATCH", "/v1/tasks/a", "{}").status, 400);
}

TEST_F(ApiMutations, DeleteATask) {
  const auto reply = request("DELETE", "/v1/tasks/task_a");
  EXPECT_EQ(reply.status, 202);
  EXPECT_EQ(reply.body, "{" + std::string{known_id} + "}\n");
  EXPECT_EQ(played->deleted, std::vector<task_name>{"task_a"});
  played->refusal = error{errc::not_found, "no"};
  EXPECT_EQ(request("DELETE", "/v1/tasks/nope").status, 404);
}

// -- in a cluster -------------------------------------------------------------

TEST_F(ApiMutations, AreRedirectedByAFollower) {
  election->leadership.leader = ha::leader_identity{
    .id = "cts-01", .address = "cts-01.example.com", .port = 8558};
  for (const auto* target : {"/v1/tasks", "/v1/status", "/v1/status/tasks/x",
                             "/v1/unknown", "/v1/tasks/a/b"}) {
    const auto reply = as(ha::role::follower, "GET", target);
    EXPECT_EQ(reply.status, 400) << target;
    EXPECT_EQ(reply.body, message("redirect requests to leader 'cts-01' at "
                                  "cts-01.example.com:8558"));
    EXPECT_EQ(reply.fields.back(),
              (std::pair<std::string, std::string>{"X-CTS-Leader", "cts-01"}));
  }
  EXPECT_EQ(played->questions, 0);
}

TEST_F(ApiMutations, AreValidatedByAFollower) {
  EXPECT_THAT(as(ha::role::follower, "POST", "/v1/tasks", "{}").body,
              HasSubstr("is missing"));
}

TEST_F(ApiMutations, NameTheLeaderAsFarAsItIsKnown) {
  EXPECT_EQ(as(ha::role::follower, "GET", "/v1/status").body,
            message("redirect requests to leader"));
  election->leadership.leader = ha::leader_identity{.id = "cts-01"};
  EXPECT_EQ(as(ha::role::follower, "GET", "/v1/status").body,
            message("redirect requests to leader 'cts-01'"));
  auto at = [this](std::string address) {
    election->leadership.leader
      = ha::leader_identity{.id = "l", .address = address, .port = 1};
    return as(ha::role::follower, "GET", "/v1/status").body;
  };
  EXPECT_EQ(at("h:2"), message("redirect requests to leader 'l' at h:2"));
  EXPECT_EQ(at("::1"), message("redirect requests to leader 'l' at [::1]:1"));
  EXPECT_EQ(at("[::1]"), message("redirect requests to leader 'l' at [::1]:1"));
  EXPECT_EQ(at("[::1]:2"),
            message("redirect requests to leader 'l' at [::1]:2"));
}

TEST_F(ApiMutations, LeaveHealthAndReadinessToEachInstance) {
  EXPECT_EQ(as(ha::role::follower, "GET", "/v1/health").status, 200);
  EXPECT_EQ(as(ha::role::follower, "GET", "/v1/ready").status, 200);
  EXPECT_EQ(as(ha::role::joining, "GET", "/v1/ready").status, 503);
  played->events->clear();
  EXPECT_EQ(as(ha::role::leader, "GET", "/v1/ready").status, 503);
  EXPECT_EQ(as(ha::role::follower, "OPTIONS", "/v1/tasks").status, 200);
}

TEST_F(ApiMutations, DependOnTheRole) {
  using enum ha::role;
  const auto expected = std::vector<std::tuple<ha::role, int, int>>{
    {leader, 200, 202},    {loading, 503, 503}, {suspended, 200, 503},
    {draining, 503, 503},  {stopped, 503, 503}, {lost, 400, 400},
    {candidate, 400, 400}, {joining, 400, 400},
  };
  for (const auto& [role, read, mutation] : expected) {
    EXPECT_EQ(as(role, "GET", "/v1/tasks").status, read) << to_string(role);
    EXPECT_EQ(as(role, "DELETE", "/v1/tasks/task_a").status, mutation)
      << to_string(role);
  }
}

TEST_F(ApiMutations, ShowTheClusterWhoeverIsAsked) {
  election->cluster = {
    .cluster_name = "cluster-a",
    .leadership = {.role = ha::role::follower, .epoch = 7},
    .members = {{.id = "cts-02",
                 .service_name = "s",
                 .address = "h",
                 .version = "1",
                 .healthy = true,
                 .leader = true},
                {.id = "cts-01", .service_name = "s", .address = "ignored"}}};
  EXPECT_EQ(as(ha::role::follower, "GET", "/v1/status/cluster").body,
            R"({"cluster_name":"cluster-a","members":[{"address":"h",)"
            R"("healthy":true,"id":"cts-02","leader":true,"service_name":"s"},)"
            R"({"healthy":false,"id":"cts-01","leader":false,)"
            R"("service_name":"s"}],)"
              + std::string{known_id} + "}\n");
  EXPECT_THAT(
    as(ha::role::follower, "GET", "/v1/status/cluster?verbose=true").body,
    testing::AllOf(HasSubstr(R"("epoch":7)"),
                   HasSubstr(R"("state":"follower")"),
                   HasSubstr(R"("version":"1")")));
  election->cluster.leadership.leader
    = ha::leader_identity{.id = "cts-02", .epoch = 9};
  EXPECT_THAT(
    as(ha::role::follower, "GET", "/v1/status/cluster?verbose=true").body,
    HasSubstr(R"("epoch":9)"));
}

TEST_F(ApiMutations, HandLeadershipOver) {
  EXPECT_EQ(as(ha::role::follower, "POST", "/v1/cluster/step-down").status,
            400);
  EXPECT_TRUE(election->asked.empty());
  EXPECT_EQ(as(ha::role::leader, "POST", "/v1/cluster/step-down").status, 200);
  EXPECT_EQ(election->asked, std::vector<std::string>{"step down"});
}

TEST_F(ApiMutations, HandNothingOverWithoutACluster) {
  EXPECT_EQ(request("POST", "/v1/cluster/step-down").status, 405);
}
