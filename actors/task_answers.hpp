#pragma once

#include "actors/caf/answer.hpp"
#include "actors/contract.hpp"
#include "actors/errors.hpp"
#include "core/task.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace cts {

/// The requests to a task that wait for their answers.
class task_answers {
public:
  cafx::answer<run_outcome> once{};
  cafx::done_answer ready{};
  cafx::answer<run_inspected> inspection{};
  std::vector<cafx::done_answer> stops{};
  /// What the driver has found out last.
  run_inspected inspected{};

  /// Who asked for a run finds its event when the answer is there: it waits
  /// for each event on its way.
  void event_sent() { ++events_open_; }
  void event_stored() {
    --events_open_;
    deliver_outcome();
  }

  void deliver(const task::answer_once& x) {
    outcome_ = run_outcome{x.ran, x.error};
    deliver_outcome();
  }

  void deliver(const task::answer_ready& x) {
    if (!x.error)
      return ready.deliver(caf::unit);
    ready.fail(to_caf(fail(errc::driver, *x.error)));
  }

  void deliver(const task::answer_inspect& x) {
    if (!x.error)
      return inspection.deliver(std::exchange(inspected, {}));
    inspection.fail(to_caf(fail(errc::driver, *x.error)));
  }

  void deliver(const task::report_stopped&) {
    for (auto& answer : std::exchange(stops, {}))
      answer.deliver(caf::unit);
  }

private:
  void deliver_outcome() {
    if (events_open_ == 0 && outcome_)
      once.deliver(*std::exchange(outcome_, std::nullopt));
  }

  std::optional<run_outcome> outcome_{};
  std::size_t events_open_ = 0;
};

} // namespace cts
