#include "core/hcl/print.hpp"

#include "core/hcl/json.hpp"
#include "core/hcl/parser.hpp"

#include <gtest/gtest.h>

#include <random>

namespace cts::hcl {
namespace {

using kind = expression::kind;

expression text(std::string x) {
  return {.what = kind::string, .text = std::move(x), .items = {}};
}

/// The same without places, as text that tells every difference.
std::string shape_of(const body& items);

std::string shape_of(const expression& x) {
  auto shape = std::to_string(static_cast<int>(x.what)) + "<" + x.text + ">";
  for (const auto& each : x.elements)
    shape += "," + shape_of(each);
  return shape + shape_of(x.items);
}

std::string shape_of(const body& items) {
  auto shape = std::string{"{"};
  for (const auto& each : items) {
    for (const auto& name : each.keys)
      shape += std::to_string(name.text.size()) + ":" + name.text + " ";
    shape += each.assigned ? "=" : "";
    shape += each.dangling ? "?" : shape_of(each.value);
  }
  return shape + "}";
}

std::string reprinted(std::string_view source) {
  return print(parse(source).value());
}

TEST(HclPrint, IndentsAlignsAndSeparates) {
  EXPECT_EQ(reprinted("port=1 log_level = \"WARN\"  task \"web\" {"
                      "names=[\"a\",2,] x={y=1}} z=null"),
            "port      = 1\n"
            "log_level = \"WARN\"\n"
            "\n"
            "task \"web\" {\n"
            "  names = [\"a\", 2]\n"
            "\n"
            "  x = {\n"
            "    y = 1\n"
            "  }\n"
            "}\n"
            "\n"
            "z = null\n");
}

TEST(HclPrint, WritesRemarksBelowEachOther) {
  auto items = parse("a = 1 bcd = \"xyz\" c { d = 2 }").value();
  items[0].remark = "x.hcl:1";
  items[1].remark = "default";
  items[2].remark = "two\nlines";
  EXPECT_EQ(print(items), "a   = 1     # x.hcl:1\n"
                          "bcd = \"xyz\" # default\n"
                          "\n"
                          "c { # two?lines\n"
                          "  d = 2\n"
                          "}\n");
}

TEST(HclPrint, QuotesWhatIsNoWord) {
  EXPECT_EQ(reprinted("\"true\" = 1 \"a b\" = 2 \"c-d.e\" = 3 \"\" = 4"),
            "\"true\" = 1\n\"a b\"  = 2\nc-d.e  = 3\n\"\"     = 4\n");
}

TEST(HclPrint, KeepsInterpolationsThatAreComplete) {
  EXPECT_EQ(quote("${var.foo} \"q\"\n"), "\"${var.foo} \\\"q\\\"\\n\"");
  EXPECT_EQ(quote("${f(\"a\", {})}"), "\"${f(\"a\", {})}\"");
  EXPECT_EQ(quote("$${a"), "\"$\\x24{a\"");
  EXPECT_EQ(quote("${a\\n}"), "\"\\x24{a\\\\n}\"");
}

TEST(HclPrint, WritesBytesThatAreNoText) {
  EXPECT_EQ(quote(std::string{"\xff\0\x7f\t", 4}), "\"\\xff\\x00\\x7f\\t\"");
}

TEST(HclPrint, DoesNotWidenThousandsOfLinesForOne) {
  auto long_name = std::string(5'000, 'x');
  auto items = parse("a = 1 " + long_name + " = 2 b = 3").value();
  EXPECT_LT(print(items).size(), 5'100u);
}

std::string random_text(std::mt19937& random) {
  constexpr std::string_view pieces[]
    = {"a",  "b_c", "1",  " ",    "$",  "{",      "}",    "${", "\"",
       "\\", "\n",  "\r", "\xff", "\t", "\u00e9", "%{",   "é",  "true",
       "-",  ".",   "#",  "/*",   "<<", "${x}",   "\x01", "EOF"};
  auto made = std::string{};
  for (auto length = random() % 8; length > 0; --length)
    made += pieces[random() % std::size(pieces)];
  return made;
}

body random_body(std::mt19937& random, unsigned depth);

expression random_expression(std::mt19937& random, unsigned depth) {
  constexpr std::string_view numbers[] = {"1", "-7", "0x1f", "010", "12345678"};
  constexpr std::string_view decimals[] = {"1.5", ".5", "5.", "-1e3", "2E-7"};
  auto choice = random() % (depth > 0 ? 7 : 5);
  switch (choice) {
    case 0: return {.what = kind::null, .text = "null", .items = {}};
    case 1:
      return {.what = kind::boolean,
              .text = random() % 2 == 0 ? "true" : "false",
              .items = {}};
    case 2:
      return {.what = kind::integer,
              .text = std::string{numbers[random() % 5]},
              .items = {}};
    case 3:
      return {.what = kind::floating,
              .text = std::string{decimals[random() % 5]},
              .items = {}};
    case 4: return text(random_text(random));
    case 5: {
      auto list = expression{.what = kind::list, .items = {}};
      for (auto count = random() % 4; count > 0; --count)
        list.elements.push_back(random_expression(random, depth - 1));
      return list;
    }
    default:
      return {.what = kind::object, .items = random_body(random, depth - 1)};
  }
}

body random_body(std::mt19937& random, unsigned depth) {
  auto items = body{};
  for (auto count = random() % 5; count > 0; --count) {
    auto made = item{};
    made.assigned = random() % 3 != 0;
    auto names = made.assigned ? 1 : 1 + random() % 3;
    for (auto i = 0u; i < names; ++i)
      made.keys.push_back({.text = random_text(random)});
    made.value
      = made.assigned
          ? random_expression(random, depth)
          : expression{.what = kind::object,
                       .items
                       = depth > 0 ? random_body(random, depth - 1) : body{}};
    made.remark = random_text(random);
    items.push_back(std::move(made));
  }
  return items;
}

TEST(HclPrintProperty, IsReadBackAsTheSameItems) {
  for (auto seed = 0u; seed < 4000u; ++seed) {
    auto random = std::mt19937{seed};
    auto items = random_body(random, 4);
    if (!items.empty() && items.back().assigned && seed % 9 == 0)
      items.back()
        = {.keys = items.back().keys, .assigned = true, .dangling = true};
    auto printed = print(items);
    auto read = parse(printed);
    ASSERT_TRUE(read) << "seed " << seed << ": " << read.error().message << "\n"
                      << printed;
    ASSERT_EQ(shape_of(*read), shape_of(items)) << "seed " << seed;
  }
}

node random_node(std::mt19937& random, unsigned depth) {
  auto made = node{};
  made.what = static_cast<node::kind>(random() % (depth > 0 ? 7 : 5));
  switch (made.what) {
    case node::kind::null: break;
    case node::kind::boolean:
      made.text = random() % 2 == 0 ? "true" : "false";
      break;
    case node::kind::integer: made.what = node::kind::floating; [[fallthrough]];
    case node::kind::floating:
      made.text = random() % 2 == 0 ? "17" : "-1.5";
      break;
    case node::kind::string: made.text = random_text(random); break;
    case node::kind::list:
      for (auto count = random() % 4; count > 0; --count)
        made.elements.push_back(random_node(random, depth - 1));
      break;
    case node::kind::object:
      for (auto count = random() % 4; count > 0; --count)
        made.members.push_back(
          {.name = std::to_string(count) + random_text(random),
           .value = random_node(random, depth - 1)});
      break;
  }
  return made;
}

TEST(JsonPrintProperty, IsReadBackAsTheSameValues) {
  for (auto seed = 0u; seed < 4000u; ++seed) {
    auto random = std::mt19937{seed};
    auto root = node{.what = node::kind::object, .members = {}};
    root.members.push_back({.name = "x", .value = random_node(random, 4)});
    auto printed = print_json(root);
    auto read = parse_json(printed);
    ASSERT_TRUE(read) << "seed " << seed << ": " << read.error().message << "\n"
                      << printed;
    ASSERT_EQ(print_json(*read), printed) << "seed " << seed;
    if (printed.find("\uFFFD") == printed.npos) {
      ASSERT_EQ(to_go_string(*read), to_go_string(root)) << "seed " << seed;
    }
  }
}

TEST(JsonPrint, IndentsAndEscapes) {
  auto root
    = parse_json(R"({"a":[1,{"b":"\u0001\"\n"}],"c":{},"d":[]})").value();
  EXPECT_EQ(print_json(root), "{\n  \"a\": [\n    1,\n    {\n      \"b\": "
                              "\"\\u0001\\\"\\n\"\n    }\n  ],\n  \"c\": {},\n"
                              "  \"d\": []\n}\n");
}

} // namespace
} // namespace cts::hcl
