#include "core/hcl/node.hpp"

#include "core/hcl/parser.hpp"

#include <gtest/gtest.h>

namespace cts::hcl {
namespace {

std::string dump(std::string_view text) {
  return to_go_string(to_node(parse(text).value()).value());
}

TEST(HclNode, TurnsLabelsIntoNesting) {
  EXPECT_EQ(dump("a \"b\" \"c\" { d = 1 }"),
            "map[a:[map[b:[map[c:[map[d:1]]]]]]]");
}

TEST(HclNode, LetsTheLastScalarWin) {
  EXPECT_EQ(dump("a = 1 a = 2"), "map[a:2]");
  EXPECT_EQ(dump("a { } a = 2"), "map[a:2]");
  EXPECT_EQ(dump("a = [1] a { b = 2 }"), "map[a:[map[b:2]]]");
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

} // namespace
} // namespace cts::hcl
