#include "api/api.hpp"
#include "tests/api/fakes.hpp"
#include "tests/runtime/http_server_fixture.hpp"

#include <gmock/gmock.h>

using namespace cts;
using namespace cts::tests;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

namespace {

/// The whole way from a socket to the actors behind the API and back.
class ApiOverHttp : public http_server_fixture {
protected:
  ApiOverHttp() {
    manager_ = cafx::spawn_state<fake_manager>(system_, played_);
    store_ = cafx::spawn_state<fake_store>(system_, played_);
    caf::anon_send_exit(api_, caf::exit_reason::user_shutdown);
    api_ = api::make_api(self_->ptr(),
                         {.random = [this] { return ++random_; },
                          .clock = [] { return sample_time; }},
                         {.tasks = manager_, .events = store_});
    serve();
  }

  ~ApiOverHttp() override {
    caf::anon_send_exit(manager_, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(store_, caf::exit_reason::user_shutdown);
    stop();
  }

  std::string request(const std::string& method, const std::string& target) {
    auto client = connect();
    client.send(method + " " + target
                + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    return client.until_end();
  }

  script_ptr played_ = std::make_shared<script>();
  std::uint64_t random_ = 0;
  task_manager_actor manager_{};
  state_store_actor store_{};
};

struct acceptance_check {
  const char* method;
  const char* target;
  const char* status;
  const char* part;
};

/// Section 17, the checks that read, in their order.
const auto checks = std::vector<acceptance_check>{
  {"GET", "/v1/health", "200", "\r\n\r\n{}\n"},
  {"POST", "/v1/health", "405", "Allow: GET\r\n"},
  {"GET", "/v1/status", "200", R"("successful":2)"},
  {"GET", "/v1/status/whatever", "200", R"("unknown":1)"},
  {"POST", "/v1/status", "405", "The overallStatus API currently"},
  {"GET", "/v1/status/tasks", "200", R"("events_url":"","providers")"},
  {"GET", "/v1/status/tasks?include=events", "200", R"("error":null)"},
  {"GET", "/v1/status/tasks/nope", "404", "a task with name 'nope' does"},
  {"GET", "/v1/status/tasks/a/b", "400", "'/v1/status/tasks/a/b'. request"},
  {"GET", "/v1/status/tasks?include=x", "400", "got 'include=x'"},
  {"GET", "/v1/status/tasks?include=events&include=events", "400",
   "[events events]"},
  {"GET", "/v1/status/tasks?status=FOO", "400", "but got foo"},
  {"GET", "/v1/status/tasks?status=SUCCESSFUL", "200", "\"task_old\":"},
  {"GET", "/v1/status/tasks/task_a?status=errored", "200", "\r\n\r\n{}\n"},
  {"GET", "/v1/status/cluster", "405", "\"request_id\":"},
  {"GET", "/v1/tasks", "200",
   R"({"names":["web"],"use_as_module_input":true})"},
  {"GET", "/v1/tasks/", "405", "'PATCH'"},
  {"HEAD", "/v1/tasks", "405", "Content-Length: "},
  {"GET", "/v1/tasks/task_a", "200", R"("name":"task_a")"},
  {"GET", "/v1/tasks/nope", "404", "\"request_id\":"},
  {"GET", "/status", "404", "text/plain; charset=utf-8\r\n"},
  {"OPTIONS", "/nothing", "200", "Content-Length: 0\r\n"},
  {"DELETE", "/v1/tasks", "405", "'PATCH'"},
};

} // namespace

TEST_F(ApiOverHttp, PassesTheAcceptanceChecksThatRead) {
  for (const auto& [method, target, status, part] : checks) {
    const auto reply = request(method, target);
    EXPECT_THAT(reply, StartsWith(std::string{"HTTP/1.1 "} + status + " "))
      << method << " " << target;
    EXPECT_THAT(reply, HasSubstr(part)) << method << " " << target;
    EXPECT_THAT(reply, HasSubstr("Access-Control-Allow-Origin: *\r\n"));
    EXPECT_THAT(reply, HasSubstr("\r\nDate: "));
  }
}

TEST_F(ApiOverHttp, SendsNoBodyToHead) {
  EXPECT_THAT(request("HEAD", "/v1/tasks"), EndsWith("\r\n\r\n"));
}

TEST_F(ApiOverHttp, AnswersManyClientsAtATime) {
  auto clients = std::vector<raw_client>{};
  for (auto i = 0; i < 100; ++i)
    clients.push_back(connect());
  for (auto& client : clients)
    client.send("GET /v1/status/tasks?include=events HTTP/1.1\r\nHost: h\r\n"
                "\r\nGET /v1/tasks HTTP/1.1\r\nHost: h\r\n\r\n");
  for (auto& client : clients) {
    EXPECT_THAT(client.reply(), HasSubstr("\"task_a\":{\"task_name\""));
    EXPECT_THAT(client.reply(), HasSubstr("\"tasks\":[{"));
  }
}

TEST_F(ApiOverHttp, AnswersWith503WhenTheTaskManagerIsGone) {
  caf::anon_send_exit(manager_, caf::exit_reason::kill);
  EXPECT_THAT(request("GET", "/v1/tasks"), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(request("GET", "/v1/health"), StartsWith("HTTP/1.1 200 "));
}
