#include "core/go_text.hpp"

#include <gtest/gtest.h>

namespace cts {
namespace {

TEST(GoText, QuotesWhatCannotBePrinted) {
  EXPECT_EQ(go_quote("a\"b\\\n\x01é日"), "\"a\\\"b\\\\\\n\\x01é日\"");
  EXPECT_EQ(go_quote_ascii("é"), "\"\\xc3\\xa9\"");
}

TEST(GoText, NamesWhatIsWrongInARegularExpression) {
  using pair = std::pair<const char*, const char*>;
  for (auto [pattern, reason] : {
         pair{"(", "missing closing ): `(`"},
         pair{"a)", "unexpected ): `a)`"},
         pair{"[a", "missing closing ]: `[a`"},
         pair{"[b-a]", "invalid character class range: `b-a`"},
         pair{"\\8", "invalid escape sequence: `\\8`"},
         pair{"a**", "invalid nested repetition operator: `**`"},
         pair{"a{1001}", "invalid repeat count: `{1001}`"},
         pair{"*", "missing argument to repetition operator: `*`"},
         pair{"(?=a)", "invalid or unsupported Perl syntax: `(?=`"},
         pair{"(?P<n", "invalid named capture: `(?P<n`"},
         pair{"a\\", "trailing backslash at end of expression: ``"},
       }) {
    auto checked = check_regexp(pattern);
    ASSERT_FALSE(checked) << pattern;
    EXPECT_EQ(checked.error().message,
              std::string{"error parsing regexp: "} + reason);
  }
  EXPECT_TRUE(check_regexp("^web-(a|b)$"));
  EXPECT_TRUE(check_regexp(""));
}

} // namespace
} // namespace cts
