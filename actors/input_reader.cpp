#include "actors/input_reader.hpp"

#include "actors/condition.hpp"
#include "actors/task_log.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace cts {

namespace {

using namespace std::chrono_literals;

constexpr auto answer_deadline = 10s;

/// For the inputs to be read anew (high-availability, 5.4).
constexpr auto fresh_deadline = 2s;

/// The pause before they are tried to be read again, doubled each time.
constexpr auto pause_min = 5s;
constexpr auto pause_max = 5min;

} // namespace

input_reader::input_reader(task_impl::pointer self, const task_options& options)
  : self_(self), options_(options), behind_(options.elector != nullptr),
    pause_(pause_min) {}

void input_reader::watch() {
  condition_ = make_condition(self_, {.task = options_.task,
                                      .services = options_.services,
                                      .registry = options_.registry,
                                      .target = self_,
                                      .clock = options_.clock,
                                      .zone = options_.zone});
}

void input_reader::unwatch() {
  auto former = std::exchange(condition_, nullptr);
  self_->unlink_from(former.address());
  caf::anon_send_exit(former, caf::exit_reason::user_shutdown);
}

void input_reader::follow(const task_changed& x) {
  if (condition_)
    caf::anon_send(condition_, x);
}

void input_reader::expect_to_be_behind() {
  behind_ = true;
  pause_ = pause_min;
}

void input_reader::gather(std::function<void(const task_inputs&)> gathered,
                          std::function<void(caf::error&)> failed) {
  if (!behind_) {
    self_->request(condition_, answer_deadline, get_inputs{})
      .then([gathered](const gathered_inputs& x) { gathered(x.snapshots); },
            [failed](caf::error& reason) { failed(reason); });
    return;
  }
  self_
    ->request(condition_, fresh_deadline + answer_deadline,
              get_fresh_inputs{fresh_deadline})
    .then(
      [this, gathered](const gathered_inputs& x) {
        note_freshness(x.fresh);
        gathered(x.snapshots);
      },
      [this, failed](caf::error& reason) {
        note_freshness(false);
        failed(reason);
      });
}

// What could not be read may have changed.
void input_reader::note_freshness(bool fresh) {
  behind_ = stale_ = !fresh;
  if (fresh)
    return;
  task_log::not_fresh(options_.task->name, pause_);
  self_->delayed_send(self_, pause_, run_task{});
  pause_ = std::min<milliseconds>(2 * pause_, pause_max);
}

} // namespace cts
