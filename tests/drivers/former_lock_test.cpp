#include "drivers/terraform/former_lock.hpp"

#include "core/consul/kv.hpp"

#include <gtest/gtest.h>

namespace cts::terraform {
namespace {

using namespace std::chrono_literals;

TEST(KvEntry, IsReadFromWhatConsulAnswers) {
  auto body = R"([{"LockIndex":1,"Key":"p/.lock","Flags":3304740253564472344,
    "Value":"YWI=","Session":"s-1","CreateIndex":7,"ModifyIndex":9}])";
  EXPECT_EQ(parse_kv_entry(body), (kv_entry{.value = "ab",
                                            .session = "s-1",
                                            .flags = lock_flags,
                                            .modify_index = 9}));
}

TEST(KvEntry, MayHaveNoValueAndNoHolder) {
  EXPECT_EQ(parse_kv_entry(R"([{"Key":"p","Flags":0,"Value":null}])"),
            kv_entry{});
}

TEST(KvEntry, IsAbsentIfThereIsNone) {
  for (auto body : {"", "[]", "{}", R"([{"Value":"?"}])"})
    EXPECT_FALSE(parse_kv_entry(body)) << body;
}

class FormerLock : public ::testing::Test {
protected:
  bool is_dead() const { return is_lock_of(lock, info, run); }

  kv_entry lock{.session = "s-1", .flags = lock_flags};
  lock_info info{.id = "s-1", .who = "cts@h1", .created = 100};
  former_run run{.who = "cts@h1", .started_at = wall_time{100s + 900ms}};
};

TEST_F(FormerLock, IsThatOfTheRunIfEverythingFits) {
  EXPECT_TRUE(is_dead());
}

TEST_F(FormerLock, IsNotThatOfAnotherHolder) {
  info.id = "s-2";
  EXPECT_FALSE(is_dead());
}

TEST_F(FormerLock, IsNotThatOfAnotherUserOrHost) {
  info.who = "cts@h2";
  EXPECT_FALSE(is_dead());
}

TEST_F(FormerLock, IsNotOlderThanTheRun) {
  info.created = 99;
  EXPECT_FALSE(is_dead());
}

TEST_F(FormerLock, IsOneOfTerraform) {
  lock.flags = 0;
  EXPECT_FALSE(is_dead());
}

TEST_F(FormerLock, IsNobodysIfNobodyHoldsIt) {
  lock.session = info.id = "";
  EXPECT_FALSE(is_dead());
}

TEST_F(FormerLock, IsNobodysIfTheRunIsNotKnown) {
  info.who = run.who = "";
  EXPECT_FALSE(is_dead());
}

TEST(FormerLockRequests, ReadFromTheLeader) {
  EXPECT_EQ(consul::target_of(read_lock("a/t-env:web", "")),
            "/v1/kv/a/t-env:web/.lock?consistent=");
  EXPECT_EQ(consul::target_of(read_lock_description("a", "team")),
            "/v1/kv/a/.lockinfo?consistent=&ns=team");
}

// Without the flags no Terraform could ever lock it again.
TEST(FormerLockRequests, ReleaseWithTheFlagsAndTheOldValue) {
  auto x = release_former_lock("a", "", {.value = "v", .session = "s-1"});
  EXPECT_EQ(x.method, "PUT");
  EXPECT_EQ(x.body, "v");
  EXPECT_EQ(consul::target_of(x),
            "/v1/kv/a/.lock?flags=3304740253564472344&release=s-1");
}

TEST(FormerLockRequests, DeleteNoOtherDescription) {
  auto x = forget_lock_description("a", "", {.modify_index = 9});
  EXPECT_EQ(x.method, "DELETE");
  EXPECT_EQ(consul::target_of(x), "/v1/kv/a/.lockinfo?cas=9");
}

} // namespace
} // namespace cts::terraform
