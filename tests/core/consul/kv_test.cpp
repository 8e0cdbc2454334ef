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

TEST(Kv, ReadsWithConsistencyUnlessToldOtherwise) {
  EXPECT_EQ(target_of(read_keys({.key = "a b/c"})),
            "/v1/kv/a%20b/c?consistent=");
  EXPECT_EQ(target_of(read_keys({.key = "p/",
                                 .recurse = true,
                                 .consistent = false,
                                 .index = 7,
                                 .wait = std::chrono::seconds{5},
                                 .ns = "n"})),
            "/v1/kv/p/?index=7&ns=n&recurse=&wait=5000ms");
}

TEST(Kv, ReadsLocks) {
  auto x = decode_keys({.status = 200, .body = recorded("kv_locked")});
  ASSERT_TRUE(x) << x.error().message;
  ASSERT_EQ(x->size(), 2u);
  EXPECT_EQ(x->at(0),
            (kv_entry{.key = "p/leader",
                      .value = "a",
                      .lock_index = 1,
                      .create_index = 201,
                      .modify_index = 201,
                      .session = "ea26e64a-ede2-c19f-87b0-3bb3ddd129a0"}));
  EXPECT_EQ(x->at(1).flags, 3304740253564472344u);
  EXPECT_EQ(x->at(1).session, "");
}

TEST(Kv, AMissingKeyIsNoFailureButADeniedOneIs) {
  EXPECT_EQ(*decode_keys({.status = 404}), kv_entries{});
  EXPECT_EQ(decode_keys({.status = 403}).error().code, errc::refused);
  EXPECT_EQ(decode_keys({.status = 500}).error().code, errc::unavailable);
  EXPECT_EQ(decode_keys({.status = 429}).error().code, errc::unavailable);
  EXPECT_EQ(decode_keys({.status = 200, .body = "[{}]"}).error().code,
            errc::malformed);
}

TEST(Kv, TakesAndGivesBackALock) {
  auto taken = acquire_key({.key = "a/b", .session = "s", .value = "v"});
  EXPECT_EQ(taken.method, "PUT");
  EXPECT_EQ(target_of(taken), "/v1/kv/a/b?acquire=s");
  EXPECT_EQ(taken.body, "v");
  EXPECT_EQ(target_of(release_key({.key = "a/.lock",
                                   .session = "s",
                                   .flags = 3304740253564472344,
                                   .ns = "n"})),
            "/v1/kv/a/.lock?flags=3304740253564472344&ns=n&release=s");
}

TEST(Kv, ReadsWhetherItWrote) {
  EXPECT_TRUE(*decode_written({.status = 200, .body = "true\n"}));
  EXPECT_FALSE(*decode_written({.status = 200, .body = "false"}));
  EXPECT_EQ(decode_written({.status = 200, .body = "maybe"}).error().code,
            errc::malformed);
  EXPECT_EQ(decode_written({.status = 403}).error().code, errc::refused);
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
