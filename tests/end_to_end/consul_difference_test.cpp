// Random requests to the model and to the real agent, which must answer alike
// and end up with the same keys. What no case of the conformance tests thought
// of shows up here.

#include "core/consul/kv.hpp"
#include "core/consul/session.hpp"
#include "core/consul/txn.hpp"
#include "tests/end_to_end/consul_conformance.hpp"

#include <array>
#include <functional>
#include <map>
#include <random>
#include <regex>

namespace cts {
namespace {

namespace txn = consul::txn;

/// One of the two, with its own ids and indexes for the same things.
struct subject {
  std::function<consul::reply(const consul::request&)> ask;
  std::vector<std::string> sessions{};
};

/// A step in words that mean the same to both.
struct step {
  enum class kind { make_session, destroy, transaction, put, erase };
  struct operation {
    std::size_t verb = 0;
    std::string key{};
    std::string value{};
    std::size_t session = 0;
    /// 0: none, 1: a wrong one, 2: the right one.
    unsigned index = 0;
    std::uint64_t flags = 0;
  };
  kind what = kind::put;
  std::vector<operation> operations{};
};

class dice {
public:
  explicit dice(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return random_() % limit; }

  step::operation operation() {
    constexpr auto keys = std::array{"a", "b", "t/a", "t/b", "t/", "none"};
    constexpr auto values = std::array{"", "1", "2"};
    return {.verb = below(12),
            .key = keys[below(keys.size())],
            .value = values[below(values.size())],
            .session = below(4),
            .index = static_cast<unsigned>(below(3)),
            .flags = below(2)};
  }

