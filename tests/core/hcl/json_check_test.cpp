#include "core/hcl/json_check.hpp"

#include <gtest/gtest.h>

namespace cts::hcl {
namespace {

std::string refusal(std::string_view text) {
  auto checked = check_json(text);
  return checked ? "accepted" : checked.error().message;
}

TEST(JsonCheck, SaysWhatIsWrongInTheWordsOfGo) {
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
       })
    EXPECT_EQ(refusal(text), message) << text;
}

TEST(JsonCheck, AcceptsEachKindOfValue) {
  for (auto text : {"{}", "[]", " null ", "-0.5e+3", "\"\\u00e9\\n\"",
                    "{\"a\": [true, false, {\"b\": \"c\"}]}"})
    EXPECT_EQ(refusal(text), "accepted") << text;
}

TEST(JsonCheck, PointsAtTheFirstWrongCharacter) {
  auto where = check_json("{\n \"é\" 1}").error().where;
  ASSERT_TRUE(where);
  EXPECT_EQ(where->line, 2u);
  EXPECT_EQ(where->column, 6u);
}

} // namespace
} // namespace cts::hcl
