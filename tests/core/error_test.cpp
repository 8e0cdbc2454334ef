#include "core/error.hpp"

#include <gtest/gtest.h>

namespace cts {
namespace {

result<int> half(int x) {
  if (x % 2 != 0)
    return fail(errc::configuration, "cannot halve ", x, ": it is odd");
  return x / 2;
}

TEST(Result, CarriesAValueOrASentence) {
  EXPECT_EQ(half(4).value(), 2);
  EXPECT_EQ(half(3).error().message, "cannot halve 3: it is odd");
}

TEST(Result, ThrowsTheSentenceWhenAFailureIsTakenForAValue) {
  EXPECT_THROW(half(3).value(), std::logic_error);
}

TEST(ErrorCode, HasANameForEachMember) {
  for (auto i = 1; i <= static_cast<int>(errc::cancelled); ++i)
    EXPECT_STRNE(to_string(static_cast<errc>(i)), "unknown") << i;
}

} // namespace
} // namespace cts
