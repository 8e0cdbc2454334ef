#pragma once

#include "core/go_duration.hpp"
#include "drivers/terraform/run_steps.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace cts::terraform::run_steps {
constexpr auto t0 = time_point{} + std::chrono::hours{1};

constexpr auto valid = R"({"valid": true, "diagnostics": []})";

inline process_finished success(std::string output = {}) {
  return {.output = std::move(output),
          .wall_time = std::chrono::milliseconds{10}};
}

inline process_finished failure_with(std::string text) {
  return {.exit_code = 1, .error_output = std::move(text)};
}

/// A machine that keeps what it wants done, as words.
class run {
public:
  explicit run(options how = {}) {
    how.task = "web";
    state_.options = std::move(how);
  }

  template <class Event>
  run& on(const Event& event, time_point now = t0) {
    done_.clear();
    feed(state_, event, now,
         [this](const auto& x) { done_.push_back(word(x)); });
    history_.insert(history_.end(), done_.begin(), done_.end());
    return *this;
  }

  run& ends(process_finished end, time_point now = t0) {
    return on(command_ended{std::move(end)}, now);
  }

  /// Through all steps of a preparation, to the last command.
  run& prepared_until(step_name last) {
    on(prepare_requested{}).on(leftovers_found{});
    while (state_.at != last)
      if (running_command(state_))
        ends(success());
      else
        on(files_written{true});
    return *this;
  }

  /// To the command of an apply that finds nothing in its way.
  run& applying() { return on(apply_requested{}).on(errored_state_read{}); }

  const std::vector<std::string>& done() const { return done_; }
  const run_steps::state& state() const { return state_; }

  /// How many of all things done begin with one of these words.
  long count(std::initializer_list<const char*> beginnings) const {
    return std::ranges::count_if(history_, [&](const std::string& word) {
      return std::ranges::any_of(
        beginnings, [&](const char* x) { return word.starts_with(x); });
    });
  }

private:
  static std::string word(const check_leftovers&) { return "check"; }
  static std::string word(const remove_leftovers& x) {
    return "remove " + x.paths.front();
  }
  static std::string word(const write_module& x) {
    return x.relative_source ? "write relative module" : "write module";
  }
  static std::string word(const write_selection&) { return "select"; }
  static std::string word(const write_inputs&) { return "write inputs"; }
  static std::string word(const check_errored_state&) { return "check state"; }
  static std::string word(const archive_errored_state& x) {
    return "archive " + x.text;
  }
  static std::string word(const start_command& x) {
    return (x.fenced ? "fenced " : "") + std::string{to_string(x.what)};
  }
  static std::string word(const stop_command&) { return "stop"; }
  static std::string word(const inspect_lock&) { return "inspect lock"; }
  static std::string word(const free_former_lock&) { return "free lock"; }
  static std::string word(const arm_timer& x) {
    return "wait "
           + go_duration::to_string(
             std::chrono::duration_cast<milliseconds>(x.due - t0));
  }
  static std::string word(const finish_prepare&) { return "prepared"; }
  static std::string word(const finish_render& x) {
    return x.changed ? "rendered anew" : "rendered the same";
  }
  static std::string word(const finish_apply& x) {
    return "applied in " + go_duration::to_string(x.wall_time);
  }
  static std::string word(const finish_inspect& x) {
    return (x.changes ? "changes: " : "no changes: ") + x.output;
  }
  static std::string word(const finish_failed& x) {
    return std::string{"failed ("} + to_string(x.reason.code)
           + "): " + x.reason.message;
  }
  static std::string word(const finish_stop&) { return "stopped"; }
  static std::string word(const report&) { return "report"; }
  static std::string word(const report_warnings& x) { return x.text; }

  run_steps::state state_;
  std::vector<std::string> done_;
  std::vector<std::string> history_;
};

using words = std::vector<std::string>;

} // namespace cts::terraform::run_steps
