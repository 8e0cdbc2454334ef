#include "tests/simulation/mutations.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace cts::simulation {
namespace {

constexpr auto seeds_max = 20U;
constexpr auto invariants = 20U;

std::vector<std::string> mutation_names() {
  auto out = std::vector<std::string>{};
  for (const auto& x : mutations())
    out.push_back(x.name);
  return out;
}

mutation mutation_named(const std::string& name) {
  auto all = mutations();
  return *std::ranges::find(all, name, &mutation::name);
}

bool breaks(const history_options& options, const std::string& invariant) {
  return std::ranges::count(play(options).violations, invariant,
                            &violation::invariant)
         > 0;
}

class Mutation : public ::testing::TestWithParam<std::string> {};

TEST_P(Mutation, IsCaught) {
  auto invariant = mutation_named(GetParam()).invariant;
  auto found = false;
  for (auto seed = 1U; seed <= seeds_max && !found; ++seed) {
    // Anew each time: some count what they do.
    auto options = mutation_named(GetParam()).options;
    options.seed = seed;
    options.sought = invariant;
    found = breaks(options, invariant);
  }
  EXPECT_TRUE(found) << invariant << " is not seen to break";
}

// Else the incidents break it, not the mutation.
TEST_P(Mutation, IsNeeded) {
  auto options = mutation_named(GetParam()).options;
  options.tamper = {};
  options.adjust = {};
  EXPECT_TRUE(play(options).violations.empty()) << report(options);
}

INSTANTIATE_TEST_SUITE_P(Of, Mutation, ::testing::ValuesIn(mutation_names()),
                         [](const auto& x) { return x.param; });

TEST(Mutations, BreakEachInvariant) {
  auto broken = std::set<std::string>{};
  for (const auto& x : mutations())
    broken.insert(x.invariant);
  for (auto i = 1U; i <= invariants; ++i)
    EXPECT_TRUE(broken.contains("I" + std::to_string(i))) << i;
}

} // namespace
} // namespace cts::simulation
