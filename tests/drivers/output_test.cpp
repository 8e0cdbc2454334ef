#include "drivers/terraform/output.hpp"

#include <gtest/gtest.h>

namespace cts::terraform {
namespace {

using namespace std::chrono_literals;

std::string cause(const std::string& text, int exit_code = 1) {
  return cause_of({.exit_code = exit_code, .error_output = text},
                  {1, 11, 4, ""});
}

TEST(Cause, IsTheExitStatusIfNothingWasWritten) {
  EXPECT_EQ(cause("", 3), "exit status 3");
  EXPECT_EQ(cause_of({.signal = 9}, {}), "signal: killed");
}

TEST(Cause, IsTheExitStatusAndTheTextOtherwise) {
  EXPECT_EQ(cause("\nError: boom\n"), "exit status 1\n\nError: boom\n");
}

TEST(Cause, NamesTheVersionThatIsWanted) {
  EXPECT_EQ(cause("Error: Unsupported Terraform Core version\n\n  on main.tf "
                  "line 2:\n 2: required_version = \">= 9.0\"\n"),
            "terraform 1.11.4 not supported by configuration (>= 9.0 "
            "required)");
  EXPECT_EQ(cause("The currently running version of Terraform doesn't meet "
                  "the"),
            "terraform 1.11.4 not supported by configuration (unknown "
            "required)");
}

TEST(Cause, NamesTheVariableThatIsMissing) {
  EXPECT_EQ(cause("Error: No value for required variable\n\n on x line 1:\n"
                  " 1: variable \"size\" {}\n"),
            "variable \"size\" was required but not supplied");
}

TEST(Cause, NamesTheWorkspace) {
  EXPECT_EQ(cause("Workspace \"web\" doesn't exist."),
            "workspace \"web\" does not exist");
  EXPECT_EQ(cause("Workspace \"web\" already exists"),
            "workspace \"web\" already exists");
}

TEST(Cause, IsTheTextAloneIfInitIsNeeded) {
  auto text = "Error: x\nrun:\n  terraform init\n";
  EXPECT_EQ(cause(text), text);
}

TEST(Cause, IsTheTextAloneWhereTheExitStatusSaysNothing) {
  for (auto text :
       {"Error: Could not satisfy plugin requirements\n",
        "Error: Could not load plugin\n", "Error: Invalid -1 option\n",
        "Error: x\nPlease run \"terraform init\"\n",
        "Error: x\nRun \"terraform init\" to install\n",
        "Error: Initialization required. Please see above\n",
        "Error: Backend initialization required, please run \"terraform "
        "init\"\n",
        "Too many command line arguments. Expected\n",
        "Error: No configuration files\n",
        "There are some problems with the configuration, described below.\n\n"
        "The configuration must be valid.\n\nError: Invalid block\n"})
    EXPECT_EQ(cause(text), text);
}

TEST(Cause, ShowsTheLockThatIsHeld) {
  EXPECT_EQ(cause("Error: Error acquiring the state lock\n\nLock Info:\n"
                  "  ID:        1-2\n  Path:      p\n  Operation: Apply\n"
                  "  Who:       me@host\n  Version:   1.11.4\n"
                  "  Created:   now\n  Info:      \n"),
            "error acquiring the state lock: Lock Info:\n  ID: 1-2\n  Path: p"
            "\n  Operation: Apply\n  Who: me@host\n  Version: 1.11.4\n"
            "  Created: now");
}

TEST(Cause, LeavesOutTheLogBeforeTheError) {
  EXPECT_EQ(cause("2026-01-01 [TRACE] noise\n2026 more\nError: boom\n"),
            "exit status 1\nError: boom\n");
  EXPECT_EQ(cause("2026-01-01 [TRACE] noise\n\u2577\n\u2502 Error: boom\n"),
            "exit status 1\n\u2577\n\u2502 Error: boom\n");
}

TEST(Cause, LeavesOutTheWarningAboutTheProgramsOwnConfiguration) {
  auto warning = std::string{
    "There are some problems with the CLI configuration:\n"
    "\u2577\n\u2502 Warning: Unable to open CLI configuration file\n"
    "\u2502\n\u2575\n\n"};
  EXPECT_EQ(cause(warning + "\nError: boom\n"),
            "exit status 1\n\nError: boom\n");
  EXPECT_EQ(cause(warning, 2), "exit status 2");
}

TEST(Failure, IsAMatterOfLocksBeforeItIsOneOfStates) {
  auto of = [](const char* text) {
    return to_string(classify({.exit_code = 1, .error_output = text}));
  };
  EXPECT_STREQ(of("Error: error loading state: failed to lock state in Consul:"
                  " Lock Info:"),
               "lock");
  EXPECT_STREQ(of("Error acquiring the state lock"), "lock");
  EXPECT_STREQ(of("Error: Error loading state: no route"), "backend");
  EXPECT_STREQ(of("Error: Failed to get existing workspaces: x"), "backend");
  EXPECT_STREQ(of("Please run \"terraform init\""), "init_needed");
  EXPECT_STREQ(of("Error: Unsupported argument"), "config");
  EXPECT_STREQ(of("Error: local-exec provisioner error"), "provider");
  EXPECT_STREQ(to_string(classify({.stopped = true})), "interrupted");
}

TEST(Validation, IsAbsentWithoutJson) {
  EXPECT_FALSE(parse_validation("boom", "t"));
  EXPECT_FALSE(parse_validation("{}", "t"));
}

TEST(Validation, NamesMissingVariablesInAFriendlyWay) {
  auto text = parse_validation(R"({"valid": false, "diagnostics": [
    {"severity": "error", "summary": "Unsupported argument",
     "detail": "An argument named \"consul_kv\" is not expected here.",
     "range": {"filename": "main.tf", "start": {"line": 19}}}]})",
                               "web")
                .value()
                .text;
  EXPECT_EQ(text, "\nmodule for task \"web\" is missing the \"consul_kv\" "
                  "variable, add to module or set \"use_as_module_input\" to "
                  "false (on main.tf line 19)\n");
}

