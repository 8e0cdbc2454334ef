#include "core/hcl/parser.hpp"

#include <gtest/gtest.h>

namespace cts::hcl {
namespace {

expression value_of(std::string_view text) {
  auto file = parse("x = " + std::string{text} + "\n");
  EXPECT_TRUE(file) << text << ": " << (file ? "" : file.error().message);
  if (!file || file->size() != 1)
    return {};
  return file->front().value;
}

std::string string_of(std::string_view text) {
  auto value = value_of(text);
  EXPECT_EQ(value.what, expression::kind::string);
  return value.text;
}

std::string refusal(std::string_view text) {
  auto file = parse(text);
  return file ? "accepted" : file.error().message;
}

TEST(HclParser, KeepsNamesLabelsAndTheirPlaces) {
  auto file = parse("\n  task \"web\" { }").value();
  ASSERT_EQ(file.size(), 1u);
  EXPECT_EQ(file[0].keys[0].text, "task");
  EXPECT_EQ(file[0].keys[0].where, (span{2, 3, 2, 7}));
  EXPECT_EQ(file[0].keys[1].text, "web");
  EXPECT_EQ(file[0].keys[1].where, (span{2, 8, 2, 13}));
  EXPECT_EQ(file[0].value.where, (span{2, 14, 2, 17}));
}

TEST(HclParser, CountsColumnsInCodePoints) {
  auto file = parse("é = 1 ü = 2").value();
  EXPECT_EQ(file[1].keys[0].where, (span{1, 7, 1, 8}));
}

TEST(HclParser, CountsLabelsAsNesting) {
  auto block = [](std::size_t labels) {
    auto text = std::string{"a"};
    for (auto i = std::size_t{0}; i < labels; ++i)
      text += " b";
    return text + " { }";
  };
  EXPECT_TRUE(parse(block(99)));
  EXPECT_FALSE(parse(block(100)));
  EXPECT_FALSE(parse("x { " + block(99) + " }"));
  EXPECT_FALSE(parse(block(100'000)));
}

TEST(HclParser, NeedsNoSeparatorBetweenItems) {
  EXPECT_EQ(parse("a = 1 b = 2, c { d = 3 e = 4, }").value().size(), 3u);
}

TEST(HclParser, AcceptsALineBreakBeforeAValue) {
  EXPECT_EQ(parse("a =\n 1").value()[0].value.text, "1");
}

TEST(HclParser, MarksALastKeyWithoutValue) {
  auto file = parse("a = 1\nb =").value();
  ASSERT_EQ(file.size(), 2u);
  EXPECT_FALSE(file[0].dangling);
  EXPECT_TRUE(file[1].dangling);
  EXPECT_FALSE(parse("a { b ="));
}

TEST(HclParser, DecodesEscapes) {
  EXPECT_EQ(string_of(R"("\a\b\f\n\r\t\v\\\"\101\x41\u00e9\U0001F600")"),
            "\a\b\f\n\r\t\v\\\"AAé😀");
}

TEST(HclParser, KeepsInterpolationVerbatim) {
  EXPECT_EQ(string_of(R"("${var.foo} \"q\" \u00e9")"), "${var.foo} \"q\" é");
  EXPECT_EQ(string_of("\"${f(\"a\n{}\\n\")} b\""), "${f(\"a\n{}\\n\")} b");
  EXPECT_EQ(string_of(R"("%{x} $x")"), "%{x} $x");
}

TEST(HclParser, KeepsAHeredocVerbatim) {
  EXPECT_EQ(string_of("<<EOF\n a\\n\n\"b\"\n  EOF"), " a\\n\n\"b\"\n");
  EXPECT_EQ(string_of("<<EOF\nEOF"), "");
}

TEST(HclParser, UnindentsADashedHeredocByItsTerminator) {
  EXPECT_EQ(string_of("<<-EOF\n    l1\n      l2\n    EOF"), "l1\n  l2\n");
  EXPECT_EQ(string_of("<<-EOF\n  l1\n l2\n  EOF"), "  l1\n l2\n");
  EXPECT_EQ(string_of("<<-EOF\n a\nEOF"), " a\n");
}

TEST(HclParser, ReadsNumbersOfEachNotation) {
  for (auto text : {"0", "10", "-3", "0x1F", "-0x1f", "010"})
    EXPECT_EQ(value_of(text).what, expression::kind::integer) << text;
  for (auto text : {"1.5", ".5", "5.", "1e3", "-1.5E-3"})
    EXPECT_EQ(value_of(text).what, expression::kind::floating) << text;
}

TEST(HclParser, ToleratesCommasAndCommentsInLists) {
  auto list = value_of("[,1, # one\n 2 /* two */,\n]");
  ASSERT_EQ(list.elements.size(), 2u);
  EXPECT_EQ(list.elements[1].where, (span{2, 2, 2, 3}));
}

TEST(HclParser, TakesNullForUnset) {
  EXPECT_EQ(value_of("null").what, expression::kind::null);
}

TEST(HclParser, SkipsAByteOrderMarkAndCarriageReturns) {
  EXPECT_EQ(parse("\xEF\xBB\xBF"
                  "a = 1\r\n")
              .value()[0]
              .keys[0]
              .where,
            (span{1, 1, 1, 2}));
}

TEST(HclParser, SaysWhereAndWhatIsWrong) {
  using pair = std::pair<const char*, const char*>;
  for (auto [text, message] : {
         pair{"log_level = WARN", "At 1:13: Unknown token: 1:13 IDENT WARN"},
         pair{"a = 'x'", "At 1:5: illegal char"},
         pair{"a = \"x\n", "At 1:5: literal not terminated"},
         pair{"a = \"${x\"", "At 1:5: literal not terminated"},
         pair{"a = \"\\q\"", "At 1:7: illegal char escape"},
         pair{"/* x", "At 1:1: comment not terminated"},
         pair{"a = <<E\nx", "At 1:5: heredoc not terminated"},
         pair{"a {", "At 1:4: object expected closing RBRACE got: EOF; it was "
                     "opened in line 1"},
         pair{"a \"b\" = {}", "At 1:7: nested object expected: LBRACE got: "
                              "ASSIGN"},
         pair{"a", "At 1:2: key 'a' expected start of object ('{') or "
                   "assignment ('=')"},
         pair{"a ]", "At 1:3: expected: IDENT | STRING | ASSIGN | LBRACE got: "
                     "RBRACK"},
         pair{"a = [1 2]", "At 1:8: error parsing list, expected comma or list "
                           "end, got: NUMBER"},
         pair{"a = [x]", "At 1:6: unexpected token while parsing list: IDENT"},
         pair{"a = 1; b = 2", "At 1:6: illegal char"},
         pair{"a = 08", "At 1:5: illegal octal number"},
         pair{"a = +1", "At 1:5: Unknown token: 1:5 ADD +"},
       })
    EXPECT_EQ(refusal(text), message) << text;
  EXPECT_EQ(refusal({"a\0", 2}), "At 1:2: unexpected null character (0x00)");
}

TEST(HclParser, RefusesNestingBeyondItsLimit) {
  auto nested = [](std::size_t depth) {
    return "a = " + std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(parse(nested(nesting_max)));
  EXPECT_EQ(refusal(nested(nesting_max + 1)),
            "At 1:105: objects and lists are nested deeper than 100");
  EXPECT_FALSE(parse(nested(1'000'000)));
}

} // namespace
} // namespace cts::hcl
