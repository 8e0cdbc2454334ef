// What the product may rely on of transactions, checked against the model and
// the real agent. Source: chapter high-availability 2.3, K4 to K9.

#include "tests/end_to_end/consul_locks.hpp"

namespace cts {
namespace {

namespace txn = consul::txn;
using testing::HasSubstr;

class TxnConformance : public LockConformance {
protected:
  answer try_txn(const std::string& body) {
    return finish(start("PUT", "/v1/txn", body));
  }

  std::uint64_t index_of(const std::string& key) {
    return entry(key).modify_index;
  }

  void expect_refused(const txn::operation& x, const std::string& text) {
    EXPECT_EQ(refuse({x}), (reasons{{0, text}}));
    // The same among writes, which goes another way.
    EXPECT_EQ(refuse({txn::set{.key = "unrelated"}, x}), (reasons{{1, text}}));
    EXPECT_EQ(entry("unrelated").key, "");
  }
};

TEST_P(TxnConformance, WritesAtOneIndex) {
  auto x = commit({txn::set{.key = "a", .value = "1", .flags = 7},
                   txn::cas{.key = "b", .value = "2", .index = 0}});
  ASSERT_EQ(x.size(), 2u);
  EXPECT_EQ(x[0].key, "a");
  EXPECT_EQ(x[0].flags, 7u);
  EXPECT_EQ(x[0].value, "");
  EXPECT_EQ(x[0].modify_index, x[1].modify_index);
  EXPECT_EQ(x[0].create_index, x[0].modify_index);
  EXPECT_EQ(entry("a").value, "1");
  EXPECT_EQ(entry("a").modify_index, x[0].modify_index);
}

TEST_P(TxnConformance, WritingTheSameKeepsTheIndex) {
  auto first = commit({txn::set{.key = "a", .value = "1"}});
  auto second = commit({txn::set{.key = "a", .value = "1"}});
  EXPECT_EQ(first, second);
  EXPECT_EQ(index_of("a"), first.at(0).modify_index);
}

TEST_P(TxnConformance, OperationsSeeEarlierOnes) {
  auto x = commit({txn::get_tree{"t/"}, txn::set{.key = "t/a", .value = "1"},
                   txn::get{"t/a"}, txn::set{.key = "t/b", .value = "2"},
                   txn::get_tree{"t/"}, txn::erase_tree{"t/"},
                   txn::check_not_exists{"t/a"}, txn::get_tree{"t/"}});
  ASSERT_EQ(x.size(), 5u);
  EXPECT_EQ(x[1].value, "1");
  EXPECT_EQ(x[3].key, "t/a");
  EXPECT_EQ(x[4].value, "2");
  EXPECT_EQ(entry("t/a").key, "");
}

TEST_P(TxnConformance, AnElectionIsOneStep) {
  put("/v1/kv/b/inflight/x", "run");
  auto id = make_session();
  auto x = commit({txn::lock{.key = "b/leader", .value = "me", .session = id},
                   txn::cas{.key = "b/meta", .value = "1", .index = 0},
                   txn::get_tree{"b/inflight/"}});
  ASSERT_EQ(x.size(), 3u);
  EXPECT_EQ(x[0].session, id);
  EXPECT_EQ(x[0].lock_index, 1u);
  EXPECT_EQ(x[2].value, "run");
  auto other = make_session();
  EXPECT_EQ(
    refuse(
      {txn::lock{.key = "b/leader", .value = "me", .session = other},
       txn::cas{.key = "b/meta", .value = "2", .index = index_of("b/meta")},
       txn::get_tree{"b/inflight/"}}),
    (reasons{{0, "failed to lock key \"b/leader\", lock is already held"}}));
  EXPECT_EQ(entry("b/meta").value, "1");
}

TEST_P(TxnConformance, AFenceHoldsWhileTheSessionDoes) {
  auto id = make_session();
  EXPECT_TRUE(acquire("leader", id));
  auto write = txn::operations{txn::check_session{"leader", id},
                               txn::set{.key = "data", .value = "1"}};
  auto x = commit(write);
  ASSERT_EQ(x.size(), 2u);
  EXPECT_EQ(x[0].key, "leader");
  EXPECT_EQ(x[0].value, "");
  destroy(id);
  EXPECT_EQ(refuse(write),
            (reasons{{0, "failed session check for key \"leader\", current "
                         "session \"\" != \""
                           + id + "\""}}));
}

TEST_P(TxnConformance, SaysWhatIsWrongWithALock) {
  auto id = make_session();
  auto other = make_session();
  EXPECT_TRUE(acquire("k", id));
  expect_refused(txn::lock{.key = "k", .session = other},
                 "failed to lock key \"k\", lock is already held");
  expect_refused(txn::unlock{.key = "k", .session = other},
                 "failed to unlock key \"k\", lock isn't held, or is held by "
                 "another session");
  expect_refused(txn::unlock{.key = "none", .session = id},
                 "failed to unlock key \"none\", lock isn't held, or is held "
                 "by another session");
  expect_refused(txn::lock{.key = "free", .session = nobody},
                 std::string{"invalid session \""} + nobody + "\"");
  expect_refused(txn::lock{.key = "free"}, "missing session");
  expect_refused(txn::lock{.key = "free", .session = "zz"},
                 "failed session lookup: index error: UUID must be 36 "
                 "characters");
}

TEST_P(TxnConformance, SaysWhatIsWrongWithAnIndex) {
  put("/v1/kv/k", "1");
  auto now_at = std::to_string(index_of("k"));
  expect_refused(txn::cas{.key = "k", .index = 0},
                 "failed to set key \"k\", index is stale");
  expect_refused(txn::cas{.key = "k", .index = 1},
                 "failed to set key \"k\", index is stale");
  expect_refused(txn::cas{.key = "none", .index = 1},
                 "failed to set key \"none\", index is stale");
  expect_refused(txn::erase_cas{.key = "k", .index = 1},
                 "failed to delete key \"k\", index is stale");
  expect_refused(txn::check_index{.key = "k", .index = 1},
                 "failed index check for key \"k\", current modify index "
                   + now_at + " != 1");
  expect_refused(txn::check_index{.key = "none", .index = 1},
                 "failed to check index, key \"none\" doesn't exist");
}

TEST_P(TxnConformance, SaysWhatIsWrongWithAKey) {
  auto id = make_session();
  put("/v1/kv/k", "1");
  expect_refused(txn::get{"none"}, "key \"none\" doesn't exist");
  expect_refused(txn::check_not_exists{"k"}, "key \"k\" exists");
  expect_refused(txn::check_session{"none", id},
                 "failed to check session, key \"none\" doesn't exist");
  expect_refused(txn::check_session{"k", id},
                 "failed session check for key \"k\", current session \"\" != "
                 "\""
                   + id + "\"");
  expect_refused(txn::set{}, "Must provide key");
  auto unknown = try_txn(R"([{"KV":{"Verb":"get-or-empty","Key":"k"}}])");
  EXPECT_EQ(unknown.status, 409);
  EXPECT_THAT(unknown.body, HasSubstr(R"(unknown KV verb \"get-or-empty\")"));
}

TEST_P(TxnConformance, DeletesWhatIsNotThere) {
  EXPECT_TRUE(commit({txn::erase{"none"}, txn::erase_tree{"none/"},
                      txn::erase_cas{"none", 4}, txn::get_tree{"none/"},
                      txn::check_not_exists{"none"}})
                .empty());
}

TEST_P(TxnConformance, ListsAllRefusalsAndDoesNothing) {
  auto id = make_session();
  EXPECT_TRUE(acquire("mine", id, "before"));
  put("/v1/kv/tree/a", "before");
  auto before = get("/v1/kv/?recurse=");
  auto x = refuse({txn::set{.key = "mine", .value = "after"},
                   txn::unlock{.key = "mine", .session = id}, txn::get{"none"},
                   txn::erase_tree{"tree/"}, txn::set{.key = "new"},
                   txn::check_not_exists{"new"}});
  EXPECT_EQ(
    x, (reasons{{2, "key \"none\" doesn't exist"}, {5, "key \"new\" exists"}}));
  auto after = get("/v1/kv/?recurse=");
  EXPECT_EQ(after.body, before.body);
  EXPECT_EQ(after.index, before.index);
  // The session still holds what it held.
  destroy(id);
  EXPECT_EQ(holder("mine"), "");
}

TEST_P(TxnConformance, ALockIsKeptAndGivenBack) {
  auto id = make_session();
  commit({txn::lock{.key = "k", .value = "1", .session = id}});
  auto again = commit({txn::lock{.key = "k", .value = "2", .session = id}});
  EXPECT_EQ(again.at(0).lock_index, 1u);
  auto plain = commit({txn::set{.key = "k", .value = "3"}});
  EXPECT_EQ(plain.at(0).session, id);
  EXPECT_EQ(plain.at(0).lock_index, 0u);
  auto seen = get("/v1/kv/k");
  auto waiting = poll_past(seen, "/v1/kv/k");
  auto freed = commit({txn::unlock{.key = "k", .value = "4", .session = id}});
  EXPECT_EQ(freed.at(0).session, "");
  EXPECT_EQ(entries(expect_woken(std::move(waiting), seen)).at(0).value, "4");
}

TEST_P(TxnConformance, WakesEveryKeyItChanges) {
  put("/v1/kv/a", "1");
  put("/v1/kv/b/x", "1");
  auto a = get("/v1/kv/a");
  auto b = get("/v1/kv/b/?recurse=");
  auto on_a = poll_past(a, "/v1/kv/a");
  auto on_b = poll_past(b, "/v1/kv/b/?recurse=");
  commit({txn::set{.key = "a", .value = "2"}, txn::erase_tree{"b/"}});
  expect_woken(std::move(on_a), a);
  EXPECT_EQ(expect_woken(std::move(on_b), b).status, 404);
}

TEST_P(TxnConformance, HasLimits) {
  commit(txn::operations(64, txn::set{.key = "k", .value = "v"}));
  auto many = std::string{"["};
  for (auto i = 0; i < 65; ++i)
    many += (i > 0 ? "," : "")
            + std::string{R"({"KV":{"Verb":"get-tree","Key":"k"}})"};
  auto x = try_txn(many + "]");
  EXPECT_EQ(x.status, 413);
  EXPECT_THAT(x.body,
              HasSubstr("Transaction contains too many operations (65 > 64)"));
  auto frame = txn::body_bytes(txn::operations{txn::set{.key = "k"}});
  auto room = (txn::body_bytes_max - frame) / 4 * 3;
  auto full
    = txn::request_for({txn::set{.key = "k", .value = std::string(room, 'x')}})
        .value()
        .body;
  full.append(txn::body_bytes_max - full.size(), ' ');
  EXPECT_EQ(try_txn(full).status, 200);
  x = try_txn(full + " ");
  EXPECT_EQ(x.status, 413);
  EXPECT_THAT(x.body, HasSubstr("Request body(524289 bytes) too large"));
}

TEST_P(TxnConformance, RefusesWhatItCannotRead) {
  for (const auto* body : {"", "x", "{}"})
    EXPECT_EQ(try_txn(body).status, 400) << body;
  EXPECT_EQ(try_txn(R"([{"KV":{"Verb":"set","Key":"k","Value":"*"}}])").status,
            400);
  EXPECT_EQ(try_txn("[]").status, 200);
  EXPECT_EQ(get("/v1/txn").status, 405);
}

TEST_P(TxnConformance, KeepsEveryFlag) {
  constexpr auto of_terraform = std::uint64_t{3'304'740'253'564'472'344};
  commit({txn::set{.key = "k", .value = "v", .flags = of_terraform}});
  EXPECT_EQ(entry("k").flags, of_terraform);
}

INSTANTIATE_TEST_SUITE_P(Agents, TxnConformance,
                         testing::Values(agent_kind::model, agent_kind::real),
                         name_of_agent);

} // namespace
} // namespace cts
