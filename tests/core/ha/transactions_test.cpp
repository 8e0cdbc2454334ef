#include "core/ha/transactions.hpp"

#include <gtest/gtest.h>

namespace cts::ha {
namespace {

const auto keys = layout::make("p/c").value();

TEST(Transactions, TakeLockAndEpochAndReadTheRunsInOneStep) {
  auto x = acquisition{.session = "s", .meta_index = 7};
  EXPECT_EQ(
    tx_acquire(keys, x),
    (txn::operations{
      txn::lock{.key = "p/c/leader", .value = encode(x.leader), .session = "s"},
      txn::cas{.key = "p/c/meta", .value = encode(x.meta), .index = 7},
      txn::get_tree{"p/c/inflight/"}}));
}

TEST(Transactions, FenceEveryWriteOfTheLeader) {
  EXPECT_EQ(tx_write(keys, "s", {txn::erase{"p/c/x"}}),
            (txn::operations{txn::check_session{"p/c/leader", "s"},
                             txn::erase{"p/c/x"}}));
}

TEST(Transactions, RecordTheIntentToRun) {
  auto x = intent{.session = "s",
                  .instance = {.id = "i", .seq = 4},
                  .run = {.task = "t"},
                  .run_index = 3,
                  .former = unmoved_instance{.id = "o", .index = 9}};
  EXPECT_EQ(
    tx_intent(keys, x),
    (txn::operations{
      txn::check_session{"p/c/leader", "s"},
      txn::lock{
        .key = "p/c/instances/i", .value = encode(x.instance), .session = "s"},
      txn::cas{.key = "p/c/inflight/t", .value = encode(x.run), .index = 3},
      txn::check_index{"p/c/instances/o", 9}}));
  x.former.reset();
  EXPECT_EQ(tx_intent(keys, x).size(), 3u);
}

TEST(Transactions, ExtendTheLease) {
  auto record = instance_record{.id = "i"};
  EXPECT_EQ(
    tx_lease(keys, "s", record),
    (txn::operations{txn::lock{
      .key = "p/c/instances/i", .value = encode(record), .session = "s"}}));
}

TEST(Transactions, EndARunTogetherWithItsEvent) {
  auto x = completion{.session = "s",
                      .task = "t",
                      .run_index = 5,
                      .payload = {txn::set{.key = "e", .value = "v"}}};
  EXPECT_EQ(tx_done(keys, x),
            (txn::operations{txn::check_session{"p/c/leader", "s"},
                             txn::check_index{"p/c/inflight/t", 5},
                             txn::erase_cas{"p/c/inflight/t", 5},
                             txn::set{.key = "e", .value = "v"}}));
}

TEST(Transactions, AcknowledgeWithoutTheLock) {
  auto run = inflight_record{.task = "t", .state = run_state::stopped};
  EXPECT_EQ(tx_acknowledge(keys, run, 6),
            (txn::operations{txn::cas{
              .key = "p/c/inflight/t", .value = encode(run), .index = 6}}));
}

TEST(Transactions, GiveTheLockBack) {
  auto record = leader_record{.state = lock_state::released};
  EXPECT_EQ(tx_release(keys, "s", record),
            (txn::operations{txn::check_session{"p/c/leader", "s"},
                             txn::unlock{.key = "p/c/leader",
                                         .value = encode(record),
                                         .session = "s"}}));
}

} // namespace
} // namespace cts::ha
