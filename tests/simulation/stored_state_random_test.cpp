#include "tests/simulation/stored_state.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace cts::ha::store {
namespace {

using namespace std::chrono_literals;

/// Leaders come and go, messages are lost, and askers ask at random. In the
/// end what was answered as done is stored, once (I9, I11).
class random_history {
public:
  explicit random_history(unsigned seed) : random_{seed} {
    w.fate_of = [this](auto, const auto&) {
      auto drawn = random_() % 12;
      return drawn < 3 ? static_cast<fate>(drawn + 1) : fate::answered;
    };
  }

  void run() {
    for (auto i = 0; i < 80; ++i)
      act(std::to_string(i));
    w.fate_of = nullptr;
    w.advance(30s);
  }

  void check_tasks() {
    auto seen = w.seen().tasks;
    for (const auto& [name, possible] : possible_texts())
      EXPECT_TRUE(possible.contains(text_of(seen.at(name).record)))
        << "task " << name << " has " << text_of(seen.at(name).record);
  }

  void check_events() {
    auto recorded = std::map<task_name, std::size_t>{};
    auto doubtful = std::map<task_name, std::size_t>{};
    for (const auto& each : w.closed)
      ++(each.unrecorded ? doubtful : recorded)[each.permit.task];
    for (const auto& [name, task] : w.seen().tasks) {
      EXPECT_GE(task.events.runs, recorded[name]) << name;
      EXPECT_LE(task.events.runs, recorded[name] + doubtful[name]) << name;
      auto ids = std::set<std::string>{};
      for (const auto& event : task.events.events)
        EXPECT_TRUE(ids.insert(event.id).second) << "twice: " << event.id;
      EXPECT_LE(ids.size(), event_store::events_max);
    }
  }

  world w{{"a", "b", "c"}};

private:
  static std::string text_of(const task_record& x) {
    auto found = x.config.find("text");
    return found == x.config.end() ? std::string{}
                                   : std::get<std::string>(found->second.data);
  }

  void act(const std::string& text) {
    if (w.machine.phase == phase::closed)
      w.lead(random_() % 2 == 0 ? "cts-01" : "cts-02");
    auto name = task_name(1, static_cast<char>('a' + random_() % 3));
    if (w.machine.phase == phase::open)
      change(name, text);
    if (random_() % 8 == 0)
      w.advance(std::chrono::milliseconds{random_() % 3000});
    if (random_() % 30 == 0)
      w.end_session(w.term.session);
  }

  void change(const task_name& name, const std::string& text) {
    if (random_() % 2 == 0) {
      auto x = put_task{.name = name, .config = {{"text", {text}}}};
      auto request = w.ask(x);
      puts_.emplace_back(request, x);
    } else if (!w.has(w.keys.inflight(name))) {
      w.end_run(name, text);
    }
  }

  /// The last text that was answered as done, or one that came after it.
  std::map<task_name, std::set<std::string>> possible_texts() {
    auto out = std::map<task_name, std::set<std::string>>{};
    for (auto name : {"a", "b", "c"})
      out[name] = {""};
    for (const auto& [request, x] : puts_) {
      if (w.answer(request) == "")
        out[x.name].clear();
      out[x.name].insert(std::get<std::string>(x.config.at("text").data));
    }
    return out;
  }

  std::mt19937 random_;
  std::vector<std::pair<std::uint64_t, put_task>> puts_{};
};

TEST(StoredStateHistory, WhatWasAnsweredIsStoredOnce) {
  auto changes = std::size_t{0};
  auto losses = std::size_t{0};
  for (auto seed = 1U; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    auto history = random_history{seed};
    history.run();
    history.check_tasks();
    history.check_events();
    EXPECT_LE(history.w.operations_most, txn::operations_max);
    changes += history.w.closed.size();
    losses += history.w.lost.size();
  }
  // It was worth looking at.
  EXPECT_GT(changes, 1000u);
  EXPECT_GT(losses, 100u);
}

} // namespace
} // namespace cts::ha::store
