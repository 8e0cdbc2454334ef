#include "actors/caf/state_actor.hpp"
#include "actors/elector_shell.hpp"

#include <algorithm>

namespace cts {

namespace {

using namespace std::chrono_literals;

constexpr auto clocks_every = 1s;

ha::elector::settings settings_of(const elector_options& x) {
  const auto& ha = *x.settings->high_availability;
  return {.member = {.id = x.settings->id,
                     .boot = x.boot,
                     .host = x.host.name,
                     .host_boot_id = x.host.boot_id,
                     .ttl = ha.session_ttl},
          .election = {.id = x.settings->id,
                       .boot = x.boot,
                       .lease = ha.failover.lease,
                       .schema_max = ha::schema_version,
                       .reset = x.reset},
          .exclusive = ha.failover.exclusive == "instance",
          .keeps_results = x.store != nullptr,
          .highest = x.services.load_epoch ? x.services.load_epoch() : 0};
}

caf::error conflict_of(const char* what) {
  return to_caf(
    fail(errc::conflict, what, ": this instance does not lead (any more)"));
}

} // namespace

elector_shell::elector_shell(elector_impl::pointer self,
                             elector_options options, consul_actor consul)
  : self_(self), options_(std::move(options)), consul_(std::move(consul)),
    machine_(ha::elector::make(settings_of(options_))),
    started_at_(options_.services.clock()) {
  cafx::install_guards(self_, guard_log);
  self_->set_down_handler([this](caf::down_msg& x) { holder_gone(x); });
}

elector_impl::behavior_type elector_shell::make_behavior() {
  return {
    [this](const join_cluster& x) { join(x); },
    [this](const tenure_ready& x) { on(ha::elector::state_loaded{x.epoch}); },
    [this](const tenure_failed& x) {
      on(ha::election::tenure_failed{x.epoch, x.reason});
    },
    [this](const tenure_over& x) {
      on(ha::elector::term_reported_over{x.epoch});
    },
    [this](const await_turn& x) { return await(x); },
    [this](const request_permit& x) { return permit(x); },
    [this](const run_closed& x) {
      forget_holder(x.permit.task, x.permit.run);
      on(ha::lease::run_closed{x.permit, x.unrecorded});
    },
    [this](const lost_lock& x) { on(ha::election::lock_refused{x.epoch}); },
    [this](const write_denied& x) {
      on(ha::election::write_denied{x.epoch, x.message});
    },
    [this](const step_down& x) { return release(x); },
    [this](leave_cluster) { return leave(); },
    [this](get_leadership) { return view(); },
    [this](get_cluster) { return tell_cluster(); },
    [this](const report_readiness& x) { note_readiness(x); },
    [this](const peer_link_known& x) { attach(x); },
    [this](const peer_dead& x) { take_death(x); },
    [this](timer_elapsed) { on(ha::elector::timer_elapsed{}); },
    [this](watch_members_due) { watch_members(); },
    [this](compare_clocks_due) { compare_clocks(); },
    [this](beat_due) { beat(); },
    [this](const sweep_due& x) { sweep(x.ticket, x.boot); },
    [this](const close_abandoned& x) { end_processes(x.permit); },
  };
}

void elector_shell::join(const join_cluster& x) {
  if (listener_)
    return;
  listener_ = x.listener;
  port_ = x.port;
  if (ha().failover.process_check)
    process_check_ = x.process_check;
  if (process_check_.empty() && ha().failover.process_check)
    log::warn("ha", "no process check is registered: a crash of this process "
                    "is noticed when its session is over");
  on(ha::membership::started{.process_check = !process_check_.empty()});
  watch_members();
  if (options_.witness)
    beat();
  wall_lead_ = options_.services.clock().time_since_epoch()
               - options_.services.boot_clock().time_since_epoch();
  self_->delayed_send(self_, clocks_every, compare_clocks_due{});
}

caf::result<void> elector_shell::await(const await_turn& x) {
  auto promise = self_->make_response_promise<caf::unit_t>();
  turns_[x.task].emplace_back(promise);
  on(ha::elector::turn_wanted{x.epoch, x.task});
  return promise;
}

caf::result<ha::run_permit> elector_shell::permit(const request_permit& x) {
  auto known = permits_.find(x.task);
  if (known != permits_.end())
    return to_caf(fail(errc::unavailable, "run of task '", x.task,
                       "' is not started: it was asked for already"));
  // The promise takes the sender away.
  auto asker = self_->current_sender();
  auto promise = self_->make_response_promise<ha::run_permit>();
  permits_[x.task] = permit_answer{promise};
  auto& random = options_.services.random;
  auto run = make_uuid(random(), random());
  on(ha::elector::permit_wanted{.epoch = x.epoch, .task = x.task, .run = run});
  note_holder(x.task, asker, {.run = run, .will = x.will});
  return promise;
}

caf::result<void> elector_shell::release(const step_down& x) {
  auto promise = self_->make_response_promise<caf::unit_t>();
  released_.emplace_back(promise);
  on(ha::elector::release_wanted{x.leave});
  return promise;
}

caf::result<void> elector_shell::leave() {
  auto promise = self_->make_response_promise<caf::unit_t>();
  left_.emplace_back(promise);
  on(ha::elector::leave_wanted{});
  return promise;
}

leadership_view elector_shell::view() const {
  auto out = leadership_view{.role = machine_.election.role,
                             .epoch = machine_.election.epoch,
                             .leader = machine_.election.leader};
  if (ha::election::in_office(machine_.election))
    out.leader = ha::leader_identity{.id = options_.settings->id,
                                     .address = ha().address,
                                     .port = port_,
                                     .scheme = scheme(),
                                     .epoch = machine_.election.epoch};
  return out;
}

void elector_shell::note_readiness(const report_readiness& x) {
  readiness_ = x;
  on(ha::election::readiness_changed{.warm = x.warm,
                                     .incompatible = x.incompatible.size()});
}

void elector_shell::arm(time_point due) {
  auto delay = due - options_.services.boot_clock();
  self_->delayed_send(self_, std::max<duration>(delay, 0ms), timer_elapsed{});
}

ha::instance_record elector_shell::own_record(std::uint64_t seq) const {
  const auto& host = options_.host;
  const auto& settings = *options_.settings;
  return {.id = settings.id,
          .boot = options_.boot,
          .session = machine_.member.session,
          .seq = seq,
          .lease
          = std::chrono::duration_cast<milliseconds>(ha().failover.lease),
          .role = ha::to_string(machine_.election.role),
          .host = host.name,
          .host_boot_id = host.boot_id,
          .pid = static_cast<std::uint64_t>(host.pid),
          .pid_start = host.pid_start,
          .address = ha().address,
          .port = port_,
          .scheme = scheme(),
          .service_name = settings.consul.service_registration.service_name,
          .version = options_.version,
          .warm = {.tasks = readiness_.tasks,
                   .ready = readiness_.ready,
                   .incompatible = readiness_.incompatible},
          .started_at = started_at_};
}

void elector_shell::note_own_record(const consul::kv_entries& xs,
                                    std::uint64_t seq) {
  auto key = options_.keys.instance(options_.settings->id);
  auto found = ha::elector::entry_of(xs, key);
  if (!found || found->modify_index <= record_index_)
    return;
  record_index_ = found->modify_index;
  record_seq_ = seq;
}

void elector_shell::compare_clocks() {
  auto lead = options_.services.clock().time_since_epoch()
              - options_.services.boot_clock().time_since_epoch();
  auto jump = std::chrono::abs(lead - wall_lead_);
  wall_lead_ = lead;
  // Perhaps the machine stood still, and its boot clock with it (4.9).
  if (jump > 1s)
    on(ha::lease::clock_jumped{});
  self_->delayed_send(self_, clocks_every, compare_clocks_due{});
}

// -- answers ------------------------------------------------------------------

void elector_shell::perform(const ha::foreign_runs::give_turn& x) {
  auto waiting = std::exchange(turns_[x.task], {});
  for (auto& each : waiting)
    each.deliver(caf::unit);
}

void elector_shell::perform(const ha::foreign_runs::refuse_turn& x) {
  auto waiting = std::exchange(turns_[x.task], {});
  for (auto& each : waiting)
    each.fail(conflict_of("the task does not get its turn"));
}

void elector_shell::perform(const ha::lease::grant& x) {
  auto found = permits_.find(x.permit.task);
  if (found == permits_.end())
    return;
  auto answer = std::move(found->second);
  permits_.erase(found);
  answer.deliver(x.permit);
  auto holder = holders_.find(x.permit.task);
  if (holder != holders_.end() && holder->second.gone)
    end_processes(x.permit);
}

void elector_shell::perform(const ha::lease::deny& x) {
  drop_denied_holder(x.task);
  auto found = permits_.find(x.task);
  if (found == permits_.end())
    return;
  auto answer = std::move(found->second);
  permits_.erase(found);
  answer.fail(to_caf(x.reason));
}

void elector_shell::perform(const ha::election::stepped_down&) {
  auto waiting = std::exchange(released_, {});
  for (auto& each : waiting)
    each.deliver(caf::unit);
}

void elector_shell::perform(const ha::membership::left&) {
  auto waiting = std::exchange(left_, {});
  for (auto& each : waiting)
    each.deliver(caf::unit);
}

elector_impl make_elector(caf::local_actor* parent, elector_options options,
                          consul_actor consul) {
  return cafx::spawn_state<elector_shell>(parent, std::move(options),
                                          std::move(consul));
}

} // namespace cts
