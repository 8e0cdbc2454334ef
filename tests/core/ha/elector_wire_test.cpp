#include "core/ha/elector_wire.hpp"

#include "core/ha/transactions.hpp"

#include <gtest/gtest.h>

namespace cts::ha::elector {
namespace {

using namespace std::chrono_literals;
using consul::txn::reason;

const auto keys = *layout::make("cts/c");

TEST(ElectorWire, TellsHowTheLastHolderLeft) {
  EXPECT_EQ(lock_view_of(std::nullopt).detector, "vacant");
  auto entry = consul::kv_entry{.modify_index = 3};
  for (auto [state, name] : {std::pair{lock_state::active, "session"},
                             std::pair{lock_state::released, "release"},
                             std::pair{lock_state::crashed, "witness"}}) {
    entry.value = encode(leader_record{.id = "one", .state = state});
    EXPECT_EQ(lock_view_of(entry).detector, name);
  }
  entry.value = "garbage";
  EXPECT_FALSE(lock_view_of(entry).leader);
}

TEST(ElectorWire, TakesAnUnreadableRunForOneOfAnUnknownOwner) {
  auto x = run_of(
    keys, {.key = keys.inflight("web"), .value = "garbage", .modify_index = 9});
  EXPECT_EQ(x.task, "web");
  EXPECT_EQ(x.owner, "?");
  EXPECT_FALSE(x.stopped);
  EXPECT_EQ(x.lease, 60s);
}

TEST(ElectorWire, MissesNoMetaBesideInstancesAlone) {
  EXPECT_FALSE(has_strangers(
    keys, {{.key = keys.leader()}, {.key = keys.instance("one")}}));
  EXPECT_TRUE(has_strangers(keys, {{.key = keys.base() + "other"}}));
  EXPECT_TRUE(has_strangers(keys, {{.key = keys.inflight("web")}}));
  EXPECT_FALSE(meta_of(keys, std::nullopt, true).view.problem.empty());
  EXPECT_TRUE(meta_of(keys, std::nullopt, false).view.problem.empty());
}

TEST(ElectorWire, TellsWhichConditionOfAnIntentFailed) {
  auto asked = tx_intent(keys, {.session = "s",
                                .instance = {.id = "one"},
                                .run = {.task = "web"},
                                .former = unmoved_instance{"two", 4}});
  auto of = [&](reason why, std::size_t operation) {
    return lease_refusal_of(keys, asked, {{{why, operation, ""}}});
  };
  EXPECT_EQ(of(reason::session_mismatch, 0), lease::refusal::not_leader);
  EXPECT_EQ(of(reason::lock_held, 1), lease::refusal::record_taken);
  EXPECT_EQ(of(reason::stale_index, 2), lease::refusal::run_changed);
  EXPECT_EQ(of(reason::stale_index, 3), lease::refusal::owner_changed);
  EXPECT_EQ(of(reason::invalid_session, 1), lease::refusal::session_over);
  EXPECT_EQ(of(reason::permission_denied, 1), lease::refusal::denied);
  EXPECT_EQ(of(reason::other, 1), lease::refusal::other);
}

} // namespace
} // namespace cts::ha::elector
