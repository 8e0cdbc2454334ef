#include "core/hcl/json.hpp"

#include "core/hcl/node.hpp"

#include <gtest/gtest.h>

namespace cts::hcl {
namespace {

std::string json(std::string_view text) {
  auto root = parse_json(text);
  return root ? to_go_string(*root) : root.error().message;
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

TEST(Json, RefusesNestingBeyondItsLimit) {
  EXPECT_EQ(json(std::string(100'000, '[')), "exceeded max depth");
}

TEST(Json, IsAnObjectAtTheTop) {
  using pair = std::pair<const char*, const char*>;
  for (auto [text, message] : {
         pair{"[]", "json: cannot unmarshal array into Go value of type "
                    "map[string]interface {}"},
         pair{"\"x\"", "json: cannot unmarshal string into Go value of type "
                       "map[string]interface {}"},
         pair{"1", "json: cannot unmarshal number into Go value of type "
                   "map[string]interface {}"},
       })
    EXPECT_EQ(json(text), message) << text;
}

TEST(HclJson, CollectsBlocksAsHclDoes) {
  auto items = parse_hcl_json(R"({"task": {"name": "a"}, "task": {"b": 1}})");
  EXPECT_EQ(to_go_string(to_node(std::move(*items)).value()),
            "map[task:[map[name:a] map[b:1]]]");
}

} // namespace
} // namespace cts::hcl
