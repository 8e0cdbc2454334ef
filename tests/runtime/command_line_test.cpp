#include "runtime/command_line.hpp"

#include <gtest/gtest.h>

namespace cts {
namespace {

using words = std::vector<std::string>;

start_command started(const words& xs) {
  auto order = parse_command_line(xs);
  return std::get<start_command>(order);
}

spoken_command spoken(const words& xs) {
  auto order = parse_command_line(xs);
  return std::get<spoken_command>(order);
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

TEST(CommandLine, TakesOptionsInEachOfGosSpellings) {
  auto order = started({"start", "-config-file=a.hcl", "--config-dir", "d",
                        "-config-file", "b.hcl", "-once"});
  EXPECT_EQ(order.paths, (words{"a.hcl", "d", "b.hcl"}));
  EXPECT_TRUE(order.once);
  EXPECT_FALSE(order.without_command);
}

TEST(CommandLine, InspectsAllTasksOrThoseThatAreNamed) {
  auto all = started({"start", "-config-file=a", "-inspect"});
  EXPECT_TRUE(all.inspect);
  EXPECT_TRUE(all.inspect_tasks.empty());
  auto some = started(
    {"start", "-config-file=a", "-inspect-task=b", "-inspect-task", "a"});
  EXPECT_TRUE(some.inspect);
  EXPECT_EQ(some.inspect_tasks, (words{"b", "a"}));
}

TEST(CommandLine, TakesTruthInEachOfGosSpellings) {
  EXPECT_TRUE(started({"start", "-config-file=a", "-once=T"}).once);
  EXPECT_FALSE(started({"start", "-config-file=a", "-once=false"}).once);
  EXPECT_FALSE(started({"start", "-config-file=a", "-once", "-once=0"}).once);
}

TEST(CommandLine, StopsAtTheFirstWordThatIsNoOption) {
  auto order = started({"start", "-config-file=a", "extra", "-once"});
  EXPECT_FALSE(order.once);
  EXPECT_EQ(order.paths, words{"a"});
}

// What a shell makes of `-config-file *.hcl`.
TEST(CommandLine, LeavesNoFileUnchecked) {
  for (const auto& command : {words{"validate"}, words{"config", "show"}}) {
    auto all = command;
    all.insert(all.end(), {"-config-file", "a.hcl", "b.hcl"});
    auto said = spoken(all);
    EXPECT_EQ(said.exit_code, 14);
    EXPECT_EQ(first_line(said.out + said.err), "unexpected argument: b.hcl");
  }
}

TEST(CommandLine, KnowsTwoWaysToAskForJson) {
  auto json = [](const char* option) {
    auto order = parse_command_line({"validate", "-config-file=a", option});
    return std::get<validate_command>(order).json;
  };
  EXPECT_TRUE(json("-json"));
  EXPECT_TRUE(json("-format=json"));
  EXPECT_FALSE(json("-format=text"));
  auto shown
    = parse_command_line({"config", "show", "-config-file=a", "-format=json"});
  EXPECT_TRUE(std::get<show_command>(shown).json);
  EXPECT_EQ(spoken({"validate", "-config-file=a", "-format=xml"}).exit_code,
            14);
}

TEST(CommandLine, PrintsTheVersionInTwoLines) {
  for (const auto* word : {"-v", "-version", "--version"}) {
    auto text = spoken({word, "-config-file=x.hcl"});
    EXPECT_EQ(text.exit_code, 0);
    EXPECT_TRUE(text.out.starts_with("consul-terraform-sync v"));
    EXPECT_NE(text.out.find("\nCompatible with Terraform "), std::string::npos);
  }
}

TEST(CommandLine, HelpsOnStandardOutput) {
  EXPECT_EQ(first_line(spoken({"-h"}).out),
            "Usage CLI: consul-terraform-sync <command> [-help] [options]");
  EXPECT_EQ(first_line(spoken({"start", "-h"}).out),
            "Usage CLI: consul-terraform-sync start [-help] [options]");
  EXPECT_EQ(spoken({"-config-file=nope.hcl", "-h"}).exit_code, 0);
}

TEST(CommandLine, MissesAConfiguration) {
  auto text = spoken({"start"});
  EXPECT_EQ(text.exit_code, 13);
  EXPECT_EQ(text.err, "==> unable to start consul-terraform-sync\n");
  EXPECT_NE(text.out.find("no config file provided"), std::string::npos);
  EXPECT_EQ(spoken({}).exit_code, 13);
  EXPECT_EQ(spoken({}).err, "");
}

TEST(CommandLine, NamesWhatItCannotParse) {
  auto complaint = [](const words& xs) {
    auto text = spoken(xs);
    EXPECT_EQ(text.exit_code, 14);
    return first_line(text.out);
  };
  EXPECT_EQ(complaint({"start", "--bogus"}),
            "flag provided but not defined: -bogus");
  EXPECT_EQ(complaint({"start", "-version"}),
            "flag provided but not defined: -version");
  EXPECT_EQ(complaint({"-config-file"}),
            "flag needs an argument: -config-file");
  EXPECT_EQ(complaint({"start", "-once=maybe"}),
            "invalid boolean value \"maybe\" for -once: parse error");
  EXPECT_EQ(complaint({"start", "---x"}), "bad flag syntax: ---x");
}

TEST(CommandLine, DoesNotKnowOtherCommands) {
  for (const auto* word : {"bogus", "help"}) {
    auto text = spoken({word});
    EXPECT_EQ(text.exit_code, 127);
    EXPECT_EQ(text.out, "");
    EXPECT_NE(text.err.find("Usage CLI:"), std::string::npos);
  }
}

TEST(CommandLine, StartsWithoutACommandAsLongAsItIsSupported) {
  EXPECT_TRUE(started({"-config-file=a"}).without_command);
}

TEST(CommandLine, TakesTheOrderToResetTheStoredState) {
  auto parsed
    = parse_command_line({"start", "-config-file", "a.hcl", "-reset-storage"});
  ASSERT_TRUE(std::holds_alternative<start_command>(parsed));
  EXPECT_TRUE(std::get<start_command>(parsed).reset_storage);
}

TEST(CommandLine, ValidatesInEitherSpelling) {
  for (const auto& command : {words{"validate"}, words{"config", "validate"}}) {
    auto xs = command;
    for (const auto* word : {"-config-dir=d", "-json", "-strict"})
      xs.emplace_back(word);
    auto order = parse_command_line(xs);
    ASSERT_TRUE(std::holds_alternative<validate_command>(order));
    const auto& parsed = std::get<validate_command>(order);
    EXPECT_EQ(parsed.paths, words{"d"});
    EXPECT_TRUE(parsed.json);
    EXPECT_TRUE(parsed.strict);
  }
}

TEST(CommandLine, ShowsAConfiguration) {
  auto order = parse_command_line({"config", "show", "-config-file", "a.hcl"});
  ASSERT_TRUE(std::holds_alternative<show_command>(order));
  EXPECT_EQ(std::get<show_command>(order).paths, words{"a.hcl"});
  EXPECT_FALSE(std::get<show_command>(order).json);
}

TEST(CommandLine, HelpsWithTheCommandsForConfigurations) {
  EXPECT_EQ(first_line(spoken({"validate", "-h"}).out),
            "Usage CLI: consul-terraform-sync validate [-help] [options]");
  EXPECT_EQ(first_line(spoken({"config", "show", "-h"}).out),
            "Usage CLI: consul-terraform-sync config show [-help] [options]");
  EXPECT_NE(spoken({"config"}).out.find("config show"), std::string::npos);
  EXPECT_EQ(spoken({"config", "bogus"}).exit_code, 127);
  EXPECT_EQ(spoken({"validate"}).exit_code, 13);
  auto wrong = spoken({"validate", "-once", "-config-file=a"});
  EXPECT_EQ(wrong.exit_code, 14);
  EXPECT_EQ(first_line(wrong.out), "flag provided but not defined: -once");
}

TEST(CommandLine, AsksTheClusterWhereItIsTold) {
  auto order
    = parse_command_line({"cluster", "status", "-http-addr=http://h:1",
                          "-ca-cert", "ca", "-ssl-verify=false", "-json"});
  ASSERT_TRUE(std::holds_alternative<cluster_command>(order));
  const auto& parsed = std::get<cluster_command>(order);
  EXPECT_EQ(parsed.what, cluster_command::action::status);
  EXPECT_EQ(parsed.client.http_addr, "http://h:1");
  EXPECT_EQ(parsed.client.ca_cert, "ca");
  EXPECT_EQ(parsed.client.ssl_verify, false);
  EXPECT_TRUE(parsed.json);
  EXPECT_TRUE(parsed.follow_leader);
}

TEST(CommandLine, HasTheLeaderStepDown) {
  auto order
    = parse_command_line({"cluster", "step-down", "-follow-leader=false"});
  ASSERT_TRUE(std::holds_alternative<cluster_command>(order));
  const auto& parsed = std::get<cluster_command>(order);
  EXPECT_EQ(parsed.what, cluster_command::action::step_down);
  EXPECT_FALSE(parsed.client.http_addr);
  EXPECT_FALSE(parsed.client.ssl_verify);
  EXPECT_FALSE(parsed.follow_leader);
}

TEST(CommandLine, HelpsWithTheCommandsForClusters) {
  auto help = spoken({"cluster", "status", "-h"}).out;
  EXPECT_EQ(first_line(help),
            "Usage CLI: consul-terraform-sync cluster status [-help] "
            "[options]");
  EXPECT_NE(help.find("-http-addr [Default: http://localhost:8558]"),
            std::string::npos);
  EXPECT_NE(help.find("-ssl-verify [Default: true]"), std::string::npos);
  EXPECT_NE(spoken({"cluster"}).out.find("cluster step-down"),
            std::string::npos);
  EXPECT_EQ(spoken({"cluster", "bogus"}).exit_code, 127);
  auto wrong = spoken({"cluster", "status", "-port=abc"});
  EXPECT_EQ(wrong.exit_code, 14);
  EXPECT_EQ(first_line(wrong.out),
            "invalid value \"abc\" for flag -port: parse error");
}

} // namespace
} // namespace cts
