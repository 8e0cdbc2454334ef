#include "tests/simulation/witness.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace cts::simulation {

namespace {

using namespace std::chrono_literals;
namespace machine = ha::witness;

constexpr auto request_deadline = 4s;
/// Reasons for which Consul refuses now and may not later.
constexpr auto server_error = 500;
constexpr auto throttled = 429;
/// Of a word between worker and witness.
constexpr auto way_min = 20us;
constexpr auto way_max = 3ms;

} // namespace

witness_process::witness_process(witness_site site, ticket_ended tell)
  : site_(std::move(site)),
    tell_(std::move(tell)), machine_{.settings
                                     = {.stall_timeout = site_.stall_timeout},
                                     .beat = site_.time.now()} {}

void witness_process::note(const std::string& what) {
  site_.time.engine().note(
    [&] { return "witness of " + site_.life + ": " + what; });
}

// -- the socket ---------------------------------------------------------------

void witness_process::post(frame what) {
  auto now = site_.time.engine().now();
  auto way = site_.time.random().between(way_min, way_max);
  newest_frame_ = std::max(newest_frame_, now + way);
  frames_.emplace_back(newest_frame_, std::move(what));
  site_.time.after(newest_frame_ - now,
                   [self = shared_from_this()] { self->take_frames(); });
}

void witness_process::take_frames() {
  auto now = site_.time.engine().now();
  while (!is_over_ && !frames_.empty() && frames_.front().first <= now) {
    auto what = std::move(frames_.front().second);
    frames_.pop_front();
    what(*this);
  }
}

void witness_process::tell(std::uint64_t ticket,
                           const result<process_finished>& end) {
  auto& engine = site_.time.engine();
  auto way = site_.time.random().between(way_min, way_max);
  newest_word_ = std::max(newest_word_, engine.now() + way);
  engine.after(newest_word_ - engine.now(),
               [tell = tell_, ticket, end] { tell(ticket, end); });
}

// -- what the worker says -----------------------------------------------------

void witness_process::beat() {
  feed(machine::worker_beat{});
}

void witness_process::extend(nanoseconds deadline) {
  feed(machine::lease_extended{deadline});
  cts::feed(lease_, ha::lease_guard::extended{deadline}, site_.time.now(),
            [](const auto&) {});
  site_.processes.extend(site_.number, deadline);
}

void witness_process::revoke() {
  cts::feed(lease_, ha::lease_guard::revoked{}, site_.time.now(),
            [](const auto&) {});
}

void witness_process::bequeath(machine::bequest what) {
  feed(machine::bequeathed{std::move(what)});
}

void witness_process::withdraw(const std::string& name) {
  feed(machine::withdrawn{name});
}

void witness_process::start(std::uint64_t ticket,
                            const start_process& request) {
  auto has_lease
    = !request.fenced || ha::lease_guard::may_start(lease_, site_.time.now());
  if (!has_lease || !machine::may_start(machine_, request.task))
    return tell(ticket,
                fail(errc::conflict, "lease: not enough of it is left"));
  feed(machine::process_started{ticket, request.task});
  auto order = shim_order{
    .request = request,
    .life = site_.life,
    .witness = site_.number,
    .tell = [self = shared_from_this(), ticket](const process_finished& end) {
      self->ended(ticket, end);
    }};
  if (request.fenced)
    order.deadline = lease_.deadline;
  processes_[ticket] = site_.processes.start(std::move(order));
}

void witness_process::ended(std::uint64_t ticket,
                            const result<process_finished>& end) {
  if (is_over_)
    return;
  processes_.erase(ticket);
  tell(ticket, end);
  feed(machine::process_ended{ticket});
}

void witness_process::stop(std::uint64_t ticket, nanoseconds grace) {
  auto found = processes_.find(ticket);
  if (found != processes_.end())
    site_.processes.stop(found->second, grace);
}

void witness_process::stop_all(nanoseconds grace) {
  auto all = processes_;
  for (const auto& [ticket, number] : all)
    site_.processes.stop(number, grace);
}

void witness_process::bye() {
  has_left_ = true;
  feed(machine::worker_left{});
}

void witness_process::close() {
  if (!has_left_)
    feed(machine::worker_died{});
}

void witness_process::kill() {
  if (std::exchange(is_over_, true))
    return;
  note("killed");
  site_.processes.orphan(site_.number);
}

// -- the machine --------------------------------------------------------------

template <class Event>
void witness_process::feed(const Event& event) {
  if (!is_over_)
    cts::feed(machine_, event, site_.time.now(),
              [this](const auto& effect) { perform(effect); });
}

void witness_process::perform(const machine::send& x) {
  // Ids of instances are smaller, those of processes larger.
  constexpr auto ours = std::uint64_t{1} << 62U;
  note("sends " + x.name);
  auto told = [self = shared_from_this(),
               name = x.name](const result<http_reply>& outcome) {
    auto is_answered = outcome && outcome->status < server_error
                       && outcome->status != throttled;
    auto body = outcome ? outcome->body : std::string{};
    self->site_.time.after(0ns, [self, name, is_answered, body] {
      if (is_answered)
        self->feed(machine::answered{name, body});
      else
        self->feed(machine::unanswered{name});
    });
  };
  site_.network.exchange(site_.machine,
                         {.id = ours | site_.number << 20U | ++requests_,
                          .method = x.request.method,
                          .url = "http://agent" + target_of(x.request),
                          .body = x.request.body,
                          .deadline = request_deadline},
                         told);
}

void witness_process::perform(const machine::stop_processes& x) {
  revoke();
  stop_all(std::max(x.kill_at - site_.time.now(), nanoseconds{0}));
}

void witness_process::perform(const machine::report_death& x) {
  note("the worker died, " + std::to_string(x.processes) + " processes left");
}

void witness_process::perform(const machine::report_stall&) {
  note("the worker hangs");
}

void witness_process::perform(const machine::report_unsent& x) {
  note("gave up " + x.name);
}

void witness_process::perform(const machine::arm_timer& x) {
  site_.time.at(x.due, [self = shared_from_this()] {
    self->feed(machine::timer_elapsed{});
  });
}

void witness_process::perform(const machine::leave&) {
  note("ends");
  is_over_ = true;
}

} // namespace cts::simulation
