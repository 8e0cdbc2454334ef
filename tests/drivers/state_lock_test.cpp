#include "drivers/terraform/state_lock.hpp"

#include <gtest/gtest.h>

namespace cts::terraform {
namespace {

constexpr auto text = R"({"ID":"s-1","Operation":"OperationTypeApply",
  "Info":"consul session: s-1","Who":"root@here","Version":"1.11.4",
  "Created":"2026-11-25T01:02:03.456789Z","Path":"p-env:web"})";

constexpr auto created = std::int64_t{1795568523};

TEST(LockInfo, IsReadFromWhatTerraformWrites) {
  EXPECT_EQ(parse_lock_info(text),
            (lock_info{.id = "s-1", .who = "root@here", .created = created}));
  for (auto other : {"", "{}", R"({"ID": "a", "Created": "now"})"})
    EXPECT_FALSE(parse_lock_info(other)) << other;
}

class StateLock : public ::testing::Test {
protected:
  bool left_behind() {
    return is_left_behind(lock, {run, {.host = "here", .started = 210}});
  }

  lock_info lock{.id = "s-1", .who = "root@here", .created = 105};
  run_record run{.host = "here", .started = 100, .ended = 200, .killed = true};
};

TEST_F(StateLock, IsLeftBehindByACommandThatWasKilled) {
  EXPECT_TRUE(left_behind());
}

TEST_F(StateLock, IsLeftBehindByACommandWhoseEndNobodySaw) {
  run.ended.reset();
  run.killed = false;
  EXPECT_TRUE(left_behind());
  lock.created = 211;
  EXPECT_FALSE(left_behind());
}

TEST_F(StateLock, BelongsToOthersIfTheCommandEndedByItself) {
  run.killed = false;
  EXPECT_FALSE(left_behind());
}

TEST_F(StateLock, BelongsToOthersIfItIsFromAnotherHost) {
  lock.who = "root@elsewhere";
  EXPECT_FALSE(left_behind());
}

TEST_F(StateLock, BelongsToOthersIfItIsOlderOrNewerThanTheCommand) {
  lock.created = 99;
  EXPECT_FALSE(left_behind());
  lock.created = 201;
  EXPECT_FALSE(left_behind());
}

TEST_F(StateLock, DoesNotBelongToTheCommandThatWasRefused) {
  EXPECT_FALSE(is_left_behind(lock, {run}));
}

config::settings with_backend(const std::string& path,
                              const std::string& address) {
  auto out = config::settings{};
  out.driver.backend.arguments
    = {{"path", value{path}}, {"address", value{address}}};
  return out;
}

TEST(LockKey, LiesBesideTheState) {
  auto settings = with_backend("a/terraform", "localhost:8500");
  EXPECT_EQ(lock_key_of(settings, "web"), "a/terraform-env:web");
  EXPECT_EQ(lock_key_of(settings, "default"), "a/terraform");
}

TEST(LockKey, IsUnknownIfTheStateIsNotInOurConsul) {
  EXPECT_FALSE(lock_key_of(with_backend("a", "other:8500"), "web"));
  EXPECT_FALSE(lock_key_of(with_backend("a b", "localhost:8500"), "web"));
  auto local = with_backend("a", "localhost:8500");
  local.driver.backend.type = "local";
  EXPECT_FALSE(lock_key_of(local, "web"));
}

TEST(LockRelease, KeepsTheFlags) {
  auto request = release_lock("p-env:web", "team", "s-1");
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.path, "/v1/kv/p-env:web/.lock");
  EXPECT_EQ(request.query.find("flags")->second, "3304740253564472344");
  EXPECT_EQ(request.query.find("release")->second, "s-1");
  EXPECT_EQ(request.query.find("ns")->second, "team");
}

} // namespace
} // namespace cts::terraform
