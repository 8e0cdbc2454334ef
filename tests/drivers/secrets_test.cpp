#include "drivers/terraform/secrets.hpp"

#include <gtest/gtest.h>

namespace cts::terraform {
namespace {

using words = std::vector<std::string>;

TEST(Secrets, AreWhatTheEnvironmentOfCommandsHolds) {
  auto settings = config::settings{};
  settings.consul.token = "token";
  settings.consul.auth.password = "pass";
  settings.providers = {{.name = "p", .task_env = {{"KEY", "longest"}}},
                        {.name = "q", .task_env = {{"X", "abc"}}}};
  EXPECT_EQ(secrets_of(settings), (words{"longest", "token", "pass"}));
  EXPECT_EQ(secrets_of({}), words{});
  auto rendered = dynamic::values{{"{{ key \"a\" }}", "dynamic"}};
  EXPECT_EQ(secrets_of({}, &rendered), words{"dynamic"});
}

TEST(Secrets, AreMaskedWhereverTheyStand) {
  EXPECT_EQ(masked("abcdabcd: abcd.", {"abcd"}), "******: ***.");
  EXPECT_EQ(masked("abc", {"abcd"}), "abc");
  EXPECT_EQ(masked("", {"abcd"}), "");
  EXPECT_EQ(masked("x", {}), "x");
  EXPECT_EQ(masked("Downloading git::https://u:p@h/m?ref=1 for t...", {}),
            "Downloading git::https://***@h/m?ref=1 for t...");
}

TEST(Secrets, LeaveNothingOfALongerOne) {
  auto settings = config::settings{};
  settings.consul.token = "abcd";
  settings.consul.auth.password = "abcdef";
  EXPECT_EQ(masked("abcdef", secrets_of(settings)), "***");
}

} // namespace
} // namespace cts::terraform
