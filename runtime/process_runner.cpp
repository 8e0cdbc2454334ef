#include "runtime/process_runner.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "actors/log.hpp"

#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <deque>
#include <map>
#include <optional>

namespace cts {

/// The io thread tells the runner that a process runs.
struct child_begun {
  std::uint64_t ticket = 0;
};

/// The io thread tells the runner that a process has ended or not begun.
struct child_ended {
  std::uint64_t ticket = 0;
  result<child_end> end = child_end{};
};

/// The runner tells itself that a process is out of time.
struct child_out_of_time {
  std::uint64_t ticket = 0;
};

CAFX_FIELDS(child_begun, ticket)
CAFX_FIELDS(child_out_of_time, ticket)

} // namespace cts

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::child_ended)

CAF_BEGIN_TYPE_ID_BLOCK(cts_child_process, caf::first_custom_type_id + 225)

CAF_ADD_TYPE_ID(cts_child_process, (cts::child_ended))
CAF_ADD_TYPE_ID(cts_child_process, (cts::child_out_of_time))
CAF_ADD_TYPE_ID(cts_child_process, (cts::child_begun))

CAF_END_TYPE_ID_BLOCK(cts_child_process)

namespace cts {

namespace {

using process_runner_impl
  = cafx::extended<process_runner_actor, caf::result<void>(child_begun),
                   caf::result<void>(child_ended),
                   caf::result<void>(child_out_of_time)>;

/// Processes with one key that may wait for their turn.
constexpr auto waiting_max = std::size_t{16};
constexpr auto timeout_grace = std::chrono::minutes{1};
constexpr auto orphan_grace = std::chrono::seconds{10};

using process_answer = cafx::answer<process_finished>;

struct waiting_process {
  start_process request{};
  process_answer answer{};
  /// Who asked; invalid if nobody waits for the answer.
  caf::actor_addr asker{};
};

/// The process that runs under one key, and those that wait for its end.
struct lane {
  std::uint64_t ticket = 0;
  milliseconds timeout{0};
  bool timed_out = false;
  process_answer answer{};
  caf::actor_addr asker{};
  std::deque<waiting_process> waiting{};
};

/// The process service. Child of the application. A restart stops what runs.
class process_runner {
public:
  using actor_type = process_runner_impl;
  static inline constexpr const char* name = "process_runner";

  process_runner(actor_type::pointer self, process_host host)
    : self_(self), host_(std::move(host)) {
    cafx::install_guards(self_, [](const std::string& text) {
      log::error("process_runner", text);
    });
  }

  ~process_runner() { host_.stop_all(orphan_grace); }

  actor_type::behavior_type make_behavior() {
    return {
      [this](const start_process& request) { return start(request); },
      [this](const stop_process& request) { stop(request); },
      [this](const extend_lease& x) { host_.extend_lease(x.deadline); },
      [this](revoke_lease) { host_.revoke_lease(); },
      [this](const drain_processes& request) { return drain(request); },
      [this](const child_begun& news) { begun(news.ticket); },
      [this](const child_ended& news) { ended(news); },
      [this](const child_out_of_time& news) { out_of_time(news.ticket); },
    };
  }

private:
  using lanes = std::map<std::string, lane>;

  caf::result<process_finished> start(const start_process& request);
  void stop(const stop_process& request);
  caf::result<void> drain(const drain_processes& request);
  void begun(std::uint64_t ticket);
  void ended(const child_ended& news);
  void out_of_time(std::uint64_t ticket);

  void begin(lane& target, waiting_process next);
  lanes::iterator lane_of(std::uint64_t ticket);
  /// Only those of one asker, or all.
  static void cancel_waiting(lane& target, const caf::actor_addr& asker = {});
  void finish_drain();

