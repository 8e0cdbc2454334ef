// What the product may rely on of locks on keys, checked against the model and
// the real agent. Source: chapter high-availability 2.3, K1 to K3, K10, K12.

#include "tests/end_to_end/consul_locks.hpp"

namespace cts {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class KeyConformance : public LockConformance {
protected:
  /// Status and text of a `PUT`.
  answer try_put(const std::string& target, const std::string& body = {}) {
    return finish(start("PUT", target, body));
  }

  void restore_an_older_snapshot() {
    if (!simulated()) {
      // In dev mode an agent forgets everything.
      real->kill();
      real->restart();
      return;
    }
    (*self)->send(model, reset_agent_indexes{});
    sched().run();
  }
};

TEST_P(KeyConformance, ALockCountsWhoTakesIt) {
  auto id = make_session();
  EXPECT_TRUE(acquire("k", id, "1", 7));
  auto first = entry("k");
  EXPECT_EQ(first.session, id);
  EXPECT_EQ(first.lock_index, 1u);
  EXPECT_EQ(first.value, "1");
  EXPECT_EQ(first.flags, 7u);
  EXPECT_EQ(first.create_index, first.modify_index);
  EXPECT_TRUE(release("k", id));
  EXPECT_TRUE(acquire("k", make_session()));
  EXPECT_EQ(entry("k").lock_index, 2u);
  EXPECT_EQ(entry("k").create_index, first.create_index);
}

TEST_P(KeyConformance, AHolderWritesByTakingItsLockAgain) {
  auto id = make_session();
  EXPECT_TRUE(acquire("k", id, "1"));
  auto first = entry("k");
  EXPECT_TRUE(acquire("k", id, "2", 9));
  auto second = entry("k");
  EXPECT_EQ(second.lock_index, 1u);
  EXPECT_EQ(second.value, "2");
  EXPECT_EQ(second.flags, 9u);
  EXPECT_GT(second.modify_index, first.modify_index);
  EXPECT_TRUE(acquire("k", id, "2", 9));
  EXPECT_EQ(entry("k"), second);
}

TEST_P(KeyConformance, NobodyElseTakesOrReleasesALock) {
  auto id = make_session();
  auto other = make_session();
  EXPECT_TRUE(acquire("k", id, "1"));
  auto before = entry("k");
  EXPECT_FALSE(acquire("k", other, "2"));
  EXPECT_FALSE(release("k", other, "2"));
  EXPECT_FALSE(release("k", nobody, "2"));
  EXPECT_FALSE(release("none", id, "2"));
  EXPECT_EQ(entry("k"), before);
}

TEST_P(KeyConformance, OnlySessionsTakeLocks) {
  auto x = try_put(std::string{"/v1/kv/k?acquire="} + nobody);
  EXPECT_EQ(x.status, 500);
  EXPECT_THAT(x.body, HasSubstr(std::string{"invalid session \""} + nobody));
  x = try_put("/v1/kv/k?acquire=zz");
  EXPECT_EQ(x.status, 500);
  EXPECT_THAT(x.body, HasSubstr("UUID must be 36 characters"));
  x = try_put("/v1/kv/k?acquire=");
  EXPECT_EQ(x.status, 500);
  EXPECT_THAT(x.body, HasSubstr("missing session"));
}

TEST_P(KeyConformance, AReleaseReplacesValueAndFlags) {
  auto id = make_session();
  EXPECT_TRUE(acquire("k", id, "1", 7));
  EXPECT_TRUE(release("k", id, "2"));
  auto x = entry("k");
  EXPECT_EQ(x.session, "");
  EXPECT_EQ(x.lock_index, 1u);
  EXPECT_EQ(x.value, "2");
  EXPECT_EQ(x.flags, 0u);
  EXPECT_FALSE(release("k", id));
}

TEST_P(KeyConformance, LocksAreAdvisory) {
  auto id = make_session();
  EXPECT_TRUE(acquire("k", id, "1"));
  put("/v1/kv/k", "plain");
  auto x = entry("k");
  EXPECT_EQ(x.session, id);
  EXPECT_EQ(x.lock_index, 0u);
  EXPECT_EQ(x.value, "plain");
  EXPECT_TRUE(acquire("k", id, "3"));
  EXPECT_EQ(entry("k").lock_index, 0u);
  auto cas = "/v1/kv/k?cas=" + std::to_string(entry("k").modify_index);
  EXPECT_THAT(put(cas, "4").body, HasSubstr("true"));
  EXPECT_EQ(holder("k"), id);
  commit({consul::txn::set{.key = "k", .value = "5"}});
  EXPECT_EQ(holder("k"), id);
}

TEST_P(KeyConformance, DeletingAKeyFreesIt) {
  EXPECT_TRUE(acquire("k", make_session()));
  EXPECT_TRUE(written({.method = "DELETE", .path = "/v1/kv/k"}));
  EXPECT_TRUE(acquire("k", make_session()));
  EXPECT_EQ(entry("k").lock_index, 1u);
}

TEST_P(KeyConformance, ADeletedKeyIsNotFreedAgainWithItsSession) {
  auto id = make_session();
  auto next = make_session();
  EXPECT_TRUE(acquire("k", id));
  EXPECT_TRUE(written({.method = "DELETE", .path = "/v1/kv/k"}));
  EXPECT_TRUE(acquire("k", next));
  destroy(id);
  EXPECT_EQ(holder("k"), next);
}

TEST_P(KeyConformance, CasComparesTheIndex) {
  EXPECT_THAT(put("/v1/kv/k?cas=1", "1").body, HasSubstr("false"));
  EXPECT_THAT(put("/v1/kv/k?cas=0", "1").body, HasSubstr("true"));
  EXPECT_THAT(put("/v1/kv/k?cas=0", "2").body, HasSubstr("false"));
  EXPECT_THAT(put("/v1/kv/k?cas=1", "2").body, HasSubstr("false"));
  auto erase = [this](const std::string& index) {
    return written(
      {.method = "DELETE", .path = "/v1/kv/k", .query = {{"cas", index}}});
  };
  EXPECT_FALSE(erase("0"));
  EXPECT_FALSE(erase("1"));
  EXPECT_TRUE(erase(std::to_string(entry("k").modify_index)));
  EXPECT_TRUE(erase("1"));
}

TEST_P(KeyConformance, RefusesWhatMeansNothing) {
  for (const auto& [query, status] : std::map<std::string, int>{
         {"cas=0&acquire=x", 400}, {"cas=x", 500}, {"flags=x", 500}})
    EXPECT_EQ(try_put("/v1/kv/k?" + query).status, status) << query;
  EXPECT_EQ(finish(start("DELETE", "/v1/kv/k?cas=1&recurse=")).status, 400);
  EXPECT_EQ(get("/v1/kv/k?stale=&consistent=").status, 400);
  EXPECT_EQ(finish(start("POST", "/v1/kv/k")).status, 405);
}

TEST_P(KeyConformance, AValueHasALimit) {
  put("/v1/kv/k", std::string(524'288, 'x'));
  auto x = try_put("/v1/kv/k", std::string(524'289, 'x'));
  EXPECT_EQ(x.status, 413);
  EXPECT_THAT(x.body, HasSubstr("Request body(524289 bytes) too large, max "
                                "size: 524288 bytes. See "));
}

TEST_P(KeyConformance, LocksWakeWhoWatches) {
  put("/v1/kv/dir/k", "v");
  auto id = make_session();
  auto seen = get("/v1/kv/dir/k");
  auto waiting = poll_past(seen, "/v1/kv/dir/k");
  EXPECT_TRUE(acquire("dir/k", id));
  seen = expect_woken(std::move(waiting), seen);
  auto tree = get("/v1/kv/dir/?recurse=");
  waiting = poll_past(seen, "/v1/kv/dir/k");
  auto tree_poll = poll_past(tree, "/v1/kv/dir/?recurse=");
  EXPECT_TRUE(release("dir/k", id));
  expect_woken(std::move(waiting), seen);
  expect_woken(std::move(tree_poll), tree);
}

TEST_P(KeyConformance, APrefixSleepsWhileOthersChange) {
  put("/v1/kv/dir/k", "v");
  auto id = make_session();
  auto seen = get("/v1/kv/dir/?recurse=");
  auto waiting = poll_past(seen, "/v1/kv/dir/?recurse=", "1s");
  EXPECT_TRUE(acquire("other", id));
  destroy(id);
  expect_asleep(std::move(waiting), seen);
}

TEST_P(KeyConformance, AnEmptyPrefixRemembersItsDeletion) {
  put("/v1/kv/dir/a", "v");
  put("/v1/kv/dir/b", "v");
  auto before = get("/v1/kv/dir/?recurse=");
  finish(start("DELETE", "/v1/kv/dir/?recurse="));
  put("/v1/kv/other", "v");
  auto tree = get("/v1/kv/dir/?recurse=");
  EXPECT_EQ(tree.status, 404);
  EXPECT_GT(tree.index, before.index);
  EXPECT_LT(tree.index, get("/v1/kv/dir/a").index);
  // The deletion is remembered of the prefix, not of each key.
  EXPECT_EQ(get("/v1/kv/dir/a?recurse=").index, get("/v1/kv/other").index);
  EXPECT_EQ(get("/v1/kv/dir?recurse=").index, tree.index);
}

TEST_P(KeyConformance, ConsistentAndStaleReadsLookAlikeInPeace) {
  put("/v1/kv/k", "v");
  auto usual = get("/v1/kv/k");
  EXPECT_EQ(get("/v1/kv/k?consistent=").body, usual.body);
  EXPECT_EQ(get("/v1/kv/k?stale=").body, usual.body);
}

TEST_P(KeyConformance, AnOlderSnapshotHasLowerIndexes) {
  for (auto i = 0; i < 50; ++i)
    put("/v1/kv/k", std::to_string(i));
  auto seen = get("/v1/kv/k");
  restore_an_older_snapshot();
  put("/v1/kv/k", "after");
  auto lower = finish(poll_past(seen, "/v1/kv/k", "1s"));
  EXPECT_GE(lower.took, 1s);
  EXPECT_LT(lower.index, seen.index);
  EXPECT_EQ(entries(lower).at(0).value, "after");
}

INSTANTIATE_TEST_SUITE_P(Agents, KeyConformance,
                         testing::Values(agent_kind::model, agent_kind::real),
                         name_of_agent);

} // namespace
} // namespace cts
