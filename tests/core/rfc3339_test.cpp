#include "core/rfc3339.hpp"

#include <gtest/gtest.h>

#include <random>

namespace cts::rfc3339 {
namespace {

using namespace std::chrono;

TEST(Rfc3339, ShowsMicrosecondsInUtc) {
  auto time = wall_time{sys_days{2024y / May / 4} + 10h + 30min + 49s
                        + nanoseconds{45'080'999}};
  EXPECT_EQ(to_string(time), "2024-05-04T10:30:49.045080Z");
}

TEST(Rfc3339, ReadsOffsetsAndFractions) {
  auto noon = wall_time{sys_days{2024y / May / 4} + 12h};
  EXPECT_EQ(parse("2024-05-04T12:00:00Z"), noon);
  EXPECT_EQ(parse("2024-05-04T14:00:00+02:00"), noon);
  EXPECT_EQ(parse("2024-05-04T11:30:00.0-00:30"), noon);
  EXPECT_EQ(parse("2024-05-04T12:00:00.000000001Z"), noon + 1ns);
  EXPECT_EQ(parse("2024-05-04T12:00:00.0000000019Z"), noon + 1ns);
}

TEST(Rfc3339, RefusesWhatIsNoTime) {
  for (auto text : {"", "2024-05-04", "2024-05-04T12:00:00", "2024-05-04T12:00",
                    "2024-13-04T12:00:00Z", "2024-02-30T12:00:00Z",
                    "2024-05-04T24:00:00Z", "2024-05-04T12:00:00.Z",
                    "2024-05-04T12:00:00Zx", "9999-05-04T12:00:00Z"})
    EXPECT_FALSE(parse(text)) << text;
}

TEST(Rfc3339, ReadsBackWhatItWrites) {
  auto random = std::mt19937_64{7};
  for (auto i = 0; i < 1000; ++i) {
    auto time = wall_time{microseconds{std::uniform_int_distribution<long>{
      -1'000'000'000'000'000, 9'000'000'000'000'000}(random)}};
    EXPECT_EQ(parse(to_string(time)), time);
    EXPECT_EQ(to_microseconds(time + 999ns), time);
  }
}

} // namespace
} // namespace cts::rfc3339
