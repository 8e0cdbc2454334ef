#include "runtime/http_options.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace cts {
namespace {

namespace fs = std::filesystem;

class HttpOptions : public testing::Test {
protected:
  HttpOptions() {
    auto name = (fs::temp_directory_path() / "cts-options-XXXXXX").string();
    folder = mkdtemp(name.data());
  }

  ~HttpOptions() override { fs::remove_all(folder); }

  std::string write(const std::string& name, const std::string& text) {
    std::ofstream{folder / name} << text;
    return (folder / name).string();
  }

  fs::path folder;
};

TEST_F(HttpOptions, LeaveRoomForPlainRequestsBesideThePolls) {
  auto x = http_options_of(config::consul{.max_blocking_conns = 20}, {});
  ASSERT_TRUE(x);
  EXPECT_EQ(x->connections_max, 28);
}

TEST_F(HttpOptions, TakeProxiesInCapitalsFirst) {
  auto x = http_options_of(config::consul{}, {{"HTTP_PROXY", "a"},
                                {"http_proxy", "b"},
                                {"https_proxy", "c"},
                                {"NO_PROXY", "d"}});
  ASSERT_TRUE(x);
  EXPECT_EQ(x->http_proxy, "a");
  EXPECT_EQ(x->https_proxy, "c");
  EXPECT_EQ(x->no_proxy, "d");
}

TEST_F(HttpOptions, JoinTheCaFileAndTheCaFolder) {
  auto config = config::consul{.address = "https://a"};
  config.tls.ca_cert = write("one.pem", "ONE");
  fs::create_directory(folder / "more");
  write("more/two.pem", "TWO");
  config.tls.ca_path = (folder / "more").string();
  auto x = http_options_of(config, {});
  ASSERT_TRUE(x) << x.error().message;
  EXPECT_EQ(x->ca_certificates, "ONE\nTWO\n");
}

TEST_F(HttpOptions, NameACaFileThatCannotBeRead) {
  auto config = config::consul{.address = "https://a"};
  config.tls.ca_cert = (folder / "none.pem").string();
  auto x = http_options_of(config, {});
  ASSERT_FALSE(x);
  EXPECT_EQ(x.error().code, errc::configuration);
  EXPECT_NE(x.error().message.find("none.pem"), std::string::npos);
}

TEST_F(HttpOptions, NameACaFolderThatCannotBeRead) {
  auto config = config::consul{.address = "https://a"};
  config.tls.ca_path = (folder / "none").string();
  EXPECT_FALSE(http_options_of(config, {}));
}

TEST_F(HttpOptions, NameACaFolderWithoutCertificates) {
  auto config = config::consul{.address = "https://a"};
  config.tls.ca_path = folder.string();
  for (const auto* text : {"", "\n"}) {
    auto x = http_options_of(config, {});
    ASSERT_FALSE(x);
    EXPECT_EQ(x.error().code, errc::configuration);
    EXPECT_NE(x.error().message.find(folder.string()), std::string::npos);
    write("empty.pem", text);
  }
}

TEST_F(HttpOptions, ReadNoCaWithoutTls) {
  auto config = config::consul{.address = "http://a"};
  config.tls.ca_cert = (folder / "none.pem").string();
  EXPECT_TRUE(http_options_of(config, {}));
}

TEST_F(HttpOptions, KnowTheUnixSocket) {
  auto x = http_options_of(config::consul{.address = "unix:///run/s"}, {});
  ASSERT_TRUE(x);
  EXPECT_EQ(x->unix_socket, "/run/s");
}

TEST_F(HttpOptions, OfVaultFollowItsAddressAndTls) {
  auto plain = vault_http_options_of({.address = "http://vault:8200"},
                                     {{"NO_PROXY", "vault"}});
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->no_proxy, "vault");
  auto unknown = vault_http_options_of(
    {.address = "https://v", .tls = {.ca_cert = "/nope.pem"}}, {});
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("vault.tls.ca_cert"),
            std::string::npos);
  EXPECT_FALSE(vault_http_options_of({.address = "vault:8200"}, {}));
}

} // namespace
} // namespace cts
