#include "core/consul/catalog.hpp"

#include "tests/core/consul/recorded.hpp"

#include <gtest/gtest.h>

namespace cts::consul {
namespace {

TEST(Catalog, SendsEveryPairOfNodeMeta) {
  auto x = dependency{.what = dependency::kind::catalog_services};
  x.node_meta = {{"rack", "r1"}, {"os", "a=b:c"}};
  EXPECT_EQ(
    target_of(catalog_request(x)),
    "/v1/catalog/services?node-meta=os%3Aa%3Db%3Ac&node-meta=rack%3Ar1");
}

TEST(Catalog, ReadsNamesAndSortedTags) {
  auto x = decode_catalog(recorded("catalog_services"));
  ASSERT_TRUE(x) << x.error().message;
  EXPECT_EQ(*x, (catalog_services{{"consul", {}}, {"web", {"a\"b", "v2"}}}));
}

TEST(Catalog, ReadsNullTagsAsNone) {
  auto x = decode_catalog(R"({"a":null})");
  ASSERT_TRUE(x);
  EXPECT_EQ(*x, (catalog_services{{"a", {}}}));
}

TEST(Catalog, RefusesWhatIsNoObjectOfLists) {
  for (const auto* text : {"", "[]", "null", R"({"a":1})", R"({"a":[1]})"})
    EXPECT_FALSE(decode_catalog(text)) << text;
}

} // namespace
} // namespace cts::consul
