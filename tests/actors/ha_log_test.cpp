#include "tests/actors/elector_fixture.hpp"

// The lines of chapter high-availability, 5.6, that operators look for: their
// exact text and level. `ha.compat` and `run stopped, lease over` are checked
// where they come from (tests/end_to_end, tests/runtime).

namespace cts {
namespace {

using namespace std::chrono_literals;

/// Sees the lines as the log shows them, without the time.
class HaLog : public ElectorFixture {
protected:
  void SetUp() override {
    ElectorFixture::SetUp();
    log::set_sink([this](const log::line& x) {
      auto text = std::string{levels[static_cast<std::size_t>(x.level)]} + " "
                  + std::string{x.component} + ": " + std::string{x.sentence};
      auto before = ":";
      for (const auto& field : x.fields) {
        text += std::string{before} + " " + std::string{field.key} + "="
                + field.value;
        before = "";
      }
      lines.push_back(text);
    });
  }

  void expect(const std::string& line) {
    EXPECT_EQ(std::ranges::count(lines, line), 1) << line;
  }

  static constexpr const char* levels[]
    = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR"};
};

TEST_F(HaLog, TellsOfElectionAndFollowing) {
  join_and_lead("cts-01");
  join("cts-02");
  advance(1s);
  expect("INFO ha: acquired leadership lock: id=cts-01 epoch=1 "
         "detector=vacant");
  expect("INFO ha: following leader: id=cts-02 leader=cts-01");
}

TEST_F(HaLog, TellsOfALossAndOfARelease) {
  auto& one = join_and_lead("cts-01");
  advance(7s);
  change({consul::txn::erase{keys.leader()}});
  advance(100ms);
  expect("WARN ha: lost leadership lock: id=cts-01 epoch=1 reason=the lock was "
         "deleted");
  tell(one.elector, tenure_over{1});
  advance(1s);
  tell(one.elector, tenure_ready{2});
  EXPECT_TRUE(ask_for<void>(200ms, one.elector, step_down{.leave = true}));
  expect("INFO ha: released leadership lock: id=cts-01 epoch=2");
}

TEST_F(HaLog, TellsOfASuspensionAndItsEnd) {
  auto& one = join_and_lead("cts-01");
  advance(2s);
  tell(model, set_agent_fault{agent_fault::failing, one.node});
  advance(16s);
  auto begin = std::string{"WARN ha: leadership suspended: consul unreachable "
                           "for="};
  EXPECT_EQ(std::ranges::count_if(
              lines, [&](const auto& x) { return x.starts_with(begin); }),
            1);
  tell(model, set_agent_fault{agent_fault::none, one.node});
  advance(3s);
  expect("INFO ha: leadership resumed");
}

} // namespace
} // namespace cts
