#include "tests/support/acceptance_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// README.md beside this file says which test makes which acceptance check.

namespace cts::test {
namespace {

const auto rows = acceptance_rows("tests/core/config/README.md");

TEST(AcceptanceIndex, HasEachCheck) {
  EXPECT_THAT(missing_checks(rows, 104), testing::IsEmpty());
}

TEST(AcceptanceIndex, NamesTestsThatExist) {
  EXPECT_THAT(missing_tests(rows), testing::IsEmpty());
}

} // namespace
} // namespace cts::test
