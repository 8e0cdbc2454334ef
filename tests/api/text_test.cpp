#include "api/json_text.hpp"
#include "api/time_text.hpp"

#include <gtest/gtest.h>

using namespace cts;
using namespace cts::api;
using namespace std::chrono_literals;

namespace {

constexpr auto noon = wall_time{1714818649s};

zone_offset zone(std::chrono::seconds offset) {
  return [offset](wall_time) { return offset; };
}

} // namespace

TEST(TimeText, LeavesOutTheZerosOfTheFraction) {
  EXPECT_EQ(time_text(noon, {}), "2024-05-04T10:30:49Z");
  EXPECT_EQ(time_text(noon + 45080us, {}), "2024-05-04T10:30:49.04508Z");
  EXPECT_EQ(time_text(noon + 1ns, {}), "2024-05-04T10:30:49.000000001Z");
  EXPECT_EQ(time_text(noon - 1ns, {}), "2024-05-04T10:30:48.999999999Z");
}

TEST(TimeText, IsInTheZoneOfTheServer) {
  EXPECT_EQ(time_text(noon, zone(2h)), "2024-05-04T12:30:49+02:00");
  EXPECT_EQ(time_text(noon, zone(-3h - 30min)), "2024-05-04T07:00:49-03:30");
  EXPECT_EQ(time_text(noon, zone(0s)), "2024-05-04T10:30:49Z");
}

TEST(TimeText, HasMillisecondsInLogs) {
  EXPECT_EQ(log_time_text(noon, {}), "2024-05-04T10:30:49.000Z");
  EXPECT_EQ(log_time_text(noon + 45999us, zone(2h)),
            "2024-05-04T12:30:49.045+0200");
}

TEST(JsonText, EscapesWhatGoEscapes) {
  EXPECT_EQ(go_json_text("a->b <&>"), "a-\\u003eb \\u003c\\u0026\\u003e");
  EXPECT_EQ(go_json_text("x\u2028y\u2029z"), "x\\u2028y\\u2029z");
  EXPECT_EQ(go_json_text("grün €  𝄞"), "grün €  𝄞");
}

TEST(JsonText, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(go_json_text("a\xff"
                         "b"),
            "a\uFFFDb");
  EXPECT_EQ(go_json_text("\xc3"), "\uFFFD");
  EXPECT_EQ(go_json_text("\xe2\x82"), "\uFFFD\uFFFD");
  EXPECT_EQ(go_json_text("\xc0\xaf"), "\uFFFD\uFFFD");
  EXPECT_EQ(go_json_text("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(go_json_text("\xf4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");
}
