#include "drivers/terraform/value_text.hpp"

#include "drivers/terraform/unicode.hpp"

#include <gtest/gtest.h>

#include <random>

namespace cts::terraform {
namespace {

std::string text_of(const value& x) {
  auto out = document{};
  write_value(out, x);
  out.end_line();
  return out.text();
}

TEST(StringText, EscapesWhatTerraformWouldInterpret) {
  EXPECT_EQ(string_text("a\n\r\t\"\\"), R"("a\n\r\t\"\\")");
  EXPECT_EQ(string_text("${x} %{if} $x % $"), R"("$${x} %%{if} $x % $")");
}

TEST(StringText, EscapesWhatIsNotPrintable) {
  EXPECT_EQ(string_text(std::string_view{"\0\x01", 2}), R"("\u0000\u0001")");
  EXPECT_EQ(string_text("\xE2\x80\x8B\xC2\xA0"), R"("\u200b\u00a0")");
  EXPECT_EQ(string_text("\xF3\xA0\x80\x81"), R"("\U000e0001")");
}

TEST(StringText, ComposesCharacters) {
  EXPECT_EQ(string_text("e\xCC\x81"), "\"\xC3\xA9\"");
}

TEST(StringText, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(string_text("a\xFF\xFE"), "\"a\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(KeyText, QuotesWhatIsNoIdentifier) {
  EXPECT_EQ(key_text("dash-key"), "dash-key");
  EXPECT_EQ(key_text("_a1"), "_a1");
  EXPECT_EQ(key_text("1digit"), "\"1digit\"");
  EXPECT_EQ(key_text("k8s.io/app"), "\"k8s.io/app\"");
  EXPECT_EQ(key_text(""), "\"\"");
}

TEST(Document, AlignsByWhatIsSeenAndNotByBytes) {
  EXPECT_EQ(text_of(value{object{{"ab", value{true}}, {"\xC3\xA9", value{}}}}),
            "{\n  ab = true\n  \xC3\xA9  = null\n}\n");
}

TEST(Document, OpensOneLevelForTwoBracketsOfALine) {
  auto one = value{object{{"a", value{true}}}};
  EXPECT_EQ(text_of(value{list{one, one}}),
            "[{\n  a = true\n  }, {\n  a = true\n}]\n");
}

/// Reads back what `string_text` wrote.
std::string unquoted(std::string_view text) {
  auto out = std::string{};
  text = text.substr(1, text.size() - 2);
  while (!text.empty()) {
    auto skip = std::size_t{1};
    if (text.starts_with("$${") || text.starts_with("%%{")) {
      out += text.substr(1, 2);
      skip = 3;
    } else if (text.front() != '\\') {
      out += text.front();
    } else if (text[1] == 'u' || text[1] == 'U') {
      auto digits = text[1] == 'u' ? 4u : 8u;
      auto code = std::stoul(std::string{text.substr(2, digits)}, nullptr, 16);
      append_utf8(out, static_cast<char32_t>(code));
      skip = 2 + digits;
    } else {
      constexpr auto letters = std::string_view{"nrt\"\\"};
      out += "\n\r\t\"\\"[letters.find(text[1])];
      skip = 2;
    }
    text.remove_prefix(skip);
  }
  return out;
}

TEST(StringTextProperty, KeepsEveryTextUpToNormalisation) {
  for (auto seed = 0u; seed < 500u; ++seed) {
    auto random = std::mt19937{seed};
    auto text = std::string{};
    for (auto i = 0; i < 40; ++i) {
      constexpr auto awkward = std::string_view{"$%{}\"\\\n\r\t"};
      auto code = static_cast<char32_t>(random() % 0x11'0000);
      if (random() % 2 == 0)
        text += awkward[random() % awkward.size()];
      else if (code < 0xD800 || code > 0xDFFF)
        append_utf8(text, code);
    }
    ASSERT_EQ(unquoted(string_text(text)), normalized(text)) << "seed " << seed;
  }
}

} // namespace
} // namespace cts::terraform
