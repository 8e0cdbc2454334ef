#include "runtime/child_table.hpp"

#include "actors/log.hpp"
#include "runtime/descendants.hpp"
#include "runtime/fork_child.hpp"
#include "runtime/run_journal.hpp"

#include <boost/asio/post.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace cts {

namespace {

run_journal journal_of(const child_order& order) {
  return run_journal{
    std::filesystem::path{order.output_file}.parent_path().string()};
}

std::string command_line(const child_order& order) {
  auto out = std::string{};
  for (const auto& argument : order.argv)
    out += out.empty() ? argument : ' ' + argument;
  return out;
}

} // namespace

void child_table::post_start(std::uint64_t ticket, child_order order,
                             listeners tell) {
  boost::asio::post(io_, [self = shared_from_this(), ticket,
                          order = std::move(order), tell = std::move(tell)] {
    self->wait_or_start(ticket, order, tell);
  });
}

void child_table::post_stop(std::uint64_t ticket,
                            std::chrono::milliseconds grace) {
  boost::asio::post(io_, [self = shared_from_this(), ticket, grace] {
    self->stop_waiting(ticket);
    if (auto found = self->children_.find(ticket);
        found != self->children_.end())
      self->stop_running(ticket, found->second, grace);
  });
}

void child_table::post_stop_all(std::chrono::milliseconds grace) {
  boost::asio::post(io_, [self = shared_from_this(), grace] {
    while (!self->waiting_.empty())
      self->stop_waiting(self->waiting_.begin()->first);
    for (auto& [ticket, child] : self->children_)
      self->stop_running(ticket, child, grace);
  });
}

void child_table::post_extend_lease(std::chrono::nanoseconds deadline) {
  boost::asio::post(io_, [self = shared_from_this(), deadline] {
    self->leases_.extend(deadline);
  });
}

void child_table::post_revoke_lease() {
  boost::asio::post(io_,
                    [self = shared_from_this()] { self->leases_.revoke(); });
}

void child_table::wait_or_start(std::uint64_t ticket, const child_order& order,
                                const listeners& tell) {
  auto earlier = journal_of(order).living();
  if (!earlier)
    return start(ticket, order, tell);
  log::info("driver.terraform",
            "terraform of an earlier instance is still running",
            {{"process_id", std::to_string(earlier->process_id)},
             {"command", earlier->command}});
  auto ended = [self = shared_from_this(), ticket, order, tell] {
    self->waiting_.erase(ticket);
    self->start(ticket, order, tell);
  };
  waiting_.emplace(ticket,
                   waiting_child{earlier_process{io_, *earlier, ended}, tell});
}

void child_table::stop_waiting(std::uint64_t ticket) {
  auto found = waiting_.extract(ticket);
  if (found.empty())
    return;
  found.mapped().earlier.forget();
  found.mapped().tell.ended(
    ticket, fail(errc::cancelled, "the process was not started"));
}

void child_table::stop_running(std::uint64_t ticket, child_process& child,
                               std::chrono::milliseconds grace) {
  child.stop(grace);
  leases_.interrupted(ticket);
}

void child_table::start(std::uint64_t ticket, const child_order& order,
                        const listeners& tell) {
  auto wanted = order;
  wanted.shim = care_ == child_care::shims;
  if (order.fenced) {
    wanted.latest_start = leases_.latest_start();
    wanted.deadline = leases_.deadline();
    if (!wanted.latest_start)
      return tell.ended(ticket, lease_missing());
  }
  auto journal = journal_of(order);
  auto id = std::make_shared<std::int64_t>(0);
  auto ended = [self = shared_from_this(), ticket, tell, journal, order,
                id](const child_end& end) {
    self->children_.erase(ticket);
    self->leases_.ended(ticket);
    self->report_lease_over(order, end);
    self->reap_orphans();
    journal.note_end(*id, end.signal != 0);
    tell.ended(ticket, end);
  };
  auto child = child_process::start(io_, wanted, ended);
  if (!child) {
    // A shim that died at its start may have left something behind.
    reap_orphans();
    return tell.ended(ticket, child.error());
  }
  *id = child->id();
  journal.note_start(*id, command_line(order), order.job);
  children_.emplace(ticket, *child);
  if (order.fenced)
    leases_.started(ticket, *child, order.task);
  tell.begun(ticket);
}

// Who stops without a shim says so at once.
void child_table::report_lease_over(const child_order& order,
                                    const child_end& end) const {
  if (care_ == child_care::shims && end.lease_over)
    log::error("ha", "run stopped, lease over", {{"task_name", order.task}});
}

// A child of ours among them ends the search: it is reaped by its own watch,
// which looks for the others again.
void child_table::reap_orphans() const {
  if (care_ == child_care::shims) {
    // Whoever is not a shim has lost its shim.
    auto shims = std::vector<pid_t>{};
    for (const auto& [ticket, child] : children_)
      shims.push_back(child.shim_id());
    return end_children(shims);
  }
  if (::getpid() != 1)
    return;
  for (;;) {
    auto seen = siginfo_t{};
    constexpr auto look = WEXITED | WNOHANG | WNOWAIT;
    if (::waitid(P_ALL, 0, &seen, look) != 0 || seen.si_pid == 0)
      return;
    auto is_ours
      = [&seen](const auto& entry) { return entry.second.id() == seen.si_pid; };
    if (std::ranges::any_of(children_, is_ours))
      return;
    ::waitpid(seen.si_pid, nullptr, 0);
  }
}

} // namespace cts
