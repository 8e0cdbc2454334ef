#include "core/go_duration.hpp"

#include <gtest/gtest.h>

#include <random>

namespace cts::go_duration {
namespace {

using namespace std::chrono_literals;

std::string refusal(std::string_view text) {
  auto parsed = parse(text);
  return parsed ? "accepted" : parsed.error().message;
}

TEST(GoDuration, AddsUpUnits) {
  EXPECT_EQ(parse("1h30m").value(), 90min);
  EXPECT_EQ(parse("1.5h").value(), 90min);
  EXPECT_EQ(parse(".5s").value(), 500ms);
  EXPECT_EQ(parse("-2m3.5s").value(), -123'500ms);
  EXPECT_EQ(parse("1\u00B5s").value(), 1us);
  EXPECT_EQ(parse("1\u03BCs2us").value(), 3us);
  EXPECT_EQ(parse("+5ns").value(), 5ns);
  EXPECT_EQ(parse("0").value(), 0ns);
  EXPECT_EQ(parse("-0").value(), 0ns);
}

TEST(GoDuration, RefusesInGosWords) {
  EXPECT_EQ(refusal("x"), "time: invalid duration \"x\"");
  EXPECT_EQ(refusal(""), "time: invalid duration \"\"");
  EXPECT_EQ(refusal("."), "time: invalid duration \".\"");
  EXPECT_EQ(refusal("5"), "time: missing unit in duration \"5\"");
  EXPECT_EQ(refusal("1d"), "time: unknown unit \"d\" in duration \"1d\"");
  EXPECT_EQ(refusal("1 s"), "time: unknown unit \" s\" in duration \"1 s\"");
  EXPECT_EQ(refusal("\"é"), "time: invalid duration \"\\\"\\xc3\\xa9\"");
}

TEST(GoDuration, HasTheRangeOf64BitNanoseconds) {
  EXPECT_EQ(parse("9223372036854775807ns").value().count(), INT64_MAX);
  EXPECT_EQ(parse("-9223372036854775808ns").value().count(), INT64_MIN);
  EXPECT_EQ(refusal("9223372036854775808ns"),
            "time: invalid duration \"9223372036854775808ns\"");
  EXPECT_EQ(refusal("9999999h"), "time: invalid duration \"9999999h\"");
}

TEST(GoDuration, PrintsAsGoDoes) {
  EXPECT_EQ(to_string(0s), "0s");
  EXPECT_EQ(to_string(5s), "5s");
  EXPECT_EQ(to_string(90s), "1m30s");
  EXPECT_EQ(to_string(2min), "2m0s");
  EXPECT_EQ(to_string(90min), "1h30m0s");
  EXPECT_EQ(to_string(24h), "24h0m0s");
  EXPECT_EQ(to_string(500ms), "500ms");
  EXPECT_EQ(to_string(5ns), "5ns");
  EXPECT_EQ(to_string(1500ns), "1.5\u00B5s");
  EXPECT_EQ(to_string(-1500ms), "-1.5s");
}

TEST(GoDurationProperty, PrintedDurationsReadBack) {
  auto random = std::mt19937_64{7};
  for (auto i = 0; i < 2000; ++i) {
    auto bits = random() >> (random() % 64);
    auto x = std::chrono::nanoseconds{static_cast<std::int64_t>(bits)};
    ASSERT_EQ(parse(to_string(x)).value(), x) << to_string(x);
  }
}

TEST(GoDurationText, IsWhatTheApiAndErrorsShow) {
  EXPECT_EQ(to_string(0s), "0s");
  EXPECT_EQ(to_string(5s), "5s");
  EXPECT_EQ(to_string(90s), "1m30s");
  EXPECT_EQ(to_string(1h), "1h0m0s");
  EXPECT_EQ(to_string(25h + 61s), "25h1m1s");
  EXPECT_EQ(to_string(1500ms), "1.5s");
  EXPECT_EQ(to_string(60s + 1ns), "1m0.000000001s");
  EXPECT_EQ(to_string(250ms), "250ms");
  EXPECT_EQ(to_string(1001us), "1.001ms");
  EXPECT_EQ(to_string(10500ns), "10.5µs");
  EXPECT_EQ(to_string(7ns), "7ns");
  EXPECT_EQ(to_string(-2s), "-2s");
  EXPECT_EQ(to_string(std::chrono::nanoseconds::min()),
            "-2562047h47m16.854775808s");
  EXPECT_EQ(to_string(10min), "10m0s");
  EXPECT_EQ(to_string(1h + 2s), "1h0m2s");
  EXPECT_EQ(to_string(20ms), "20ms");
}

} // namespace
} // namespace cts::go_duration
