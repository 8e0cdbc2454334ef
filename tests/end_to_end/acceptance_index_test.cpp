#include "tests/support/acceptance_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// README.md beside this file says which test makes which check of high
// availability.

namespace cts::test {
namespace {

const auto rows = acceptance_rows("tests/end_to_end/README.md");

TEST(AvailabilityIndex, HasEachCheck) {
  EXPECT_THAT(missing_checks(rows, 41), testing::IsEmpty());
}

TEST(AvailabilityIndex, NamesTestsThatExist) {
  EXPECT_THAT(missing_tests(rows), testing::IsEmpty());
}

} // namespace
} // namespace cts::test
