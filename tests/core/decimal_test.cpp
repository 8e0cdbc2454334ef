#include "core/decimal.hpp"

#include <gtest/gtest.h>

namespace cts::decimal {
namespace {

TEST(Decimal, HasOneCanonicalForm) {
  using pair = std::pair<const char*, const char*>;
  for (auto [text, form] :
       {pair{"1e3", "1000"}, pair{"1.10", "1.1"}, pair{"+007", "7"},
        pair{"-0.0", "0"}, pair{".5", "0.5"}, pair{"5.", "5"},
        pair{"12.5e-3", "0.0125"}, pair{"-1.25E1", "-12.5"}})
    EXPECT_EQ(canonical(text), form) << text;
}

TEST(Decimal, RefusesWhatIsNoNumberOrTooLarge) {
  for (auto text : {"", "-", ".", "1e", "1x", "1e400", "1e99999", "0x1"})
    EXPECT_FALSE(canonical(text)) << text;
  EXPECT_TRUE(canonical("1e308"));
  EXPECT_FALSE(canonical("1e309"));
}

TEST(Decimal, ReadsIntegersInGoNotation) {
  EXPECT_EQ(integer("010", false), 8);
  EXPECT_EQ(integer("-0x10", false), -16);
  EXPECT_EQ(integer("0o7", true), 7);
  EXPECT_EQ(integer("0b101", true), 5);
  EXPECT_EQ(integer("8_502", true), 8502);
  EXPECT_EQ(integer("0x_1f", true), 31);
  EXPECT_EQ(integer("-9223372036854775808", false), INT64_MIN);
}

TEST(Decimal, RefusesBadIntegers) {
  for (auto text : {"", "_1", "1_", "1__2", "08", "0o8", "abc", "1.5", " 1"})
    EXPECT_FALSE(integer(text, true)) << text;
  EXPECT_FALSE(integer("8_502", false));
  auto out_of_range = false;
  EXPECT_FALSE(integer("9223372036854775808", true, &out_of_range));
  EXPECT_TRUE(out_of_range);
}

TEST(Decimal, PrintsTheShortestTextWithoutExponent) {
  EXPECT_EQ(shortest(1.5), "1.5");
  EXPECT_EQ(shortest(1e21), "1000000000000000000000");
  EXPECT_EQ(shortest(1e-7), "0.0000001");
}

} // namespace
} // namespace cts::decimal