TEST(Validation, ShowsThePlaceOfOtherMistakes) {
  auto text = parse_validation(R"({"valid": false, "diagnostics": [
    {"severity": "error", "summary": "Bad", "detail": "Very.",
     "range": {"filename": "m.tf", "start": {"line": 3}},
     "snippet": {"context": null, "code": "x = y", "start_line": 3}}]})",
                               "web")
                .value()
                .text;
  EXPECT_EQ(text, "\nerror: Bad\n\non m.tf line 3\n3:x = y\n\nVery.\n");
}

TEST(VersionOutput, IsReadFromJsonAndFromOldPrograms) {
  EXPECT_EQ(parse_version_output(R"({"terraform_version": "1.11.4"})").value(),
            (version{1, 11, 4, ""}));
  EXPECT_EQ(parse_version_output("Terraform v0.12.31\n\nYour version").value(),
            (version{0, 12, 31, ""}));
  EXPECT_FALSE(parse_version_output("hello"));
}

TEST(Version, RefusesWhatIsNone) {
  for (auto text : {"", "1", "1.", "1.2.x", "v1.2.3", "1.2.3 ", "1.2.3.4"})
    EXPECT_FALSE(parse_version(text)) << text;
  EXPECT_EQ(parse_version("1.2.3-rc1+ent").value(), (version{1, 2, 3, "rc1"}));
}

TEST(Version, IsSupportedBelowTwoWithoutPrereleases) {
  auto supported = [](const char* text) {
    return is_supported(parse_version(text).value());
  };
  EXPECT_TRUE(supported("0.13.0"));
  EXPECT_TRUE(supported("1.15.0"));
  EXPECT_FALSE(supported("0.12.31"));
  EXPECT_FALSE(supported("1.11.0-rc1"));
  EXPECT_FALSE(supported("2.0.0"));
}

TEST(ApplySummary, IsReadFromTheLastLine) {
  EXPECT_EQ(parse_apply_summary("x\nApply complete! Resources: 1 added, 2 "
                                "changed, 30 destroyed.\n"),
            (apply_summary{1, 2, 30}));
  EXPECT_FALSE(parse_apply_summary("Error"));
}

TEST(PlanText, IsWholeIfItIsShort) {
  EXPECT_EQ(plan_text("a\nb\n", 4), "a\nb\n");
}

TEST(PlanText, KeepsTheLastWholeLines) {
  EXPECT_EQ(plan_text("aaaa\nbb\ncc\n", 8), "bb\ncc\n");
}

TEST(PlanText, NeverBeginsWithinACharacter) {
  EXPECT_EQ(plan_text("\u00E9\u00E9\u00E9", 3), "\u00E9");
}

} // namespace
} // namespace cts::terraform
