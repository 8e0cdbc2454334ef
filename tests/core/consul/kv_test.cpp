#include "core/consul/kv.hpp"

#include "tests/core/consul/recorded.hpp"

#include <gtest/gtest.h>

#include <random>

namespace cts::consul {
namespace {

using kind = dependency::kind;

TEST(Kv, DropsOneLeadingSlash) {
  auto x = kv_request({.what = kind::kv_key, .name = "//a b/c"});
  ASSERT_TRUE(x);
  EXPECT_EQ(target_of(*x), "/v1/kv//a%20b/c");
}

TEST(Kv, AsksForAPrefixRecursively) {
  auto x = kv_request({.what = kind::kv_prefix, .name = "app"});
  ASSERT_TRUE(x);
  EXPECT_EQ(target_of(*x), "/v1/kv/app?recurse=");
}

TEST(Kv, RefusesAnEmptyPath) {
  EXPECT_EQ(kv_request({.what = kind::kv_key, .name = "/"}).error().message,
            "kv.exists.get: key required");
  EXPECT_EQ(kv_request({.what = kind::kv_prefix}).error().message,
            "kv.list: prefix required");
}

TEST(Kv, ReadsAKey) {
  auto x = decode_pairs(recorded("kv_key"));
  ASSERT_TRUE(x) << x.error().message;
  EXPECT_EQ(*x, (kv_pairs{{"app/config", "hello \"w\" ${x}\n"}}));
}

TEST(Kv, ReadsFoldersAndBytes) {
  auto x = decode_pairs(recorded("kv_prefix"));
  ASSERT_TRUE(x) << x.error().message;
  EXPECT_EQ(*x, (kv_pairs{{"app/", ""},
                          {"app/binary", "\xff\xfe"},
                          {"app/config", "hello \"w\" ${x}\n"},
                          {"app/sp ace%", "x"}}));
}

TEST(Kv, RefusesWhatIsNoListOfPairs) {
  for (const auto* text :
       {"", "{}", "[1]", R"([{"Key":"a"}])", R"([{"Key":1,"Value":null}])",
        R"([{"Key":"a","Value":"*"}])", R"([{"Key":"a","Value":"AAA*"}])"})
    EXPECT_FALSE(decode_pairs(text)) << text;
}

TEST(Base64, KnowsTheVectorsOfRfc4648) {
  for (const auto& [plain, coded] :
       std::map<std::string, std::string>{{"", ""},
                                          {"f", "Zg=="},
                                          {"fo", "Zm8="},
                                          {"foo", "Zm9v"},
                                          {"foobar", "Zm9vYmFy"}}) {
    EXPECT_EQ(encode_base64(plain), coded);
    EXPECT_EQ(*decode_base64(coded), plain);
  }
}

TEST(Base64Property, DecodingUndoesEncoding) {
  for (auto seed = 0u; seed < 500u; ++seed) {
    auto random = std::mt19937{seed};
    auto bytes = std::string(random() % 50, '\0');
    for (auto& byte : bytes)
      byte = static_cast<char>(random());
    auto back = decode_base64(encode_base64(bytes));
    ASSERT_TRUE(back) << "seed " << seed;
    ASSERT_EQ(*back, bytes) << "seed " << seed;
  }
}

} // namespace
} // namespace cts::consul
