#include "core/ha/last_will.hpp"

#include <gtest/gtest.h>

namespace cts::ha::last_will {
namespace {

using witness::purpose;

/// Of a member with a session.
elector::state member() {
  auto s = elector::state{};
  s.member.at = membership::step_at::member;
  s.member.session = "s1";
  s.election.session = "s1";
  s.election.role = role::follower;
  return s;
}

elector::state leader() {
  auto s = member();
  s.election.role = role::leader;
  s.election.epoch = 7;
  return s;
}

TEST(LastWill, IsEmptyBeforeThereIsASession) {
  EXPECT_TRUE(wishes_of({}, "cts-01").empty());
}

TEST(LastWill, GivesSessionAndServiceOfAMemberBack) {
  auto found = wishes_of(member(), "cts-01");
  EXPECT_EQ(found.size(), 2u);
  EXPECT_EQ(found.at(session_name),
            (wish{.purpose = purpose::farewell, .id = "s1"}));
  EXPECT_EQ(found.at(service_name),
            (wish{.purpose = purpose::farewell, .id = "cts-01"}));
}

TEST(LastWill, LeavesAServiceAloneThatIsNotRegisteredOrNotOurs) {
  EXPECT_FALSE(wishes_of(member(), "").contains(service_name));
  auto s = member();
  using at = membership::step_at;
  for (auto each : {at::looking, at::claiming, at::gone}) {
    s.member.at = each;
    EXPECT_FALSE(wishes_of(s, "cts-01").contains(service_name));
  }
}

TEST(LastWill, GivesTheLockBackAsLongAsItMayBeOurs) {
  auto lock = wish{.purpose = purpose::release, .id = "s1", .epoch = 7};
  auto s = leader();
  for (auto each : {role::loading, role::leader, role::suspended}) {
    s.election.role = each;
    EXPECT_EQ(wishes_of(s, "").at(release_name), lock);
  }
  s.election.role = role::draining;
  s.election.releasing = true;
  s.election.release_epoch = 7;
  EXPECT_EQ(wishes_of(s, "").at(release_name), lock);
  s.election.releasing = false;
  EXPECT_FALSE(wishes_of(s, "").contains(release_name));
  s.election.role = role::lost;
  EXPECT_FALSE(wishes_of(s, "").contains(release_name));
  s = leader();
  s.election.session.clear();
  EXPECT_FALSE(wishes_of(s, "").contains(release_name));
}

TEST(LastWill, TellsTheEndOfEachRun) {
  using at = lease::run::step_at;
  auto s = leader();
  s.lease.runs["web"] = {.at = at::running, .id = "r1", .index = 9};
  s.lease.runs["db"] = {.at = at::ended, .id = "r2", .index = 8};
  s.lease.runs["asked"] = {.at = at::intending, .id = "r3"};
  s.lease.runs["unclear"] = {.at = at::resolving, .id = "r4"};
  for (auto each : {role::leader, role::draining, role::lost}) {
    s.election.role = each;
    auto found = wishes_of(s, "");
    EXPECT_EQ(found.at("inflight/web"), (wish{.purpose = purpose::acknowledge,
                                              .task = "web",
                                              .run = "r1",
                                              .index = 9}));
    EXPECT_TRUE(found.at("inflight/db").ended);
    EXPECT_EQ(
      found.at("inflight/asked"),
      (wish{.purpose = purpose::resolve, .task = "asked", .run = "r3"}));
    EXPECT_EQ(found.at("inflight/unclear").purpose, purpose::resolve);
  }
}

} // namespace
} // namespace cts::ha::last_will
