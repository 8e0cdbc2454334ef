#include "core/ha/json.hpp"

#include <gtest/gtest.h>

#include <random>

namespace cts::ha {
namespace {

std::string again(std::string_view text) {
  auto x = parse_json(text);
  return x ? json_text(*x) : x.error().message;
}

TEST(RecordJson, KeepsEachDigitOfANumber) {
  EXPECT_EQ(again(R"([12345678901234567890123.000000000000000000001, -0.1])"),
            "[12345678901234567890123.000000000000000000001,-0.1]");
  EXPECT_EQ(again("[18446744073709551616]"), "[18446744073709551616]");
}

TEST(RecordJson, SortsMembersAndTakesTheLastOfTwo) {
  EXPECT_EQ(again(R"({"b": null, "a": [true, false], "b": {"c": "x"}})"),
            R"({"a":[true,false],"b":{"c":"x"}})");
}

TEST(RecordJson, EscapesWhatAStringCannotHold) {
  auto text = std::string{"q\" b\\ n\n t\t r\r \x01 \xC3\xA4 "} + '\0' + "\xFF";
  auto x = parse_json(json_text({list{{text}}}));
  ASSERT_TRUE(x) << x.error().message;
  auto expected = text;
  expected.replace(expected.size() - 1, 1, "\xEF\xBF\xBD");
  EXPECT_EQ(*x, value{list{{expected}}});
}

TEST(RecordJson, RefusesWhatIsNone) {
  for (auto text : {"", "{", "[1,]", "{\"a\" 1}", "[1] x", "tru", "[01]", "7"})
    EXPECT_FALSE(parse_json(text)) << text;
  EXPECT_FALSE(parse_json("[\"\xFF\"]"));
}

TEST(RecordJson, RefusesBottomlessNesting) {
  EXPECT_FALSE(parse_json(std::string(100'000, '[')));
  auto deep
    = std::string(json_depth_max, '[') + std::string(json_depth_max, ']');
  EXPECT_TRUE(parse_json(deep));
  EXPECT_FALSE(parse_json("[" + deep + "]"));
  EXPECT_TRUE(parse_json("[\"" + std::string(1000, '[') + "\"]"));
}

TEST(RecordJson, MergesObjectsThatAreInBoth) {
  auto rest = object{{"a", {object{{"x", {true}}, {"y", {false}}}}},
                     {"b", {std::string{"kept"}}}};
  auto known = object{{"a", {object{{"y", {true}}}}}, {"c", {}}};
  EXPECT_EQ(merged(rest, known),
            (object{{"a", {object{{"x", {true}}, {"y", {true}}}}},
                    {"b", {std::string{"kept"}}},
                    {"c", {}}}));
}

TEST(RecordJson, TellsTheFirstMemberOfAWrongType) {
  auto from = members{{{"n", {std::string{"x"}}}, {"s", {true}}}};
  auto count = std::uint64_t{5};
  auto text = std::string{"default"};
  from.read("absent", text);
  from.read("n", count);
  from.read("s", text);
  ASSERT_TRUE(from.problem());
  EXPECT_EQ(from.problem()->message, "member 'n' is no number");
  EXPECT_EQ(count, 5u);
  EXPECT_EQ(text, "default");
}

TEST(RecordJson, SurvivesAnyBytes) {
  constexpr auto letters = std::string_view{"{}[]\",:0123e-.tfn\\u \xC3\xFF"};
  auto random = std::mt19937{11};
  for (auto i = 0; i < 20'000; ++i) {
    auto text = std::string{};
    for (auto n = random() % 24; n > 0; --n)
      text += letters[random() % letters.size()];
    if (auto x = parse_json(text)) {
      EXPECT_EQ(parse_json(json_text(*x)).value(), *x) << text;
    }
  }
}

} // namespace
} // namespace cts::ha
