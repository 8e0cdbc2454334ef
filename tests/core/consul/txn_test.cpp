#include "core/consul/txn.hpp"

#include "tests/core/consul/recorded.hpp"

#include <gtest/gtest.h>

#include <random>

namespace cts::consul::txn {
namespace {

constexpr auto session_id = "ea26e64a-ede2-c19f-87b0-3bb3ddd129a0";

reason reason_for(const std::string& what) {
  auto quoted = std::string{};
  for (char c : what)
    quoted += c == '"' ? std::string{"\\\""} : std::string{c};
  auto x = decode({.status = 409,
                   .body = R"({"Results":null,"Errors":[{"OpIndex":3,"What":")"
                           + quoted + "\"}]}"});
  EXPECT_TRUE(x) << what;
  const auto& out = std::get<refused>(*x).reasons.at(0);
  EXPECT_EQ(out.operation, 3u);
  EXPECT_EQ(out.message, what);
  return out.why;
}

TEST(Txn, WritesEveryOperation) {
  auto x = request_for({set{.key = "a", .value = "1", .flags = 7},
                        cas{.key = "b", .value = "2", .index = 0},
                        lock{.key = "c", .value = "", .session = "s"},
                        unlock{.key = "d", .value = "3", .session = "s"},
                        get{"e"}, get_tree{"f/"}, check_index{"g", 9},
                        check_session{"h", "s"}, check_not_exists{"i"},
                        erase{"j"}, erase_tree{"k/"}, erase_cas{"l", 4}});
  ASSERT_TRUE(x);
  EXPECT_EQ(x->method, "PUT");
  EXPECT_EQ(target_of(*x), "/v1/txn");
  EXPECT_EQ(
    x->body,
    R"([{"KV":{"Verb":"set","Key":"a","Value":"MQ==","Flags":7}},)"
    R"({"KV":{"Verb":"cas","Key":"b","Value":"Mg==","Index":0}},)"
    R"({"KV":{"Verb":"lock","Key":"c","Value":"","Session":"s"}},)"
    R"({"KV":{"Verb":"unlock","Key":"d","Value":"Mw==","Session":"s"}},)"
    R"({"KV":{"Verb":"get","Key":"e"}},{"KV":{"Verb":"get-tree","Key":"f/"}},)"
    R"({"KV":{"Verb":"check-index","Key":"g","Index":9}},)"
    R"({"KV":{"Verb":"check-session","Key":"h","Session":"s"}},)"
    R"({"KV":{"Verb":"check-not-exists","Key":"i"}},)"
    R"({"KV":{"Verb":"delete","Key":"j"}},)"
    R"({"KV":{"Verb":"delete-tree","Key":"k/"}},)"
    R"({"KV":{"Verb":"delete-cas","Key":"l","Index":4}}])");
}

TEST(Txn, NamesTheNamespace) {
  EXPECT_EQ(target_of(*request_for({get{"a"}}, "team")), "/v1/txn?ns=team");
}

TEST(Txn, RefusesWhatConsulWouldRefuse) {
  auto many = operations(operations_max, get{"a"});
  EXPECT_TRUE(request_for(many));
  many.push_back(get{"a"});
  EXPECT_EQ(request_for(many).error().code, errc::limit);
  auto frame = body_bytes(operations{set{.key = "k"}});
  auto room = (body_bytes_max - frame) / 4 * 3;
  auto fits = operations{set{.key = "k", .value = std::string(room, 'x')}};
  EXPECT_TRUE(request_for(fits));
  std::get<set>(fits[0]).value += "xxx";
  EXPECT_EQ(request_for(fits).error().code, errc::limit);
}

TEST(TxnProperty, TheSizeIsKnownBeforeTheBodyIs) {
  for (auto seed = 0u; seed < 200u; ++seed) {
    auto random = std::mt19937{seed};
    auto text = [&random] {
      auto out = std::string(random() % 30, '\0');
      for (auto& c : out)
        c = static_cast<char>(random() % 128);
      return out;
    };
    auto xs = operations{};
    for (auto count = random() % 6; count > 0; --count) {
      auto all = operations{set{text(), text(), random() % 2},
                            cas{text(), text(), random(), random() % 2},
                            lock{text(), text(), text()},
                            erase_cas{text(), random()},
                            check_session{text(), text()},
                            get_tree{text()}};
      xs.push_back(all[random() % all.size()]);
    }
    ASSERT_EQ(body_bytes(xs), request_for(xs)->body.size()) << "seed " << seed;
  }
}

TEST(Txn, OnlyAWriteFences) {
  EXPECT_FALSE(has_write({}));
  EXPECT_FALSE(has_write(
    {get{}, get_tree{}, check_index{}, check_session{}, check_not_exists{}}));
  for (const auto& x : operations{set{}, cas{}, lock{}, unlock{}, erase{},
                                  erase_tree{}, erase_cas{}})
    EXPECT_TRUE(has_write({check_session{}, x}));
}

TEST(Txn, ReadsWhatItDid) {
  auto x = decode({.status = 200, .body = recorded("txn_committed")});
  ASSERT_TRUE(x) << x.error().message;
  const auto& entries = std::get<committed>(*x).entries;
  ASSERT_EQ(entries.size(), 4u);
  auto leader = kv_entry{.key = "p/leader",
                         .lock_index = 1,
                         .create_index = 201,
                         .modify_index = 201,
                         .session = session_id};
  EXPECT_EQ(entries[0], leader);
  leader.value = "a";
  EXPECT_EQ(entries[2], leader);
  EXPECT_EQ(entries[3], (kv_entry{.key = "p/meta",
                                  .value = "b",
                                  .flags = 3304740253564472344,
                                  .create_index = 201,
                                  .modify_index = 201}));
}

TEST(Txn, ReadsThatThereIsNothing) {
  auto x = decode({.status = 200, .body = R"({"Results":[],"Errors":null})"});
  ASSERT_TRUE(x);
  EXPECT_EQ(*x, outcome{committed{}});
}

TEST(Txn, ReadsEveryRefusal) {
  auto x = decode({.status = 409, .body = recorded("txn_refused")});
  ASSERT_TRUE(x) << x.error().message;
  const auto& reasons = std::get<refused>(*x).reasons;
  ASSERT_EQ(reasons.size(), 2u);
  EXPECT_EQ(reasons[0].why, reason::session_mismatch);
  EXPECT_EQ(reasons[0].operation, 0u);
  EXPECT_EQ(reasons[1].why, reason::stale_index);
  EXPECT_EQ(reasons[1].operation, 2u);
  EXPECT_EQ(reasons[1].message, "failed to delete key \"p/meta\", index is "
                                "stale");
}

TEST(Txn, KnowsTheWordsOfARefusal) {
  using namespace std::string_literals;
  for (const auto& [what, why] : std::vector<std::pair<std::string, reason>>{
         {"failed to lock key \"k\", lock is already held", reason::lock_held},
         {"failed to lock key \"k\" due to lock delay", reason::lock_delay},
         {"failed session check for key \"k\", current session \"a\" != \"b\"",
          reason::session_mismatch},
         {"failed to check session, key \"k\" doesn't exist",
          reason::session_mismatch},
         {"failed index check for key \"k\", current modify index 618 != 1",
          reason::stale_index},
         {"failed to check index, key \"k\" doesn't exist",
          reason::stale_index},
         {"failed to set key \"k\", index is stale", reason::stale_index},
         {"failed to delete key \"k\", index is stale", reason::stale_index},
         {"key \"k\" exists", reason::stale_index},
         {"failed to unlock key \"k\", lock isn't held, or is held by another "
          "session",
          reason::not_holder},
         {"invalid session \"s\"", reason::invalid_session},
         {"failed session lookup: index error: UUID must be 36 characters",
          reason::invalid_session},
         {"missing session", reason::invalid_session},
         {"key \"k\" doesn't exist", reason::missing_key},
         {"Permission denied", reason::permission_denied},
         {"Must provide key", reason::other},
         {"unknown KV verb \"foo\"", reason::other}})
    EXPECT_EQ(reason_for(what), why) << what;
}

TEST(Txn, AnUnknownTokenIsARefusal) {
  auto x = decode({.status = 403, .body = "ACL not found"});
  ASSERT_TRUE(x);
  EXPECT_EQ(std::get<refused>(*x).reasons.at(0).why, reason::permission_denied);
}

TEST(Txn, TellsRefusedFromUnknown) {
  auto ends = [](int status) {
    auto x = decode({.status = status, .body = "why"});
    EXPECT_FALSE(x) << status;
    return x.error();
  };
  EXPECT_EQ(ends(413).code, errc::limit);
  EXPECT_FALSE(is_ambiguous(ends(413)));
  EXPECT_FALSE(is_ambiguous(ends(400)));
  EXPECT_FALSE(is_ambiguous(ends(429)));
  EXPECT_TRUE(is_ambiguous(ends(500)));
  EXPECT_TRUE(is_ambiguous(ends(503)));
  EXPECT_EQ(ends(500).message,
            "transaction: Unexpected response code: 500 (why)");
  EXPECT_TRUE(is_ambiguous(ends(200)));
  EXPECT_TRUE(is_ambiguous(fail(errc::timed_out, "")));
  EXPECT_TRUE(is_ambiguous(fail(errc::cancelled, "")));
}

} // namespace
} // namespace cts::consul::txn
