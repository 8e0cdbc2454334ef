#include "core/types.hpp"

#include <gtest/gtest.h>

namespace cts {
namespace {

TEST(Uuid, IsVersionFourWhateverTheBits) {
  EXPECT_EQ(make_uuid(0, 0), "00000000-0000-4000-8000-000000000000");
  EXPECT_EQ(make_uuid(~0ULL, ~0ULL), "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

TEST(DependencyText, NamesTheQueryAsTheReferenceDoes) {
  auto x = dependency{.name = "web", .filter = "Service.Bar == 1"};
  EXPECT_EQ(to_string(x), "health.service(web?filter=Service.Bar == 1)");
  x = {.what = dependency::kind::kv_prefix, .name = "a", .datacenter = "dc2"};
  EXPECT_EQ(to_string(x), "kv.list(a?dc=dc2)");
}

TEST(Dependency, DiffersByNamespace) {
  auto a = dependency{.name = "web"};
  auto b = dependency{.name = "web", .ns = "team"};
  EXPECT_NE(a, b);
}

} // namespace
} // namespace cts
