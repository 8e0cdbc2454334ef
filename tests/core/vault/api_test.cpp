#include "core/vault/api.hpp"

#include <gtest/gtest.h>

namespace cts::vault {
namespace {

const auto second = mount{.path = "secret/", .version = 2};
const auto first = mount{.path = "kv/", .version = 1};

std::string text_at(const object& from, const std::string& name) {
  return std::get<std::string>(from.at(name).data);
}

TEST(Vault, FindsOutWhichEngineAPathBelongsTo) {
  EXPECT_EQ(mount_request("/secret/a b?version=2").target,
            "/v1/sys/internal/ui/mounts/secret/a%20b");
  auto body = R"({"data":{"path":"secret/","type":"kv",)"
              R"("options":{"version":"2"}}})";
  EXPECT_EQ(*decode_mount({200, body}), second);
  EXPECT_EQ(*decode_mount(
              {200, R"({"data":{"path":"kv","type":"kv","options":null}})"}),
            first);
  EXPECT_EQ(*decode_mount({200, R"({"data":{"path":"pki/","type":"pki"}})"}),
            (mount{.path = "pki/"}));
}

TEST(Vault, KnowsNothingOfTheEngineIfItMayNotAsk) {
  EXPECT_EQ(*decode_mount({403, R"({"errors":["permission denied"]})"}),
            mount{});
  EXPECT_FALSE(decode_mount({503, ""}));
}

TEST(Vault, InsertsWhatVersionTwoWants) {
  EXPECT_EQ(read_request("secret/a/b", second).target, "/v1/secret/data/a/b");
  EXPECT_EQ(read_request("/secret/data/a", second).target, "/v1/secret/data/a");
  EXPECT_EQ(read_request("secret/a?version=3", second).target,
            "/v1/secret/data/a?version=3");
  EXPECT_EQ(read_request("kv/a", first).target, "/v1/kv/a");
  EXPECT_EQ(read_request("pki/cert/ca", {}).target, "/v1/pki/cert/ca");
  EXPECT_EQ(list_request("secret/a", second).target,
            "/v1/secret/metadata/a?list=true");
}

TEST(Vault, ReadsASecret) {
  auto found = decode_secret(
    {200, R"({"request_id":"r","lease_id":"l/1","renewable":true,)"
          R"("lease_duration":60,"data":{"n":1,"t":"x","l":[true,null]}})"},
    "db/creds");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->lease, std::chrono::seconds{60});
  EXPECT_EQ(text_at(found->fields, "LeaseID"), "l/1");
  const auto& data = std::get<object>(found->fields.at("Data").data);
  EXPECT_EQ(text_at(data, "t"), "x");
  EXPECT_EQ(data.at("n"), value{number{"1"}});
  EXPECT_EQ(data.at("l"), (value{list{value{true}, value{}}}));
}

TEST(Vault, TakesKeyValueSecretsForLasting) {
  auto found = decode_secret(
    {200, R"({"lease_id":"","lease_duration":2764800,"data":{}})"}, "kv/a");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->lease.count(), 0);
}

TEST(Vault, SaysWhyThereIsNoSecret) {
  auto missing = decode_secret({404, R"({"errors":[]})"}, "kv/a");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, errc::not_found);
  EXPECT_EQ(missing.error().message, "vault: no secret exists at kv/a");
  auto denied = decode_secret(
    {403, R"({"errors":["1 error","permission denied"]})"}, "kv/a");
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, errc::refused);
  EXPECT_EQ(denied.error().message,
            "vault: reading kv/a: code 403: 1 error; permission denied");
  EXPECT_EQ(
    decode_secret({503, R"({"errors":["Vault is sealed"]})"}, "a").error().code,
    errc::unavailable);
  EXPECT_EQ(decode_secret({200, "<html>"}, "a").error().code, errc::malformed);
  EXPECT_EQ(decode_secret({200, R"({"data":null})"}, "a").error().code,
            errc::not_found);
}

TEST(Vault, TakesATokenOutOfItsWrapping) {
  EXPECT_EQ(*decode_unwrapped({200, R"({"auth":{"client_token":"t1"}})"}),
            "t1");
  EXPECT_EQ(*decode_unwrapped({200, R"({"auth":null,"data":{"token":"t2"}})"}),
            "t2");
  EXPECT_FALSE(decode_unwrapped({200, "{}"}));
  EXPECT_FALSE(decode_unwrapped({400, ""}));
}

TEST(Vault, KnowsHowLongATokenLives) {
  EXPECT_EQ(*decode_lookup({200, R"({"data":{"ttl":90,"renewable":true}})"}),
            (token_life{std::chrono::seconds{90}, true}));
  EXPECT_EQ(*decode_renewed(
              {200, R"({"auth":{"lease_duration":60,"renewable":false}})"}),
            (token_life{std::chrono::seconds{60}, false}));
}

} // namespace
} // namespace cts::vault
