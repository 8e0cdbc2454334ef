#include "drivers/terraform/program_search.hpp"

#include <gtest/gtest.h>

namespace cts::terraform::program_search {
namespace {

/// What is installed: path and what it answers to `version -json`.
struct installed {
  std::string path{};
  std::string version{};
};

config::terraform_driver configured(bool explicitly, std::string backend) {
  return {.path = "/p",
          .path_configured = explicitly,
          .backend = {.type = std::move(backend)}};
}

/// Runs the search on a machine that has these programs.
decision search(const config::terraform_driver& driver,
                const std::vector<installed>& programs) {
  auto now = step(begin(driver, {"PATH=/a:relative:/b"}));
  while (const auto* question = std::get_if<ask>(&now.decision)) {
    auto output = std::string{};
    for (const auto& x : programs)
      if (x.path == question->path)
        output = R"({"terraform_version": ")" + x.version + "\"}";
    now = output.empty()
            ? step(now.state, not_started{{errc::not_found, "missing"}})
            : step(now.state, answered{{.output = output}});
  }
  return now.decision;
}

std::string result_of(const decision& x) {
  if (const auto* end = std::get_if<found>(&x))
    return end->program.path + ' ' + to_string(end->program.version);
  return std::get<failed>(x).reason.message;
}

constexpr auto unsupported
  = "unsupported Terraform version: remove Terraform from the configured path "
    "or specify a new path to safely install a compatible version.";

TEST(ProgramSearch, TakesTheProgramOfTheFolder) {
  EXPECT_EQ(
    result_of(search(configured(true, "consul"), {{"/p/terraform", "1.11.4"}})),
    "/p/terraform 1.11.4");
}

TEST(ProgramSearch, RefusesAProgramOfTheFolderThatDoesNotFit) {
  for (auto version : {"0.12.31", "2.0.0", "1.11.0-rc1"}) {
    auto end = search(configured(false, "consul"),
                      {{"/p/terraform", version}, {"/a/terraform", "1.11.4"}});
    EXPECT_EQ(result_of(end), unsupported);
    EXPECT_EQ(std::get<failed>(end).unsupported, version);
  }
}

TEST(ProgramSearch, TakesTheFirstProgramOfPathThatFits) {
  EXPECT_EQ(result_of(search(configured(false, "consul"),
                             {{"/a/terraform", "0.12.31"},
                              {"relative/terraform", "1.0.0"},
                              {"/b/terraform", "1.11.4"}})),
            "/b/terraform 1.11.4");
}

TEST(ProgramSearch, LeavesPathAloneIfTheFolderIsConfigured) {
  EXPECT_EQ(
    result_of(search(configured(true, "consul"), {{"/a/terraform", "1.11.4"}})),
    "terraform not found in /p and installation is disabled: put terraform on "
    "PATH, or name its "
    "folder as `path` of driver \"terraform\"");
}

TEST(ProgramSearch, SaysWhereItLooked) {
  EXPECT_EQ(result_of(search(configured(false, "consul"), {})),
            "terraform not found in /p or PATH and installation is disabled: "
            "put terraform on PATH, or name its "
            "folder as `path` of driver \"terraform\"");
}

TEST(ProgramSearch, RefusesOldProgramsForThePgBackend) {
  EXPECT_EQ(
    result_of(search(configured(true, "pg"), {{"/p/terraform", "0.13.7"}})),
    "Consul-Terraform-Sync does not support pg backend in automation "
    "with Terraform <= 0.13: 0.13.7");
}

TEST(ProgramSearch, RefusesFilesThatAreNoPrograms) {
  auto now = step(
    step(begin(configured(true, "consul"), {})).state,
    not_started{{errc::system, "fork/exec /p/terraform: exec format error"}});
  EXPECT_EQ(result_of(now.decision),
            "incompatible Terraform binary: remove Terraform from the "
            "configured path or specify a new path to safely install a "
            "compatible version.");
}

TEST(ProgramSearch, AsksOldProgramsWithoutJson) {
  auto now = step(begin(configured(true, "consul"), {}));
  now = step(now.state, answered{{.exit_code = 1}});
  EXPECT_EQ(std::get<ask>(now.decision).arguments,
            std::vector<std::string>{"version"});
  now = step(now.state, answered{{.output = "Terraform v0.13.7\n"}});
  EXPECT_EQ(result_of(now.decision), "/p/terraform 0.13.7");
}

} // namespace
} // namespace cts::terraform::program_search
