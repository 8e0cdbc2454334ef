#include "runtime/validation.hpp"

#include "core/hcl/json.hpp"
#include "tests/support/temp_directory.hpp"

#include <gmock/gmock.h>

namespace cts {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr auto good = "log_level = \"DEBUG\"\n"
                      "task {\n"
                      "  name = \"a\"\n"
                      "  module = \"m\"\n"
                      "  condition \"services\" { names = [\"x\"] }\n"
                      "}\n";

/// A file in a folder of its own.
struct written {
  explicit written(const std::string& text)
    : path{folder.write("cts.hcl", text).string()} {}

  test::temp_directory folder{};
  std::string path{};
};

const hcl::node& member_of(const hcl::node& x, const std::string& name) {
  static const auto nothing = hcl::node{};
  for (const auto& each : x.members)
    if (each.name == name)
      return each.value;
  ADD_FAILURE() << "no member " << name;
  return nothing;
}

TEST(Validate, AcceptsWhatCanBeStarted) {
  auto file = written{good};
  auto said = run_validate({.paths = {file.path}});
  EXPECT_EQ(said.exit_code, 0);
  EXPECT_EQ(said.out, "The configuration is valid.\n");
  EXPECT_EQ(said.err, "");
}

TEST(Validate, NamesEachProblemWithItsPlace) {
  auto file = written{"port = \"x\"\nfoo = 1\n"};
  auto said = run_validate({.paths = {file.path}});
  EXPECT_EQ(said.exit_code, 15);
  EXPECT_THAT(said.out, HasSubstr("cannot parse 'port' as int"));
  EXPECT_THAT(said.out, HasSubstr(file.path + ":1:"));
  EXPECT_THAT(said.out, HasSubstr("has invalid keys: foo"));
  EXPECT_THAT(said.out, HasSubstr(file.path + ":2:"));
  EXPECT_EQ(said.err, "==> the configuration is not valid: 2 errors\n");
}

TEST(Validate, RefusesFilesThatCannotBeRead) {
  auto said = run_validate({.paths = {"nosuch"}});
  EXPECT_EQ(said.exit_code, 15);
  EXPECT_EQ(said.out, "Error: stat nosuch: no such file or directory\n\n");
}

// Acceptance checks 1 and 5.
TEST(Validate, RefusesFoldersWithoutAConfiguration) {
  auto folder = test::temp_directory{};
  auto paths = std::vector{folder.path().string()};
  auto empty = run_validate({.paths = paths});
  EXPECT_EQ(empty.exit_code, 15);
  EXPECT_EQ(empty.out, "Error: no configuration files found\n\n");
  folder.write("z.json", "");
  auto cut = run_validate({.paths = paths});
  EXPECT_EQ(cut.exit_code, 15);
  EXPECT_THAT(cut.out, StartsWith("Error: unexpected end of JSON input\n"));
}

TEST(Validate, NamesWhatThisVersionCannotFulfil) {
  auto file = written{std::string{good}
                      + "health { strict = true }\nonce_parallelism = 2\n"};
  auto said = run_validate({.paths = {file.path}});
  EXPECT_EQ(said.exit_code, 15);
  EXPECT_THAT(said.out, HasSubstr("health.strict is not supported"));
  EXPECT_THAT(said.out, HasSubstr("once_parallelism is not supported"));
  EXPECT_THAT(said.out, HasSubstr(file.path + ":7:"));
  EXPECT_THAT(said.out, HasSubstr("8 | once_parallelism = 2"));
  EXPECT_THAT(said.err, HasSubstr("2 errors"));
}

TEST(Validate, FindsMistakesInTemplates) {
  auto file = written{std::string{good}
                      + "terraform_provider \"dns\" {\n"
                        "  a = \"{{ key \\\"a\\\" }}{{ end }}\"\n}\n"};
  auto said = run_validate({.paths = {file.path}});
  EXPECT_EQ(said.exit_code, 15);
  EXPECT_THAT(said.out, HasSubstr("provider=dns: template: {{ end }}"));
  EXPECT_THAT(said.out, HasSubstr(file.path + ":7:"));
}

TEST(Validate, RefusesTwoTasksInOneFolder) {
  auto task = [](const char* name) {
    return "task {\nname = \"" + std::string{name}
           + "\"\nmodule = \"m\"\nworking_dir = \"d\"\n"
             "condition \"services\" { names = [\"x\"] }\n}\n";
  };
  auto file = written{task("a") + task("b")};
  auto said = run_validate({.paths = {file.path}});
  EXPECT_EQ(said.exit_code, 15);
  EXPECT_THAT(said.out, HasSubstr("use the same working directory"));
  EXPECT_THAT(said.out, HasSubstr("10 | working_dir = \"d\""));
}

TEST(Validate, RefusesAnAddressThatNoClientUnderstands) {
  auto file = written{"consul { address = \"ftp://h:1\" }"};
  auto said = run_validate({.paths = {file.path}});
  EXPECT_EQ(said.exit_code, 15);
  EXPECT_THAT(said.out, HasSubstr("Unknown protocol scheme: ftp"));
}

TEST(Validate, LetsWarningsPassUnlessItIsStrict) {
  auto file = written{"buffer_period { min = 5 }"};
  auto said = run_validate({.paths = {file.path}});
  EXPECT_EQ(said.exit_code, 0);
  EXPECT_THAT(said.out, StartsWith("Warning: "));
  EXPECT_THAT(said.out, HasSubstr("The configuration is valid: 1 warning.\n"));
  auto strict = run_validate({.paths = {file.path}, .strict = true});
  EXPECT_EQ(strict.exit_code, 15);
  EXPECT_THAT(strict.err, HasSubstr("not valid: 1 warning\n"));
}

TEST(Validate, WritesAnObjectForPrograms) {
  auto file = written{"\nport = 70000\nbuffer_period { min = 5 }"};
  auto said = run_validate({.paths = {file.path}, .json = true});
  EXPECT_EQ(said.exit_code, 15);
  EXPECT_EQ(said.err, "");
  auto root = hcl::parse_json(said.out);
  ASSERT_TRUE(root) << said.out;
  EXPECT_EQ(member_of(*root, "valid").text, "false");
  EXPECT_EQ(member_of(*root, "error_count").text, "1");
  EXPECT_EQ(member_of(*root, "warning_count").text, "1");
  const auto& all = member_of(*root, "diagnostics").elements;
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(member_of(all[0], "severity").text, "error");
  EXPECT_EQ(member_of(all[0], "stage").text, "validating");
  EXPECT_THAT(member_of(all[0], "message").text, StartsWith("port: must be"));
  const auto& range = member_of(all[0], "range");
  EXPECT_EQ(member_of(range, "file").text, file.path);
  EXPECT_EQ(member_of(range, "line").text, "2");
  EXPECT_EQ(member_of(all[1], "severity").text, "warning");
}

TEST(Validate, WritesAnObjectForAValidConfigurationToo) {
  auto file = written{good};
  auto said = run_validate({.paths = {file.path}, .json = true});
  EXPECT_EQ(said.exit_code, 0);
  auto root = hcl::parse_json(said.out);
  ASSERT_TRUE(root) << said.out;
  EXPECT_EQ(member_of(*root, "valid").text, "true");
  EXPECT_TRUE(member_of(*root, "diagnostics").elements.empty());
}

TEST(ConfigShowCommand, WritesTheConfigurationWithOrigins) {
  auto file = written{std::string{good} + "consul { token = \"s3cr3t\" }"};
  auto said = run_show({.paths = {file.path}});
  EXPECT_EQ(said.exit_code, 0);
  EXPECT_THAT(said.out, HasSubstr("= \"DEBUG\""));
  EXPECT_THAT(said.out, HasSubstr("# " + file.path + ":1"));
  EXPECT_THAT(said.out, HasSubstr("# default"));
  EXPECT_THAT(said.out, Not(HasSubstr("s3cr3t")));
}

TEST(ConfigShowCommand, WritesJson) {
  auto file = written{good};
  auto said = run_show({.paths = {file.path}, .json = true});
  auto root = hcl::parse_json(said.out);
  ASSERT_TRUE(root) << said.out;
  EXPECT_EQ(member_of(member_of(*root, "configuration"), "log_level").text,
            "DEBUG");
  const auto& where = member_of(member_of(*root, "origins"), "log_level");
  EXPECT_EQ(member_of(where, "kind").text, "file");
  EXPECT_EQ(member_of(where, "line").text, "1");
}

TEST(ConfigShowCommand, SaysWhatIsWrongInsteadOfShowing) {
  auto file = written{"port = \"x\""};
  auto said = run_show({.paths = {file.path}});
  EXPECT_EQ(said.exit_code, 15);
  EXPECT_THAT(said.out, StartsWith("Error: "));
  EXPECT_EQ(run_show({.paths = {"nosuch"}}).exit_code, 15);
}

} // namespace
} // namespace cts
