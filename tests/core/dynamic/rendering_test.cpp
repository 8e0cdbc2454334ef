#include "core/dynamic/rendering.hpp"

#include <gtest/gtest.h>

namespace cts::dynamic::rendering {
namespace {

using namespace std::chrono_literals;

constexpr auto key_text = "{{ key \"a\" }}";
constexpr auto secret_text = "{{ with secret \"s\" }}{{ .Data.k }}{{ end }}";
const auto key_a = source{source::kind::key, "a"};
const auto secret_s = source{source::kind::secret, "s"};

class Rendering : public ::testing::Test {
protected:
  template <class Event>
  void on(const Event& event) {
    feed(s, event, now, [this](const auto& effect) { note(effect); });
  }

  void note(const ask& x) { asked.push_back(x.what); }
  void note(const stop_watching&) { ++stops; }
  void note(const report& x) { reports.push_back(x.known); }
  void note(const refuse& x) { refusals.push_back(x); }
  void note(const warn& x) { warnings.push_back(x.reason); }
  void note(const arm_timer& x) { due = x.due; }

  void begin(const std::vector<std::string>& texts) {
    auto templates = std::vector<found_template>{};
    for (const auto& text : texts)
      templates.push_back({text, "provider", "p"});
    on(started{templates});
  }

  void answer(const source& what, const std::string& text) {
    on(answered{what, value{text}});
  }

  static value secret(const std::string& text) {
    return value{object{{"Data", value{object{{"k", value{text}}}}}}};
  }

  state s{.environment = {{"X", "env"}}};
  time_point now{1h};
  std::vector<source> asked{};
  std::vector<values> reports{};
  std::vector<refuse> refusals{};
  std::vector<std::string> warnings{};
  int stops = 0;
  std::optional<time_point> due{};
};

TEST_F(Rendering, NeedsNobodyForTheEnvironment) {
  begin({"{{ env \"X\" }}"});
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0], (values{{"{{ env \"X\" }}", "env"}}));
  EXPECT_TRUE(asked.empty());
}

TEST_F(Rendering, AsksForEachSourceOnceAndReportsWhenAllIsKnown) {
  begin({key_text, secret_text, "{{ key \"a\" }}!"});
  EXPECT_EQ(asked, (std::vector{key_a, secret_s}));
  answer(key_a, "1");
  EXPECT_TRUE(reports.empty());
  on(answered{secret_s, secret("2")});
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(
    reports[0],
    (values{{key_text, "1"}, {secret_text, "2"}, {"{{ key \"a\" }}!", "1!"}}));
  EXPECT_EQ(stops, 1);
}

TEST_F(Rendering, DoesNotFollowUnlessItShall) {
  begin({key_text});
  answer(key_a, "1");
  answer(key_a, "2");
  EXPECT_EQ(reports.size(), 1u);
}

TEST_F(Rendering, ReportsOtherValuesLater) {
  s.follows = true;
  begin({key_text});
  answer(key_a, "1");
  answer(key_a, "1");
  answer(key_a, "2");
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[1].at(key_text), "2");
  EXPECT_EQ(stops, 0);
}

TEST_F(Rendering, KeepsAValueWhoseKeyIsGone) {
  s.follows = true;
  begin({key_text});
  answer(key_a, "1");
  on(answered{key_a, value{}});
  EXPECT_EQ(reports.size(), 1u);
  answer(key_a, "1");
  EXPECT_EQ(reports.size(), 1u);
}

TEST_F(Rendering, WaitsForAMissingKeyUntilTheTimeIsOver) {
  begin({key_text});
  EXPECT_EQ(due, now + patience);
  on(answered{key_a, value{}});
  now += patience - 1ms;
  on(timer_elapsed{});
  EXPECT_TRUE(refusals.empty());
  now += 1ms;
  on(timer_elapsed{});
  ASSERT_EQ(refusals.size(), 1u);
  EXPECT_EQ(refusals[0].what.owner, "p");
  EXPECT_EQ(refusals[0].reason.message.rfind("context deadline exceeded", 0),
            0u);
  EXPECT_EQ(stops, 1);
  answer(key_a, "late");
  EXPECT_TRUE(reports.empty());
}

TEST_F(Rendering, RefusesAtOnceWhatVaultRefuses) {
  begin({secret_text});
  on(answered{secret_s, fail(errc::refused, "permission denied")});
  ASSERT_EQ(refusals.size(), 1u);
  EXPECT_EQ(refusals[0].reason.message, "permission denied");
}

TEST_F(Rendering, AsksVaultAgainAfterATroubleThatMayPass) {
  begin({secret_text});
  on(answered{secret_s, fail(errc::unavailable, "sealed")});
  EXPECT_EQ(due, now + first_pause);
  now += first_pause;
  on(timer_elapsed{});
  EXPECT_EQ(asked.size(), 2u);
  on(answered{secret_s, fail(errc::unavailable, "sealed")});
  EXPECT_EQ(due, now + 2 * first_pause);
  now += patience;
  on(timer_elapsed{});
  ASSERT_EQ(refusals.size(), 1u);
  EXPECT_EQ(refusals[0].reason.message, "context deadline exceeded: sealed");
}

TEST_F(Rendering, ReadsSecretsAgainBeforeTheyEnd) {
  s.follows = true;
  begin({secret_text});
  on(answered{secret_s, secret("1"), 90s});
  EXPECT_EQ(due, now + 60s);
  now += 60s;
  on(timer_elapsed{});
  EXPECT_EQ(asked.size(), 2u);
  on(answered{secret_s, secret("2")});
  EXPECT_EQ(due, now + reading_pause);
  EXPECT_EQ(reports.size(), 2u);
}

TEST_F(Rendering, WarnsWhenASecretCannotBeReadAgain) {
  s.follows = true;
  begin({secret_text});
  on(answered{secret_s, secret("1")});
  now += reading_pause;
  on(timer_elapsed{});
  on(answered{secret_s, fail(errc::refused, "permission denied")});
  EXPECT_EQ(warnings, std::vector<std::string>{"permission denied"});
  EXPECT_TRUE(refusals.empty());
  EXPECT_GT(*due, now);
}

TEST_F(Rendering, RefusesAMistakeInATemplate) {
  begin({"{{ key \"a\" }}{{ if }}"});
  ASSERT_EQ(refusals.size(), 1u);
  EXPECT_TRUE(asked.empty());
}

TEST_F(Rendering, RefusesASecretWithoutTheField) {
  begin({secret_text});
  on(answered{secret_s, value{object{{"Data", value{object{}}}}}});
  ASSERT_EQ(refusals.size(), 1u);
  EXPECT_EQ(refusals[0].reason.message, "template: there is no field \"k\"");
}

} // namespace
} // namespace cts::dynamic::rendering
