#include "actors/elector_shell.hpp"

// Runs whose holder ended before they did: an actor that failed, with a process
// that perhaps goes on.

namespace cts {

namespace {

constexpr auto record_patience = std::chrono::seconds{60};
constexpr auto pause = std::chrono::seconds{1};

constexpr auto abandoned = "the task ended unexpectedly while it ran";

} // namespace

void elector_shell::note_holder(const task_name& task,
                                const caf::strong_actor_ptr& who,
                                permit_holder holder) {
  // A wish that was refused at once changes nothing for the former holder.
  auto found = machine_.lease.runs.find(task);
  if (!who || found == machine_.lease.runs.end()
      || found->second.id != holder.run)
    return;
  self_->monitor(who);
  holder.who = who->address();
  holders_[task] = std::move(holder);
}

void elector_shell::forget_holder(const task_name& task,
                                  const std::string& run) {
  auto found = holders_.find(task);
  if (found == holders_.end() || found->second.run != run)
    return;
  if (!found->second.gone)
    self_->demonitor(found->second.who);
  holders_.erase(found);
}

// What was denied after all leaves nothing to look after.
void elector_shell::drop_denied_holder(const task_name& task) {
  auto holder = holders_.find(task);
  if (holder == holders_.end())
    return;
  auto found = machine_.lease.runs.find(task);
  if (found == machine_.lease.runs.end()
      || found->second.id != holder->second.run)
    forget_holder(task, std::string{holder->second.run});
}

void elector_shell::holder_gone(const caf::down_msg& x) {
  auto left = std::vector<ha::run_permit>{};
  for (auto& [task, holder] : holders_) {
    if (holder.gone || holder.who != x.source)
      continue;
    holder.gone = true;
    // Before the permit is given there is nothing to close.
    const auto found = machine_.lease.runs.find(task);
    if (found != machine_.lease.runs.end() && found->second.id == holder.run
        && found->second.at == ha::lease::run::step_at::running)
      left.push_back({.epoch = found->second.epoch,
                      .task = task,
                      .run = holder.run,
                      .index = found->second.index});
  }
  for (const auto& each : left)
    end_processes(each);
}

void elector_shell::end_processes(const ha::run_permit& permit) {
  if (!options_.processes)
    return record_abandoned(permit);
  self_->request(options_.processes, end_patience, end_job{permit.run})
    .then([this, permit] { record_abandoned(permit); },
          [this, permit](const caf::error&) {
            self_->delayed_send(self_, pause, close_abandoned{permit});
          });
}

// The store tells us that the run is closed, whether or not it could write.
void elector_shell::record_abandoned(const ha::run_permit& permit) {
  auto holder = holders_.find(permit.task);
  if (holder == holders_.end() || holder->second.run != permit.run)
    return;
  auto event = holder->second.will;
  event.id = permit.run;
  event.success = false;
  event.end_time = options_.services.clock();
  event.error = abandoned;
  if (!options_.store) {
    forget_holder(permit.task, permit.run);
    return on(ha::lease::run_closed{permit, std::move(event)});
  }
  self_
    ->request(options_.store, record_patience,
              record_event{.event = std::move(event), .permit = permit})
    .then([] {},
          [this, permit](const caf::error& reason) {
            if (to_core(reason).code != errc::conflict)
              self_->delayed_send(self_, pause, close_abandoned{permit});
          });
}

} // namespace cts