  actor_type::pointer self_;
  process_host host_;
  lanes lanes_;
  std::uint64_t last_ticket_ = 0;
  bool draining_ = false;
  std::vector<cafx::answer<caf::unit_t>> drained_;
};

caf::error cancelled() {
  return to_caf(fail(errc::cancelled, "the process was not started"));
}

process_finished finished(const child_end& end, bool timed_out) {
  return {.exit_code = end.exit_code,
          .signal = end.signal,
          .timed_out = timed_out,
          .stopped = end.stopped,
          .lease_over = end.lease_over,
          .output = end.output,
          .error_output = end.error_output,
          .wall_time = end.wall_time,
          .cpu_time = end.cpu_time,
          .memory_peak = end.memory_peak};
}

child_order order_of(const start_process& request) {
  return {.argv = request.argv,
          .environment = request.environment,
          .directory = request.directory,
          .output_file = request.output_file,
          .error_file = request.error_file,
          .output_max = process_output_max,
          .fenced = request.fenced,
          .task = request.task,
          .job = request.job};
}

caf::result<process_finished>
process_runner::start(const start_process& request) {
  if (draining_)
    return cancelled();
  auto [found, idle] = lanes_.try_emplace(request.key);
  auto& target = found->second;
  if (target.waiting.size() >= waiting_max)
    return to_caf(fail(errc::limit, "too many processes wait for the end of ",
                       "the one that uses ", request.key));
  // The promise takes the sender away.
  auto asker = caf::actor_cast<caf::actor_addr>(self_->current_sender());
  auto promise = self_->make_response_promise<process_finished>();
  auto next = waiting_process{request, process_answer{promise}, asker};
  if (idle)
    begin(target, std::move(next));
  else
    target.waiting.push_back(std::move(next));
  return promise;
}

void process_runner::begin(lane& target, waiting_process next) {
  target.ticket = ++last_ticket_;
  target.timeout = next.request.timeout;
  target.timed_out = false;
  target.answer = std::move(next.answer);
  target.asker = next.asker;
  auto owner = actor_type{self_};
  auto begun = [owner](std::uint64_t ticket) {
    caf::anon_send(owner, child_begun{ticket});
  };
  auto ended = [owner](std::uint64_t ticket, const result<child_end>& end) {
    caf::anon_send(owner, child_ended{ticket, end});
  };
  host_.start(target.ticket, order_of(next.request),
              {.begun = begun, .ended = ended});
}

// The time that a process waits for an earlier one is not its own.
void process_runner::begun(std::uint64_t ticket) {
  auto found = lane_of(ticket);
  if (found != lanes_.end() && found->second.timeout > milliseconds{0})
    self_->delayed_send(self_, found->second.timeout,
                        child_out_of_time{ticket});
}

// One asker must not stop what another one runs under the same key, for example
// the driver before a restart.
void process_runner::stop(const stop_process& request) {
  auto found = lanes_.find(request.key);
  if (found == lanes_.end())
    return;
  auto& target = found->second;
  auto asker = caf::actor_cast<caf::actor_addr>(self_->current_sender());
  cancel_waiting(target, asker);
  if (!asker || !target.asker || asker == target.asker)
    host_.stop(target.ticket, request.grace);
}

caf::result<void> process_runner::drain(const drain_processes& request) {
  draining_ = true;
  for (auto& [key, target] : lanes_)
    cancel_waiting(target);
  host_.stop_all(request.grace);
  auto promise = self_->make_response_promise<caf::unit_t>();
  drained_.emplace_back(promise);
  finish_drain();
  return promise;
}

void process_runner::ended(const child_ended& news) {
  auto found = lane_of(news.ticket);
  if (found == lanes_.end())
    return;
  auto& target = found->second;
  if (news.end)
    target.answer.deliver(finished(*news.end, target.timed_out));
  else
    target.answer.fail(to_caf(news.end.error()));
  if (target.waiting.empty()) {
    lanes_.erase(found);
    return finish_drain();
  }
  auto next = std::move(target.waiting.front());
  target.waiting.pop_front();
  begin(target, std::move(next));
}

void process_runner::out_of_time(std::uint64_t ticket) {
  auto found = lane_of(ticket);
  if (found == lanes_.end())
    return;
  found->second.timed_out = true;
  host_.stop(ticket, timeout_grace);
}

process_runner::lanes::iterator process_runner::lane_of(std::uint64_t ticket) {
  auto found = lanes_.begin();
  while (found != lanes_.end() && found->second.ticket != ticket)
    ++found;
  return found;
}

void process_runner::cancel_waiting(lane& target,
                                    const caf::actor_addr& asker) {
  std::erase_if(target.waiting, [&asker](waiting_process& next) {
    auto meant = !asker || next.asker == asker;
    if (meant)
      next.answer.fail(cancelled());
    return meant;
  });
}

void process_runner::finish_drain() {
  if (!lanes_.empty())
    return;
  for (auto& answer : std::exchange(drained_, {}))
    answer.deliver(caf::unit);
}

} // namespace

process_runner_actor make_process_runner(caf::local_actor* parent,
                                         boost::asio::io_context& io) {
  return make_process_runner(parent,
                             host_of(std::make_shared<child_table>(io)));
}

process_runner_actor make_process_runner(caf::local_actor* parent,
                                         process_host host) {
  return cafx::spawn_state<process_runner>(parent, std::move(host));
}

} // namespace cts
