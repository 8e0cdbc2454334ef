#include "tests/simulation/oracle.hpp"

#include "tests/simulation/record_text.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <functional>

namespace cts::simulation {

namespace {

using namespace std::chrono_literals;

/// Of the lease at each start (R1).
constexpr auto margin = nanoseconds{2s};
/// Signals take this long at most.
constexpr auto promptness = nanoseconds{5ms};
/// What a run may go on after the thaw (4.9).
constexpr auto thaw_window = nanoseconds{50ms};
constexpr auto delay_max = nanoseconds{100ms};
/// In which a machine that stood still gives up what is not its own any more:
/// up to 5 s until it knows, and one call of a provider.
constexpr auto wake_window = nanoseconds{8s};

} // namespace

// -- leases -------------------------------------------------------------------

// Counts from the last time when the request was sent.
void oracle::check_lease(const change& x) {
  auto found = x.state.kv.find(base_ + "instances/" + x.request.node);
  if (found == x.state.kv.end())
    return;
  auto record = read_record(found->second.value);
  auto& known = leases_[life_of(x.request.node)];
  auto seq = number_in(record, "seq");
  if (seq <= known.seq)
    return;
  known.seq = seq;
  auto body = std::hash<std::string>{}(x.request.body);
  auto sent = nanoseconds{0};
  for (const auto& [hash, at] : sent_[x.request.node])
    if (hash == body)
      sent = std::max(sent, at);
  auto length = std::chrono::milliseconds{number_in(record, "lease_ms")};
  const auto& clock = world_.at(x.request.node).clock();
  auto deadline = clock.read(sent) + nanoseconds{length} / 100 * 99 - 500ms;
  if (deadline <= known.deadline)
    return;
  known.deadline = deadline;
  await_end({x.request.node, life_of(x.request.node)}, deadline);
}

void oracle::await_end(const owner& who, nanoseconds deadline) {
  const auto& clock = world_.at(who.machine).clock();
  auto left = clock.when(deadline) - world_.engine().now();
  world_.engine().after(std::max(left, nanoseconds{0}) + promptness,
                        [this, who, deadline] { check_end(who, deadline); });
}

void oracle::check_end(const owner& who, nanoseconds deadline) {
  const auto& life = who.life;
  if (leases_[life].deadline != deadline)
    return;
  if (world_.at(who.machine).is_suspended()) {
    world_.engine().after(1s,
                          [this, who, deadline] { check_end(who, deadline); });
    return;
  }
  if (world_.at(who.machine).boot_time() < deadline)
    return await_end(who, deadline);
  for (const auto& [task, all] : living_)
    for (const auto& [number, x] : all)
      if (x.life == life && !world_.at(x.machine).is_frozen())
        fail("I8", x.command + " of " + task + " is alive on " + x.machine
                     + " after the end of its lease");
}

void oracle::check_margin(const living_process& x) {
  auto left = leases_[x.life].deadline - world_.at(x.machine).boot_time();
  if (left < margin)
    fail("I4", x.machine + " starts " + x.command + " with "
                 + std::to_string(left.count() / 1'000'000)
                 + " ms of its lease left");
}

// -- processes ----------------------------------------------------------------

void oracle::see_process(const terraform_process& x) {
  auto& living = living_[x.task()];
  if (!x.is_alive()) {
    living.erase(x.number());
    overlaps_.erase(x.number());
    return;
  }
  auto one = living_process{.machine = x.machine(),
                            .life = x.life(),
                            .job = x.request().job,
                            .command = x.command(),
                            .suspensions = begun_with(x),
                            .self = x.shared_from_this()};
  auto is_run = x.request().fenced;
  if (x.locks() && !is_run)
    fail("I15", one.machine + " runs " + one.command + " of " + x.task()
                  + ", which locks the state, without a lease");
  if (!is_run)
    return;
  check_intent(x.task(), one);
  check_margin(one);
  check_alone(x.task(), one);
  check_delay(x.task(), one);
  living.emplace(x.number(), one);
  started_jobs_[one.job] = one.life;
  auto& ran_in = ran_in_[x.task()];
  auto record = inflight_.find(x.task());
  if (record != inflight_.end())
    ran_in = number_in(read_record(record->second), "epoch");
  if (x.applies())
    ++applies_;
}

unsigned oracle::begun_with(const terraform_process& x) {
  auto now = world_.at(x.machine()).suspensions();
  return suspensions_.emplace(x.request().job, now).first->second;
}

bool oracle::overslept(const living_process& x) const {
  return world_.find(x.machine)->suspensions() != x.suspensions;
}

void oracle::check_intent(const task_name& task, const living_process& x) {
  if (is_excused(x) || overslept(x))
    return;
  auto found = inflight_.find(task);
  auto record = found == inflight_.end() ? boost::json::value{}
                                         : read_record(found->second);
  auto is_intended = text_in(record, "owner") == x.machine
                     && text_in(record, "state") == "running"
                     && text_in(record, "job") == x.job;
  if (!is_intended && !believes_.contains(x.machine))
    fail("I15", x.machine + " follows and runs " + x.command + " of " + task);
  if (!is_intended)
    fail("I4", x.machine + " starts " + task + " without a committed intent");
}

void oracle::check_alone(const task_name& task, const living_process& x) {
  for (const auto& [name, all] : living_)
    for (const auto& [number, other] : all) {
      auto same_task = name == task;
      auto collides
        = same_task || (rules_.exclusive && other.machine != x.machine);
      if (!collides || is_excused(other) || is_excused(x))
        continue;
      // It stands still, and is killed when it goes on.
      auto stands = world_.at(other.machine).is_frozen();
      if (stands || overslept(other) || overslept(x)) {
        overlaps_seen_ += overlaps_.insert(number).second ? 1 : 0;
        continue;
      }
      fail(same_task ? "I2" : "I3", "two runs at once: " + name + " on "
                                      + other.machine + " and " + task + " on "
                                      + x.machine);
    }
}

void oracle::thawed(const std::string& machine) {
  world_.engine().after(thaw_window, [this, machine] {
    if (world_.at(machine).is_frozen())
      return;
    for (const auto& [task, all] : living_)
      for (const auto& [number, x] : all)
        if (x.machine == machine && overlaps_.contains(number) && !overslept(x))
          fail("I2",
               task + " still runs on " + machine + " long after the thaw");
  });
}

// Its own lease says nothing, but it asks Consul before it does anything else.
void oracle::woken(const std::string& machine) {
  if (!rules_.watches_wakes)
    return;
  world_.engine().after(wake_window, [this, machine] {
    for (const auto& [task, all] : living_)
      for (const auto& [number, x] : all)
        if (x.machine == machine && overlaps_.contains(number))
          fail("I2",
               task + " still runs on " + machine + ", which stood still");
  });
}

// Each task that nothing stands in the way of starts about when the first one
// does.
void oracle::check_delay(const task_name& task, const living_process&) {
  if (awaited_.erase(task) == 0)
    return;
  auto now = world_.engine().now();
  first_start_ = first_start_.value_or(now);
  if (now - *first_start_ > delay_max)
    fail("I14", task + " starts "
                  + std::to_string((now - *first_start_).count() / 1'000'000)
                  + " ms after the first task");
}

} // namespace cts::simulation
