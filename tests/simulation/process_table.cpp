#include "tests/simulation/process_table.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace cts::simulation {

namespace {

using namespace std::chrono_literals;

/// Numbers of different machines differ.
constexpr auto machine_step = std::uint64_t{1} << 16U;

std::uint64_t first_number(const std::string& machine) {
  auto out = std::uint64_t{0};
  for (auto c : machine)
    out = out * 31 + static_cast<unsigned char>(c);
  return out % machine_step * machine_step;
}

} // namespace

process_table::process_table(process_site site, guard_time& time,
                             process_observer observer)
  : site_(std::move(site)), time_(time), observer_(std::move(observer)),
    numbers_(first_number(site_.machine)) {}

std::uint64_t process_table::start(shim_order order) {
  auto number = ++numbers_;
  auto process = std::make_shared<terraform_process>(
    site_, process_origin{.number = number, .life = order.life}, order.request);
  auto guard = std::make_shared<simulation::shim>(
    time_, process, [this, number] { end_by_force(number, "kills"); });
  auto deadline = order.deadline;
  running_.emplace(number, guarded{process, guard, std::move(order)});
  site_.engine.note([&] {
    return site_.machine + " starts " + process->command() + " of "
           + process->task();
  });
  guard->begin(deadline);
  observer_(*process);
  process->start([this, number](const process_finished& end) {
    site_.engine.note([&] {
      const auto& x = *running_.at(number).process;
      return site_.machine + " ended " + x.command() + " of " + x.task()
             + " with " + std::to_string(end.exit_code);
    });
    leave(number, end);
  });
  return number;
}

// -- ends ---------------------------------------------------------------------

void process_table::leave(std::uint64_t number, process_finished end) {
  auto gone = running_.extract(number);
  auto& x = gone.mapped();
  end.lease_over = x.shim->lease_over();
  end.stopped = end.stopped || x.shim->was_told();
  observer_(*x.process);
  // Until it has been reaped.
  time_.after(site_.random.between(20us, 1ms),
              [tell = x.order.tell, end] { tell(end); });
}

void process_table::end_by_force(std::uint64_t number, const char* how) {
  auto found = running_.find(number);
  if (found == running_.end())
    return;
  auto& process = *found->second.process;
  process.kill();
  site_.engine.note([&] {
    return site_.machine + " " + how + " " + process.command() + " of "
           + process.task();
  });
  leave(number, {.signal = 9});
}

void process_table::stop(std::uint64_t number, nanoseconds grace) {
  auto found = running_.find(number);
  if (found != running_.end())
    std::shared_ptr {
      found->second.shim
      } -> stop(grace);
}

void process_table::extend(std::uint64_t witness, nanoseconds deadline) {
  // A late one may end its process at once.
  auto running = running_;
  for (auto& [number, x] : running)
    if (x.order.witness == witness)
      x.shim->extend(deadline);
}

void process_table::orphan(std::uint64_t witness) {
  for (auto& [number, x] : running_)
    if (x.order.witness == witness)
      time_.after(site_.random.between(20us, 1ms),
                  [guard = x.shim] { guard->orphan(); });
}

bool process_table::has_any_of(std::uint64_t witness) const {
  return std::ranges::any_of(running_, [&](const auto& each) {
    return each.second.order.witness == witness;
  });
}

bool process_table::has_runs_before(const std::string& life) const {
  return std::ranges::any_of(running_, [&](const auto& each) {
    const auto& order = each.second.order;
    return order.request.fenced && order.life != life;
  });
}

// -- what happens to them -----------------------------------------------------

const process_table::guarded* process_table::nth(std::size_t which) const {
  if (running_.empty())
    return nullptr;
  auto at = running_.begin();
  std::advance(at, which % running_.size());
  return &at->second;
}

void process_table::crash_one(std::size_t which) {
  if (const auto* x = nth(which))
    end_by_force(x->process->number(), "crashes");
}

// The kernel kills the process with its shim.
void process_table::kill_shim(std::size_t which) {
  if (const auto* x = nth(which))
    end_by_force(x->process->number(), "loses the shim of");
}

void process_table::crash_hanging() {
  auto hanging = std::vector<std::uint64_t>{};
  for (const auto& [number, x] : running_)
    if (x.process->hangs())
      hanging.push_back(number);
  for (auto number : hanging)
    end_by_force(number, "crashes");
}

void process_table::freeze(bool frozen) {
  auto running = running_;
  for (auto& [number, x] : running)
    x.process->pause(frozen);
}

void process_table::kill_all() {
  while (!running_.empty())
    end_by_force(running_.begin()->first, "kills");
}

} // namespace cts::simulation
