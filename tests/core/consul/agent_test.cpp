#include "core/consul/agent.hpp"

#include <gtest/gtest.h>

namespace cts::consul {
namespace {

TEST(ConsulAgent, WritesTheServiceAsTheAgentReadsIt) {
  auto request = register_service({.id = "cts \"1\"",
                                   .name = "cts",
                                   .tags = {"cts"},
                                   .address = "10.0.0.1",
                                   .port = 8558,
                                   .ns = "team"});
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(target_of(request).substr(0, 26), "/v1/agent/service/register");
  EXPECT_NE(request.body.find(R"("ID":"cts \"1\"")"), std::string::npos);
  EXPECT_NE(request.body.find(R"("Port":8558)"), std::string::npos);
  EXPECT_EQ(request.body.find("Check"), std::string::npos);
}

TEST(ConsulAgent, AddsTheCheckWithItsTimes) {
  auto request = register_service(
    {.id = "a",
     .name = "a",
     .port = 1,
     .check = http_check{.id = "a-health", .name = "n", .url = "http://x"}});
  for (const auto* part :
       {R"("CheckID":"a-health")", R"("HTTP":"http://x")",
        R"("Interval":"10s")", R"("Timeout":"2s")", R"("Status":"critical")",
        R"("DeregisterCriticalServiceAfter":"30m)", R"("TLSSkipVerify":true)"})
    EXPECT_NE(request.body.find(part), std::string::npos) << part << "\n"
                                                          << request.body;
}

TEST(ConsulAgent, EncodesTheIdInAPath) {
  EXPECT_EQ(target_of(deregister_service("a/b c", "")),
            "/v1/agent/service/deregister/a%2Fb%20c");
  EXPECT_EQ(target_of(service_request("a", "team")),
            "/v1/agent/service/a?ns=team");
}

} // namespace
} // namespace cts::consul
