#include "runtime/log_format.hpp"

#include <gtest/gtest.h>

namespace cts {
namespace {

using namespace std::chrono;

constexpr auto noon = sys_days{2024y / May / 4} + 10h + 38min + 24s + 568ms;

std::string text(log::level level, std::string_view component,
                 std::string_view sentence, const log::fields& fields,
                 seconds offset = 0s) {
  return format_line({.level = level,
                      .component = component,
                      .sentence = sentence,
                      .fields = fields},
                     noon, offset);
}

TEST(LogFormat, WritesTimeLevelComponentSentenceAndFields) {
  EXPECT_EQ(
    text(log::level::info, "ctrl", "task completed", {{"task_name", "web"}}),
    "2024-05-04T10:38:24.568Z [INFO]  ctrl: task completed: "
    "task_name=web");
  EXPECT_EQ(text(log::level::error, "cli", "graceful shutdown", {}),
            "2024-05-04T10:38:24.568Z [ERROR] cli: graceful shutdown");
}

TEST(LogFormat, WritesFieldsAloneWhereThereIsNoSentence) {
  EXPECT_EQ(text(log::level::error, "ha.compat", "", {{"error", "no module"}}),
            "2024-05-04T10:38:24.568Z [ERROR] ha.compat: error=\"no module\"");
}

TEST(LogFormat, ShowsLocalTimeWithItsOffset) {
  EXPECT_EQ(text(log::level::warn, "x", "y", {}, 2h),
            "2024-05-04T12:38:24.568+0200 [WARN]  x: y");
  EXPECT_EQ(text(log::level::warn, "x", "y", {}, -(3h + 30min)),
            "2024-05-04T07:08:24.568-0330 [WARN]  x: y");
}

TEST(LogFormat, QuotesValuesWithOtherThanPlainCharacters) {
  auto field = [](const std::string& value) {
    auto line = text(log::level::info, "a", "b", {{"k", value}});
    return line.substr(line.find("k="));
  };
  EXPECT_EQ(field("/v1/tasks?x={[]}"), "k=/v1/tasks?x={[]}");
  EXPECT_EQ(field(""), "k=\"\"");
  EXPECT_EQ(field("a b"), "k=\"a b\"");
  EXPECT_EQ(field("a,b"), "k=\"a,b\"");
  EXPECT_EQ(field("say \"no\"\t"), "k=\"say \\\"no\\\"\\t\"");
}

// Chapter cli 15.1, byte for byte.
TEST(LogFormat, WritesAValueOfSeveralLinesAsABlock) {
  EXPECT_EQ(text(log::level::error, "tasksmanager", "error applying task",
                 {{"task_name", "t1"},
                  {"error", "error tf-apply for 't1': exit status 1\n\nError: "
                            "local-exec provisioner error\n"}}),
            "2024-05-04T10:38:24.568Z [ERROR] tasksmanager: error applying "
            "task: task_name=t1\n"
            "  error=\n"
            "  | error tf-apply for 't1': exit status 1\n"
            "  | \n"
            "  | Error: local-exec provisioner error\n"
            "  ");
}

TEST(LogFormat, EndsTheHeaderWithAColonIfABlockComesFirst) {
  auto line = text(log::level::error, "cli", "error running controller",
                   {{"error", "a\nb"}, {"code", "11"}});
  EXPECT_NE(line.find("controller:\n  error=\n  | a\n  | b\n   code=11"),
            std::string::npos)
    << line;
}

} // namespace
} // namespace cts