  step next() {
    constexpr auto most = std::size_t{5};
    auto out = step{};
    auto roll = below(20);
    if (roll < 2)
      out.what = step::kind::make_session;
    else if (roll < 3)
      out.what = step::kind::destroy;
    else if (roll < 12)
      out.what = step::kind::transaction;
    else if (roll < 18)
      out.what = step::kind::put;
    else
      out.what = step::kind::erase;
    auto count = out.what == step::kind::transaction ? 1 + below(most) : 1;
    for (auto i = std::size_t{0}; i < count; ++i)
      out.operations.push_back(operation());
    return out;
  }

private:
  std::mt19937 random_;
};

std::optional<std::uint64_t> index_or_none(std::uint64_t x) {
  return x == 0 ? std::nullopt : std::optional{x};
}

consul::kv_entries keys_of(subject& x) {
  auto read = x.ask(consul::read_keys({.key = "", .recurse = true}));
  return consul::decode_keys(read).value();
}

std::string session_of(const subject& x, std::size_t number) {
  if (number == 0)
    return "11111111-1111-1111-1111-111111111111";
  return x.sessions.empty() ? std::string{}
                            : x.sessions[(number - 1) % x.sessions.size()];
}

std::uint64_t index_for(subject& x, const step::operation& from) {
  if (from.index == 0)
    return 0;
  for (const auto& one : keys_of(x))
    if (one.key == from.key && from.index == 2)
      return one.modify_index;
  return 1;
}

txn::operation operation_for(subject& x, const step::operation& from) {
  const auto& key = from.key;
  switch (from.verb) {
    case 0: return txn::set{key, from.value, from.flags};
    case 1: return txn::cas{key, from.value, index_for(x, from), from.flags};
    case 2:
      return txn::lock{key, from.value, session_of(x, from.session),
                       from.flags};
    case 3:
      return txn::unlock{key, from.value, session_of(x, from.session),
                         from.flags};
    case 4: return txn::get{key};
    case 5: return txn::get_tree{key};
    case 6: return txn::check_index{key, index_for(x, from)};
    case 7: return txn::check_session{key, session_of(x, from.session)};
    case 8: return txn::check_not_exists{key};
    case 9: return txn::erase{key};
    case 10: return txn::erase_tree{key};
    default: return txn::erase_cas{key, index_for(x, from)};
  }
}

consul::request put_for(subject& x, const step::operation& from) {
  auto lock = consul::kv_lock{.key = from.key,
                              .session = session_of(x, from.session),
                              .value = from.value,
                              .flags = from.flags};
  auto out = from.verb % 2 == 0 ? consul::acquire_key(lock)
                                : consul::release_key(lock);
  if (from.verb >= 6)
    out.query = {{"flags", std::to_string(from.flags)}};
  if (from.verb >= 9)
    out.query.emplace("cas", std::to_string(index_for(x, from)));
  return out;
}

consul::request erase_for(subject& x, const step::operation& from) {
  auto out = consul::request{.method = "DELETE", .path = "/v1/kv/" + from.key};
  if (from.verb < 3)
    out.query.emplace("recurse", "");
  else if (from.verb < 8)
    out.query.emplace("cas", std::to_string(index_for(x, from)));
  return out;
}

/// Ids by their number, and no indexes, which differ between the two.
std::string in_common_words(const subject& x, std::string text) {
  for (auto i = std::size_t{0}; i < x.sessions.size(); ++i)
    for (auto at = text.find(x.sessions[i]); at != std::string::npos;
         at = text.find(x.sessions[i]))
      text.replace(at, x.sessions[i].size(), "session-" + std::to_string(i));
  return std::regex_replace(text, std::regex{"modify index \\d+ != \\d+"},
                            "modify index");
}

std::string describe(const subject& x, const consul::kv_entry& entry) {
  return entry.key + "=" + entry.value + " flags " + std::to_string(entry.flags)
         + " locked " + std::to_string(entry.lock_index) + " by "
         + in_common_words(x, entry.session) + "\n";
}

std::string describe(const subject& x, const txn::outcome& outcome) {
  auto out = std::string{};
  if (const auto* done = std::get_if<txn::committed>(&outcome))
    for (const auto& entry : done->entries)
      out += describe(x, entry);
  if (const auto* no = std::get_if<txn::refused>(&outcome))
    for (const auto& one : no->reasons)
      out += std::to_string(one.operation) + ": "
             + in_common_words(x, one.message) + "\n";
  return out;
}

std::string carry_out(subject& x, const step& from) {
  const auto& first = from.operations.front();
  switch (from.what) {
    case step::kind::make_session: {
      auto made = consul::decode_session_created(
        x.ask(consul::create_session({.node_checks = {}})));
      x.sessions.push_back(made.value().id);
      return "made";
    }
    case step::kind::destroy:
      return x.ask(consul::destroy_session(session_of(x, first.session), ""))
        .body.substr(0, 4);
    case step::kind::transaction: {
      auto xs = txn::operations{};
      for (const auto& one : from.operations)
        xs.push_back(operation_for(x, one));
      auto outcome = txn::decode(x.ask(txn::request_for(xs).value()));
      return outcome ? describe(x, *outcome) : outcome.error().message;
    }
    case step::kind::put:
    case step::kind::erase: break;
  }
  auto reply = x.ask(from.what == step::kind::put ? put_for(x, first)
                                                  : erase_for(x, first));
  auto text = in_common_words(x, reply.body);
  return std::to_string(reply.status) + " " + text.substr(0, text.find('\n'));
}

/// All keys, and which of them were changed together.
std::string keys_text(subject& x) {
  auto ages = std::map<std::uint64_t, std::size_t>{};
  auto entries = keys_of(x);
  for (const auto& one : entries)
    ages[one.modify_index] = ages[one.create_index] = 0;
  auto count = std::size_t{0};
  for (auto& [index, age] : ages)
    age = count++;
  auto out = std::string{};
  for (const auto& one : entries)
    out += std::to_string(ages[one.create_index]) + "-"
           + std::to_string(ages[one.modify_index]) + " " + describe(x, one);
  return out;
}

/// How the indexes of some reads compare: 0 for the lowest.
std::string indexes_text(subject& x) {
  auto found = std::vector<std::uint64_t>{};
  for (const auto* target : {"a", "b", "t/a", "t/", "t", "t/b", "none", ""}) {
    auto read = consul::kv_read{.key = target};
    found.push_back(x.ask(consul::read_keys(read)).index.value_or(0));
    read.recurse = true;
    found.push_back(x.ask(consul::read_keys(read)).index.value_or(0));
  }
  auto ranks = std::map<std::uint64_t, std::size_t>{};
  for (auto index : found)
    ranks[index] = 0;
  auto count = std::size_t{0};
  for (auto& [index, rank] : ranks)
    rank = count++;
  auto out = std::string{};
  for (auto index : found)
    out += std::to_string(ranks[index]) + " ";
  return out;
}

class ConsulDifference : public ConsulConformance {};

TEST_P(ConsulDifference, ThereIsNoneInRandomRequests) {
  constexpr auto steps = 200;
  auto state = consul_model::state{};
  auto model_subject = subject{.ask = [&state](const consul::request& x) {
    auto out = consul_model::serve(
      state, consul_model::parse(x.method, consul::target_of(x), x.body), {});
    return consul::reply{.status = out.status,
                         .index = index_or_none(out.newest),
                         .body = out.body};
  }};
  auto real_subject = subject{.ask = [this](const consul::request& x) {
    auto out = finish(start(x.method, consul::target_of(x), x.body));
    return consul::reply{.status = out.status,
                         .index = index_or_none(out.index),
                         .body = out.body};
  }};
  for (auto seed : {1u, 2u, 3u}) {
    auto random = dice{seed};
    for (auto i = 0; i < steps; ++i) {
      auto next = random.next();
      ASSERT_EQ(carry_out(model_subject, next), carry_out(real_subject, next))
        << "seed " << seed << " step " << i;
      ASSERT_EQ(keys_text(model_subject), keys_text(real_subject))
        << "seed " << seed << " step " << i;
      ASSERT_EQ(indexes_text(model_subject), indexes_text(real_subject))
        << "seed " << seed << " step " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Agents, ConsulDifference,
                         testing::Values(agent_kind::real), name_of_agent);

} // namespace
} // namespace cts
