#include "core/consul/address.hpp"

#include <gtest/gtest.h>

namespace cts::consul {
namespace {

TEST(ConsulAddress, IsHttpWithoutAScheme) {
  auto x = parse_address("localhost:8500", false);
  ASSERT_TRUE(x);
  EXPECT_EQ(*x, (address{.base_url = "http://localhost:8500"}));
}

TEST(ConsulAddress, IsHttpsIfTlsIsOn) {
  EXPECT_EQ(parse_address("a:1", true)->base_url, "https://a:1");
  EXPECT_EQ(parse_address("http://a:1", true)->base_url, "https://a:1");
  EXPECT_TRUE(parse_address("https://a:1", false)->tls);
}

TEST(ConsulAddress, KeepsAPathPrefix) {
  EXPECT_EQ(parse_address("https://gw/consul/", false)->base_url,
            "https://gw/consul");
}

TEST(ConsulAddress, MayBeAUnixSocket) {
  auto x = parse_address("unix:///run/consul.sock", false);
  ASSERT_TRUE(x);
  EXPECT_EQ(x->socket, "/run/consul.sock");
  EXPECT_EQ(x->base_url, "http://localhost");
}

TEST(ConsulAddress, RefusesAnotherScheme) {
  auto x = parse_address("ftp://a", false);
  ASSERT_FALSE(x);
  EXPECT_EQ(x.error().message, "Unknown protocol scheme: ftp");
}

TEST(ConsulAddress, RefusesAMissingHost) {
  EXPECT_FALSE(parse_address("", false));
  EXPECT_FALSE(parse_address("http:///x", false));
  EXPECT_FALSE(parse_address("unix://", false));
}

TEST(ConsulAddress, ShowsNoPassword) {
  EXPECT_EQ(without_password("http://user:secret@host:8500/v1"),
            "http://user:***@host:8500/v1");
  EXPECT_EQ(without_password("user:secret@host:8500"), "user:***@host:8500");
  for (const auto* plain : {"http://host:8500/v1/kv/a@b", "host:8500",
                            "http://user@host:8500", "https://h/x:y@z"})
    EXPECT_EQ(without_password(plain), plain);
}

} // namespace
} // namespace cts::consul
