#include "core/hcl/evaluate.hpp"

#include <gtest/gtest.h>

#include <random>

namespace cts::hcl {
namespace {

std::string dump(const value& x);

std::string dump_data(std::monostate) {
  return "null";
}

std::string dump_data(bool x) {
  return x ? "true" : "false";
}

std::string dump_data(const number& x) {
  return x.text;
}

std::string dump_data(const std::string& x) {
  return '"' + x + '"';
}

std::string dump_data(const list& x) {
  auto text = std::string{};
  for (const auto& each : x)
    text += (text.empty() ? "" : ",") + dump(each);
  return "[" + text + "]";
}

std::string dump_data(const object& x) {
  auto text = std::string{};
  for (const auto& [name, each] : x)
    text += (text.empty() ? "" : ",") + name + ":" + dump(each);
  return "{" + text + "}";
}

std::string dump_data(const repeated_block&) {
  return "blocks";
}

std::string dump(const value& x) {
  return std::visit([](const auto& data) { return dump_data(data); }, x.data);
}

std::string result_of(std::string_view text) {
  auto x = evaluate_expression(text, "");
  return x ? dump(*x) : x.error().message;
}

std::string refusal(std::string_view text) {
  auto x = evaluate_file(text, "v.tfvars");
  return x ? "accepted" : x.error().message;
}

struct row {
  const char* text;
  const char* result;
};

void expect_results(std::initializer_list<row> rows) {
  for (const auto& each : rows)
    EXPECT_EQ(result_of(each.text), each.result) << each.text;
}

TEST(Hcl2, ReadsLiterals) {
  expect_results({{"null", "null"},
                  {"true", "true"},
                  {"1.50", "1.5"},
                  {"1e3", "1000"},
                  {"12345678901234567890", "12345678901234567890"},
                  {"-1", "-1"},
                  {"\"a\\n\\u00e9\\\"\"", "\"a\né\"\""},
                  {"[1, \"a\",\n true,]", "[1,\"a\",true]"},
                  {"{a = 1, \"b\" : 2\n (\"c\") = 3}", "{a:1,b:2,c:3}"},
                  {"[]", "[]"},
                  {"{}", "{}"}});
}

TEST(Hcl2, Calculates) {
  expect_results({{"1 + 2 * 3", "7"},
                  {"(1 + 2) * 3", "9"},
                  {"7 % 3 - 10 / 4", "-1.5"},
                  {"0.1 + 0.2", "0.3"},
                  {"\"5\" + 1", "6"},
                  {"- -3", "3"},
                  {"1 < 2 && 2 >= 2 || false", "true"},
                  {"1 == 1.0", "true"},
                  {"\"1\" != 1", "true"},
                  {"!true", "false"},
                  {"true ? 1 : 2", "1"},
                  {"false ? 1 : true ? 2 : 3", "2"},
                  {"true ? 1 : var.x", "1"}});
}

TEST(Hcl2, AccessesElementsAndAttributes) {
  expect_results({{"[1, 2][1]", "2"},
                  {"{a = {b = 3}}.a.b", "3"},
                  {"{a = 1}[\"a\"]", "1"},
                  {"[[4]].0[0]", "4"},
                  {"[{a = 1}, {a = 2}][*].a", "[1,2]"},
                  {"[{a = 1}].*.a", "[1]"}});
}

TEST(Hcl2, RepeatsWithFor) {
  expect_results(
    {{"[for x in [1, 2, 3] : x * 2 if x != 2]", "[2,6]"},
     {"[for i, x in [\"a\"] : \"${i}${x}\"]", "[\"0a\"]"},
     {"{for k, v in {a = 1, b = 2} : v => k}", "{1:\"a\",2:\"b\"}"},
     {"{for x in [\"a\", \"b\", \"a\"] : x => 1...}", "{a:[1,1],b:[1]}"},
     {"[for x in [] : x]", "[]"},
     {"[for x in [1, 2] : [for y in [3] : x + y]]", "[[4],[5]]"}});
}

TEST(Hcl2, RendersTemplates) {
  expect_results({{"\"a${1 + 1}b\"", "\"a2b\""},
                  {"\"${[1]}\"", "[1]"},
                  {"\"$${x} %%{y} $x\"", "\"${x} %{y} $x\""},
                  {"\"a ${~ 1 ~} b\"", "\"a1b\""},
                  {"\"%{ if true }y%{ else }n%{ endif }\"", "\"y\""},
                  {"\"%{ if false }y%{ else }n%{ endif }!\"", "\"n!\""},
                  {"\"%{ for x in [1, 2] }${x},%{ endfor }\"", "\"1,2,\""},
                  {"\"${\"nested ${\"deep\"}\"}!\"", "\"nested deep!\""},
                  {"<<EOT\na ${1}\n  b\nEOT\n", "\"a 1\n  b\n\""},
                  {"<<-EOT\n    a\n\n      b\n    EOT\n", "\"a\n\n  b\n\""}});
}

TEST(Hcl2, ReadsAFileOfAttributes) {
  auto file = evaluate_file("# c\na = \"x\" // c\n\nb = [\n  1,\n]\nc=2", "v");
  EXPECT_EQ(dump(value{file.value()}), "{a:\"x\",b:[1],c:2}");
  EXPECT_EQ(dump(value{evaluate_file("", "v").value()}), "{}");
}

TEST(Hcl2, RefusesInTheReferencesWords) {
  for (const auto& each : {
         row{"a=var.x", "v.tfvars:1,3-6: Variables not allowed; Variables may "
                        "not be used here."},
         row{"a=upper(\"x\")", "v.tfvars:1,3-13: Function calls not allowed; "
                               "Functions may not be called here."},
         row{"a {\n}", "v.tfvars:1,1-2: Unexpected \"a\" block; Blocks are not "
                       "allowed here."},
         row{"a=1\na=2", "v.tfvars:2,1-2: Attribute redefined; The argument "
                         "\"a\" was already set at v.tfvars:1,1-2. Each "
                         "argument may be set only once."},
         row{"a=x\nb=y\nc=z",
             "v.tfvars:1,3-4: Variables not allowed; Variables "
             "may not be used here., and 2 other "
             "diagnostic(s)"},
         row{"\"a\"=1", "v.tfvars:1,1-2: Invalid argument name; Argument names "
                        "must not be quoted."},
         row{"a=[for x in [1]: y]", "v.tfvars:1,18-19: Unknown variable; There "
                                    "is no variable named \"y\"."},
         row{"a=1 b=2", "v.tfvars:1,5-6: Missing newline after argument; An "
                        "argument definition must end with a newline."},
         row{"a=\"x\ny\"", "v.tfvars:1,5-6: Invalid multi-line string; Quoted "
                           "strings may not be split over multiple lines. To "
                           "produce a multi-line string, either use the \\n "
                           "escape to represent a newline character or use the "
                           "\"heredoc\" multi-line template syntax."},
         row{"a=\"\\q\"", "v.tfvars:1,4-6: Invalid escape sequence; The symbol "
                          "\"q\" is not a valid escape sequence selector."},
         row{"a=1/0", "v.tfvars:1,3-6: Division by zero; Divisor must not be "
                      "zero."},
       })
    EXPECT_EQ(refusal(each.text), each.result) << each.text;
}

TEST(Hcl2, RefusesTextAfterAnExpression) {
  EXPECT_EQ(result_of("str").substr(0, 9), ":1,1-4: V");
  EXPECT_EQ(result_of("1 2").substr(0, 9), ":1,3-4: E");
}

TEST(Hcl2, SurvivesDepthAndMultiplication) {
  EXPECT_NE(refusal("a = " + std::string(100'000, '[')), "accepted");
  EXPECT_NE(refusal("a = " + std::string(100'000, '-') + "1"), "accepted");
  auto bomb = std::string{"0"};
  for (auto i = 0; i < 12; ++i)
    bomb = "[for x in [1,2,3,4,5,6,7,8,9] : " + bomb + "]";
  EXPECT_NE(refusal("a = " + bomb), "accepted");
  const auto numbers
    = std::string{"[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22]"};
  auto copies = "[for x in [\"" + std::string(100'000, 'x') + "\"] : [for i in "
                + numbers + " : [for j in " + numbers + " : x]]]";
  EXPECT_NE(refusal("a = " + copies), "accepted");
  auto nested = std::string{"1"};
  for (auto i = 0; i < 40; ++i)
    nested = "\"${" + nested + "}x\"";
  EXPECT_EQ(refusal("a = " + nested), "accepted");
}

TEST(Hcl2, SharesTheWorkOfLoopsBetweenTheTextsOfADocument) {
  const auto digits = std::string{"[1,2,3,4,5,6,7,8,9,10]"};
  const auto text = "[for a in " + digits + " : [for b in " + digits
                    + " : [for c in " + digits + " : 0]]]";
  auto shared = loop_budget{};
  auto accepted = 0;
  while (accepted < 1'000 && evaluate_expression(text, "", shared))
    ++accepted;
  EXPECT_GT(accepted, 50);
  EXPECT_LT(accepted, 1'000);
}

TEST(Hcl2, PassesACommentOnceHoweverManyWaysAreTried) {
  auto chain = std::string{"1"};
  for (auto i = 0; i < 90; ++i)
    chain = "true ? 1 : " + chain;
  auto text = "a = " + chain + "/*" + std::string(1'000'000, '*') + "*/\n";
  EXPECT_EQ(refusal(text), "accepted");
}

TEST(Hcl2Property, SurvivesRandomText) {
  constexpr std::string_view words[]
    = {"a",     "=",   "{",  "}", "[",     "]",   "(", ")",  "\"", "${",   "%{",
       "if",    "for", "in", ":", "=>",    "...", "1", "\n", " ",  ",",    "?",
       "<<E\n", "E\n", "-",  "!", "endif", "~",   ".", "*",  "\\", "\xff", "#"};
  for (auto seed = 0u; seed < 3000u; ++seed) {
    auto random = std::mt19937{seed};
    auto text = std::string{};
    for (auto length = random() % 40; length > 0; --length)
      text += words[random() % std::size(words)];
    auto twice = refusal(text) + refusal("a = " + text + "\n");
    ASSERT_FALSE(twice.empty()) << "seed " << seed;
  }
}

} // namespace
} // namespace cts::hcl
