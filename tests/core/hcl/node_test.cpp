#include "core/hcl/node.hpp"

#include "core/hcl/json.hpp"
#include "core/hcl/parser.hpp"

#include <gtest/gtest.h>

namespace cts::hcl {
namespace {

std::string dump(std::string_view text) {
  return to_go_string(to_node(parse(text).value()).value());
}

std::string json(std::string_view text) {
  auto root = parse_json(text);
  return root ? to_go_string(*root) : root.error().message;
}

TEST(HclNode, TurnsLabelsIntoNesting) {
  EXPECT_EQ(dump("a \"b\" \"c\" { d = 1 }"),
            "map[a:[map[b:[map[c:[map[d:1]]]]]]]");
}

TEST(HclNode, LetsTheLastScalarWin) {
  EXPECT_EQ(dump("a = 1 a = 2"), "map[a:2]");
  EXPECT_EQ(dump("a { } a = 2"), "map[a:2]");
}

TEST(HclNode, DropsALastKeyWithoutValue) {
  EXPECT_EQ(dump("a = 1 b ="), "map[a:1]");
}

TEST(HclNode, JoinsRepeatedListsAndCollectsRepeatedBlocks) {
  EXPECT_EQ(dump("a = [\"x\"] a = [\"y\"]"), "map[a:[x y]]");
  EXPECT_EQ(dump("a { x = 1 } a = { y = 2 }"), "map[a:[map[x:1] map[y:2]]]");
}

TEST(HclNode, WritesNumbersInCanonicalForm) {
  EXPECT_EQ(dump("a = [010, 0x10, -3, 1.50, 1e3, .5, 5.]"),
            "map[a:[8 16 -3 1.5 1000 0.5 5]]");
}

TEST(HclNode, RefusesAnIntegerBeyond64Bits) {
  EXPECT_TRUE(to_node(parse("a = 9223372036854775807").value()));
  auto large = to_node(parse("a = 9223372036854775808").value());
  EXPECT_EQ(large.error().message,
            "At 1:5: cannot convert 9223372036854775808 to a number: value out "
            "of range");
}

TEST(HclNode, FindsEachOfManyMembers) {
  auto text = std::string{};
  for (auto round : {1, 2})
    for (auto i = 0; i < 100; ++i)
      text
        += "k" + std::to_string(i) + " = " + std::to_string(i * round) + "\n";
  auto root = to_node(parse(text).value()).value();
  ASSERT_EQ(root.members.size(), 100u);
  EXPECT_EQ(root.find("k7")->value.text, "14");
  EXPECT_EQ(root.find("k99")->value.text, "198");
  EXPECT_EQ(root.find("k99")->where.line, 200u);
}

TEST(Json, KeepsTheLastOfRepeatedKeys) {
  EXPECT_EQ(json(R"({"a": 1, "b": {"c": [true, null]}, "a": "x"})"),
            "map[a:x b:map[c:[true <nil>]]]");
}

TEST(Json, IsEmptyWhenNull) {
  EXPECT_EQ(json(" null "), "map[]");
}

TEST(Json, KnowsWhereEachValueIs) {
  auto root = parse_json("{\n  \"é\": {\"b\" : 12 ,\n \"c\":\"x\"}\n}").value();
  const auto& outer = root.members.at(0);
  EXPECT_EQ(outer.where, (span{2, 3, 2, 6}));
  const auto& b = outer.value.members.at(0);
  EXPECT_EQ(b.where, (span{2, 9, 2, 12}));
  EXPECT_EQ(b.value.where, (span{2, 15, 2, 17}));
  EXPECT_EQ(outer.value.members.at(1).value.where, (span{3, 6, 3, 9}));
}

TEST(Json, KeepsEveryDigitOfANumber) {
  EXPECT_EQ(json(R"({"a": 9007199254740993, "b": 1.50e2})"),
            "map[a:9007199254740993 b:150]");
}

TEST(Json, SaysWhatIsWrongInTheWordsOfGo) {
  using pair = std::pair<const char*, const char*>;
  for (auto [text, message] : {
         pair{"", "unexpected end of JSON input"},
         pair{"{\"a\":", "unexpected end of JSON input"},
         pair{"// x", "invalid character '/' looking for beginning of value"},
         pair{"{} {", "invalid character '{' after top-level value"},
         pair{"{\"a\" 1}", "invalid character '1' after object key"},
         pair{"{\"a\":1,}", "invalid character '}' looking for beginning of "
                            "object key string"},
         pair{"{\"a\":1 \"b\"}", "invalid character '\"' after object "
                                 "key:value pair"},
         pair{"[1 2]", "invalid character '2' after array element"},
         pair{"{\"a\":\"\n\"}", "invalid character '\\n' in string literal"},
         pair{"{\"a\":\"\\q\"}", "invalid character 'q' in string escape code"},
         pair{"{\"a\":tru}", "invalid character '}' in literal true "
                             "(expecting 'e')"},
         pair{"{\"a\":01}", "invalid character '1' after object key:value "
                            "pair"},
         pair{"[]", "json: cannot unmarshal array into Go value of type "
                    "map[string]interface {}"},
         pair{"\"x\"", "json: cannot unmarshal string into Go value of type "
                       "map[string]interface {}"},
         pair{"1", "json: cannot unmarshal number into Go value of type "
                   "map[string]interface {}"},
       })
    EXPECT_EQ(json(text), message) << text;
}

TEST(Json, RefusesNestingBeyondItsLimit) {
  EXPECT_EQ(json(std::string(100'000, '[')), "exceeded max depth");
}

TEST(HclJson, CollectsBlocksAsHclDoes) {
  auto items = parse_hcl_json(R"({"task": {"name": "a"}, "task": {"b": 1}})");
  EXPECT_EQ(to_go_string(to_node(std::move(*items)).value()),
            "map[task:[map[name:a] map[b:1]]]");
}

} // namespace
} // namespace cts::hcl
