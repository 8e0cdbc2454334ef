#include "core/ha/layout.hpp"

#include <gtest/gtest.h>

#include <random>

namespace cts::ha {
namespace {

layout keys(std::string_view path = "cts/cluster-a") {
  return layout::make(path).value();
}

TEST(Layout, NormalisesThePath) {
  EXPECT_EQ(keys("//a///b/").base(), "a/b/");
  EXPECT_EQ(keys("b").base(), "b/");
  EXPECT_EQ(keys("a/b").cluster(), "b");
  EXPECT_EQ(keys("b").cluster(), "b");
}

TEST(Layout, NamesEachKeyAsTheSpecificationDoes) {
  EXPECT_EQ(keys().leader(), "cts/cluster-a/leader");
  EXPECT_EQ(keys().meta(), "cts/cluster-a/meta");
  EXPECT_EQ(keys().instance("cts-01"), "cts/cluster-a/instances/cts-01");
  EXPECT_EQ(keys().inflight("t"), "cts/cluster-a/inflight/t");
  EXPECT_EQ(keys().task(3, "t"), "cts/cluster-a/state/3/tasks/t");
  EXPECT_EQ(keys().events(3, "t"), "cts/cluster-a/state/3/events/t");
  EXPECT_EQ(layout::chunks(place::task, "a b", "0123456789abcdef"),
            "chunks/tasks/a%20b/0123456789ab/");
}

TEST(Layout, LimitsTheNameOfTheCluster) {
  for (auto name : {"a", "A.b_c-9", "..a"})
    EXPECT_TRUE(is_cluster_name(name)) << name;
  EXPECT_TRUE(is_cluster_name(std::string(64, 'x')));
  EXPECT_FALSE(is_cluster_name(std::string(65, 'x')));
  for (auto name : {"", ".", "..", "a b", "\xC3\xA4", "a%"})
    EXPECT_FALSE(is_cluster_name(name)) << name;
  EXPECT_FALSE(layout::make("parent/not good"));
  EXPECT_FALSE(layout::make("///"));
}

TEST(Layout, EncodesNamesSoThatTheyAreOneSegment) {
  EXPECT_EQ(encode_name("a/b%c"), "a%2Fb%25c");
  EXPECT_EQ(encode_name(".."), "%2E%2E");
  EXPECT_EQ(encode_name("a.b"), "a.b");
  for (auto wrong : {"", "%", "%2", "%2f", "a b", "%41"})
    EXPECT_FALSE(decode_name(wrong)) << wrong;
}

TEST(Layout, ReadsBackTheNamesOfAnyBytes) {
  auto random = std::mt19937{3};
  for (auto i = 0; i < 5000; ++i) {
    auto name = std::string{};
    for (auto n = random() % 12 + 1; n > 0; --n)
      name += static_cast<char>(random() % 256);
    EXPECT_EQ(decode_name(encode_name(name)), name);
    auto key = keys().parse(keys().events(i, name));
    ASSERT_TRUE(key);
    EXPECT_EQ(*key, (known_key{.place = place::events,
                               .generation = static_cast<std::uint64_t>(i),
                               .name = name}));
  }
}

TEST(Layout, TakesItsKeysApart) {
  EXPECT_EQ(keys().parse("cts/cluster-a/leader"),
            known_key{.place = place::leader});
  EXPECT_EQ(keys().parse("cts/cluster-a/meta"),
            known_key{.place = place::meta});
  EXPECT_EQ(keys().parse("cts/cluster-a/instances/x"),
            (known_key{.place = place::instance, .name = "x"}));
  EXPECT_EQ(keys().parse("cts/cluster-a/inflight/x"),
            (known_key{.place = place::inflight, .name = "x"}));
  EXPECT_EQ(keys().parse("cts/cluster-a/state/2/chunks/tasks/x/0a/0001"),
            (known_key{.place = place::chunk,
                       .generation = 2,
                       .name = "x",
                       .directory = "chunks/tasks/x/0a/"}));
}

TEST(Layout, KnowsNoForeignKeys) {
  for (auto key :
       {"cts/cluster-ab/leader", "cts/cluster-a/", "cts/cluster-a/x",
        "cts/cluster-a/state/02/tasks/x", "cts/cluster-a/state/2/tasks/x/y",
        "cts/cluster-a/state/2/other/x", "terraform-env:x",
        "cts/cluster-a/inflight/"})
    EXPECT_FALSE(keys().parse(key)) << key;
}

TEST(Layout, TellsTheGenerationOfAnyKeyInIt) {
  EXPECT_EQ(keys().generation_of("cts/cluster-a/state/7/anything/x"), 7u);
  EXPECT_FALSE(keys().generation_of("cts/cluster-a/state/x/tasks/t"));
  EXPECT_FALSE(keys().generation_of("cts/cluster-a/leader"));
}

} // namespace
} // namespace cts::ha
