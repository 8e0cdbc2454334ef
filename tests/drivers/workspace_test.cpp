#include "drivers/terraform/workspace.hpp"

#include "core/config/load.hpp"
#include "tests/drivers/golden_cases.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace cts::terraform {
namespace {

namespace fs = std::filesystem;

using files = std::map<std::string, std::string>;

const auto golden_directory
  = fs::path{CTS_SOURCE_DIR} / "tests" / "drivers" / "golden";

std::string bytes_of(const fs::path& path) {
  auto in = std::ifstream{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// What must be there after the task was initialised and rendered.
files expected_files(const std::string& name) {
  auto out = files{};
  auto directory = fs::directory_iterator{golden_directory / name / "expected"};
  for (const auto& entry : directory)
    out[entry.path().filename()] = bytes_of(entry.path());
  return out;
}

/// The effective settings of the case's own configuration file.
config::settings loaded_settings(const std::string& name) {
  auto folder = golden_directory / name;
  auto file = config::source{.path = "config.hcl",
                             .bytes = bytes_of(folder / "config.hcl")};
  auto loaded = config::load(
    {file},
    {.working_dir = "/srv/cts", .read_file = [folder](const std::string& path) {
       return result<std::string>{bytes_of(folder / path)};
     }});
  if (auto* problem = std::get_if<config::failure>(&loaded)) {
    ADD_FAILURE() << problem->errors.front().message;
    return golden::cases().at(name)();
  }
  return std::get<config::loaded>(loaded).value;
}

files generated_files(const std::string& name,
                      const config::settings& settings) {
  const auto& task = settings.tasks.front();
  auto old = name == "providers-terraform-0.13";
  auto module = root_module{
    .task = task,
    .settings = settings,
    .version = old ? version{0, 13, 7} : version{1, 11, 4},
    .process_directory = "/srv/cts",
  };
  auto out = files{};
  for (const auto& file : root_module_files(module).value())
    out[file.name] = file.bytes;
  if (name.starts_with("backend-"))
    return {{"main.tf", out.at("main.tf")}};
  auto consul = bytes_of(golden_directory / name / "consul.json");
  auto inputs = golden::inputs_of(consul, settings);
  auto input = input_file(task, settings.services, inputs).value();
  out[input.name] = input.bytes;
  return out;
}

class GoldenCase : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenCase, EqualsTheReferenceByteForByte) {
  auto settings = golden::cases().at(GetParam())();
  EXPECT_EQ(generated_files(GetParam(), settings), expected_files(GetParam()));
}

TEST_P(GoldenCase, ComesOutOfItsConfigurationFile) {
  auto settings = loaded_settings(GetParam());
  EXPECT_EQ(generated_files(GetParam(), settings), expected_files(GetParam()));
}

std::vector<std::string> case_names() {
  auto out = std::vector<std::string>{};
  for (const auto& entry : fs::directory_iterator{golden_directory})
    if (entry.is_directory())
      out.push_back(entry.path().filename());
  return out;
}

std::string test_name(const ::testing::TestParamInfo<std::string>& x) {
  auto out = x.param;
  std::replace_if(
    out.begin(), out.end(), [](char c) { return c == '-' || c == '.'; }, '_');
  return out;
}

INSTANTIATE_TEST_SUITE_P(Workspace, GoldenCase,
                         ::testing::ValuesIn(case_names()), test_name);

config::settings settings_with(config::task task) {
  auto out = config::settings{};
  out.tasks.push_back(std::move(task));
  return out;
}

TEST(Workspace, MakesLocalModulesAbsolute) {
  auto settings = settings_with({.name = "a", .module = "./m/..//x/"});
  auto module = root_module{.task = settings.tasks.front(),
                            .settings = settings,
                            .process_directory = "/srv/cts"};
  EXPECT_EQ(module_source(module), "/srv/cts/x");
}

TEST(Workspace, CanNameLocalModulesRelativeToTheTask) {
  auto settings = settings_with(
    {.name = "a", .module = "/srv/modules/x", .working_dir = "sync-tasks/a"});
  auto module = root_module{.task = settings.tasks.front(),
                            .settings = settings,
                            .process_directory = "/srv/cts",
                            .relative_source = true};
  EXPECT_EQ(module_source(module), "../../../modules/x");
}

TEST(Workspace, RefusesVariablesThatTerraformKeepsForItself) {
  auto settings = settings_with(
    {.name = "a", .variables = {{"source", value{std::string{"x"}}}}});
  auto module
    = root_module{.task = settings.tasks.front(), .settings = settings};
  auto made = root_module_files(module);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message,
            "task \"a\": variable \"source\" from variable_files is reserved");
}

TEST(Workspace, RefusesKvValuesThatAreNotUtf8) {
  auto task = config::task{.name = "a",
                           .condition = config::consul_kv_condition{
                             .query = {.path = "k", .recurse = true}}};
  auto pairs = kv_pairs{{"k/bad", "\xFF"}};
  auto inputs
    = task_inputs{{{.what = dependency::kind::kv_prefix, .name = "k"},
                   std::make_shared<const snapshot>(snapshot{pairs})}};
  auto file = input_file(task, {}, inputs);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().message, "consul_kv key \"k/bad\" is not valid UTF-8");
}

TEST(Workspace, TurnsEachRunOfLineBreaksInADescriptionIntoOneBlank) {
  EXPECT_EQ(one_line("a\r\n\nb\xE2\x80\xA8"
                     "c"),
            "a b c");
}

// Deviation T5: what worked by doubling backslashes keeps working.
TEST(Workspace, ReadsDoubledBackslashesOfRegularExpressionsOnce) {
  auto text_with = [](std::string regexp) {
    auto settings = settings_with({.name = "a",
                                   .condition = config::services_condition{
                                     .query = {.regexp = std::move(regexp)}}});
    return template_file(
      {.task = settings.tasks.front(), .settings = settings});
  };
  EXPECT_EQ(text_with("^web\\."), text_with("^web\\\\."));
  EXPECT_NE(text_with("^web\\.").find("\"regexp=^web\\\\.\""),
            std::string::npos);
}

} // namespace
} // namespace cts::terraform
