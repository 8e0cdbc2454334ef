#include "core/unicode.hpp"

#include <gtest/gtest.h>

namespace cts::unicode {
namespace {

TEST(Unicode, DecodesWhatItEncodes) {
  for (auto code : {U'a', U'\x7F', U'\x80', U'\x7FF', U'\x800', U'\xFFFF',
                    char32_t{0x10000}, char32_t{0x10FFFF}}) {
    auto text = std::string{};
    append(text, code);
    auto read = decode(text);
    EXPECT_EQ(read.code, code);
    EXPECT_EQ(read.bytes, text.size());
  }
}

TEST(Unicode, RefusesOverlongSurrogateAndTruncatedBytes) {
  for (auto text : {"\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xC3", "\x80",
                    "\xF4\x90\x80\x80", "\xFF"}) {
    EXPECT_EQ(decode(text).code, invalid);
    EXPECT_EQ(decode(text).bytes, 1u);
  }
}

TEST(Unicode, KnowsWhatNamesAreMadeOf) {
  for (auto code : {U'a', U'é', U'日', U'本', char32_t{0x2160}})
    EXPECT_TRUE(is_id_start(code)) << std::uint32_t{code};
  for (auto code : {U'1', U'_', U'-', U' ', char32_t{0x2E2F}, char32_t{0x0301}})
    EXPECT_FALSE(is_id_start(code)) << std::uint32_t{code};
  EXPECT_TRUE(is_id_continue(0x0301));
  EXPECT_TRUE(is_id_continue(U'1'));
  EXPECT_FALSE(is_id_continue(U'.'));
  EXPECT_TRUE(is_digit(0x0661));
  EXPECT_FALSE(is_letter(0x2160));
}

} // namespace
} // namespace cts::unicode
