#include "runtime/guard_client.hpp"

#include "actors/log.hpp"
#include "runtime/boot_clock.hpp"
#include "runtime/descendants.hpp"
#include "runtime/frame_channel.hpp"
#include "runtime/process_identity.hpp"
#include "runtime/run_shim.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
extern "C" { // glibc 2.36 forgot the C linkage in this header.
#include <sys/pidfd.h>
}

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace cts {

namespace {

namespace wire = guard_wire;
using std::chrono::milliseconds;

/// Between the death of a witness and the next one; doubles up to the maximum
/// when they keep dying.
constexpr auto restart_pause = milliseconds{100};
constexpr auto restart_pause_max = milliseconds{5000};
/// What the witness has to end after the worker's farewell.
constexpr auto farewell_max = std::chrono::seconds{2};
/// What a shim has, beyond the time in which it ends its run, after the death
/// of the witness.
constexpr auto shim_margin = milliseconds{500};
/// Beats without a word of the witness, 15 s: it hangs.
constexpr auto unheard_max = std::chrono::seconds{15} / ha::witness::beat_every;
/// One that lived this long did not die of its start.
constexpr auto settled_after = std::chrono::seconds{60};

child_end killed_end() {
  return {.signal = SIGKILL, .stopped = true};
}

} // namespace

/// Lives on the io thread.
class guard_client::connection
  : public std::enable_shared_from_this<guard_client::connection> {
public:
  connection(boost::asio::io_context& io, guard_access access)
    : io_(io), access_(std::move(access)), timer_(io) {}

  void begin(guard_start x) {
    process_ = x.process;
    unheard_ = 0;
    since_ = std::chrono::steady_clock::now();
    auto weak = weak_from_this();
    channel_ = std::make_unique<frame_channel>(
      io_, std::move(x.socket), wire::frame_max,
      frame_channel::listeners{.arrived =
                                 [weak](std::string_view bytes) {
                                   if (auto self = weak.lock())
                                     self->arrived(bytes);
                                 },
                               .closed =
                                 [weak] {
                                   if (auto self = weak.lock())
                                     self->witness_died();
                                 }});
    tell_everything();
  }

  void start(std::uint64_t ticket, const child_order& order,
             const process_host::listeners& tell) {
    runs_[ticket] = {.order = order, .tell = tell};
    if (channel_)
      send(wire::start{ticket, order});
  }

  void stop(std::uint64_t ticket, milliseconds grace) {
    auto found = runs_.find(ticket);
    if (found == runs_.end())
      return;
    if (!channel_ && !lost_.contains(ticket))
      return end(ticket, fail(errc::cancelled, "the process was not started"));
    send(wire::stop{ticket, grace.count()});
  }

  void stop_all(milliseconds grace) {
    if (channel_)
      return send(wire::stop_all{grace.count()});
    auto waiting = std::vector<std::uint64_t>{};
    for (const auto& [ticket, run] : runs_)
      if (!lost_.contains(ticket))
        waiting.push_back(ticket);
    for (auto ticket : waiting)
      stop(ticket, grace);
  }

  void extend(std::chrono::nanoseconds deadline) {
    deadline_ = deadline;
    send(wire::lease{deadline.count()});
  }

  void revoke() {
    deadline_.reset();
    send(wire::revocation{});
  }

  void bequeath(const ha::witness::bequest& x) {
    auto frame = wire::bequest{.name = x.name,
                               .purpose = static_cast<std::uint8_t>(x.purpose),
                               .task = x.task,
                               .method = x.request.method,
                               .target = consul::target_of(x.request),
                               .body = x.request.body,
                               .record_target = consul::target_of(x.record),
                               .record_text = x.text};
    send(will_[x.name] = std::move(frame));
  }

  void withdraw(const std::string& name) {
    will_.erase(name);
    send(wire::withdrawal{name});
  }

  // Counted in beats, since a worker that stood still has sent none.
  void beat() {
    send(wire::beat{});
    if (!channel_ || ++unheard_ <= unheard_max)
      return;
    log::error("ha", "witness hangs, killing it");
    witness_died();
  }

  void bye() {
    leaving_ = true;
    send(wire::bye{});
    // It goes without us if it does not answer.
    timer_.expires_after(farewell_max);
    timer_.async_wait([self = shared_from_this()](const auto& problem) {
      if (!problem)
        self->channel_.reset();
    });
  }

  void abandon() {
    leaving_ = true;
    channel_.reset();
  }

private:
  struct looked_after {
    child_order order{};
    process_host::listeners tell{};
  };

  void send(const wire::to_witness& x) {
    if (channel_)
      channel_->send(wire::encode(x));
  }

  // -- news -------------------------------------------------------------------

  void arrived(std::string_view bytes) {
    unheard_ = 0;
    auto frame = wire::decode_to_worker(bytes);
    if (frame)
      return std::visit([this](const auto& x) { on(x); }, *frame);
    log::error("ha", frame.error().message);
    witness_died();
  }

  void on(const wire::begun& x) {
    auto found = runs_.find(x.ticket);
    if (found == runs_.end())
      return;
    found->second.tell.begun(x.ticket);
  }

  void on(const wire::ended& x) { end(x.ticket, x.end); }

  void on(const wire::refused& x) {
    end(x.ticket, error{static_cast<errc>(x.code), x.message});
  }

  void on(const wire::alive&) {}

  void on(const wire::log_line& x) {
    auto fields = log::fields{};
    for (const auto& [key, value] : x.fields)
      fields.push_back({key, value});
    log::write(static_cast<log::level>(x.level), x.component, x.sentence,
               fields);
  }

  void end(std::uint64_t ticket, const result<child_end>& how) {
    auto found = runs_.extract(ticket);
    if (!found.empty())
      found.mapped().tell.ended(ticket, how);
  }

  // -- the witness ------------------------------------------------------------

  void tell_everything() {
    send(access_.hello);
    if (deadline_)
      send(wire::lease{deadline_->count()});
    for (const auto& [name, frame] : will_)
      send(frame);
    for (const auto& [ticket, run] : runs_)
      send(wire::start{ticket, run.order});
  }

  void witness_died() {
    channel_.reset();
    ::kill(process_, SIGKILL); // or it is of no use any more
    ::waitpid(process_, nullptr, 0);
    if (leaving_) {
      timer_.cancel();
      return;
    }
    log::error("ha",
               "witness died, starting another one when the runs that "
               "it looked after have ended",
               {{"process_id", std::to_string(process_)}});
    for (const auto& [ticket, run] : runs_)
      lost_.insert(ticket);
    kill_late_shims();
    wait_for_shims();
  }

  // One that is frozen ends nothing; what it runs dies with it.
  void kill_late_shims() {
    auto grace = std::chrono::nanoseconds{shim_grace};
    if (deadline_)
      grace = std::clamp(*deadline_ - boot_now(), grace.zero(), grace);
    timer_.expires_after(grace + shim_margin);
    timer_.async_wait([](const auto& problem) {
      if (problem)
        return;
      for (auto child : children_of_this_process())
        if (process_name(child) == shim_name)
          ::kill(child, SIGKILL);
    });
  }

  // They stop what they run by themselves and have become our children.
  void wait_for_shims() {
    for (auto child : children_of_this_process())
      if (process_name(child) == shim_name)
        return wait_for_shim(child);
    end_children();
    for (auto ticket : std::exchange(lost_, {}))
      end(ticket, killed_end());
    restart_after(next_pause());
  }

  void wait_for_shim(pid_t shim) {
    auto pidfd = std::make_shared<boost::asio::posix::stream_descriptor>(
      io_, ::pidfd_open(shim, 0));
    pidfd->async_wait(boost::asio::posix::descriptor_base::wait_read,
                      [self = shared_from_this(), pidfd, shim](const auto&) {
                        ::waitpid(shim, nullptr, 0);
                        self->wait_for_shims();
                      });
  }

  milliseconds next_pause() {
    auto lived = std::chrono::steady_clock::now() - since_;
    pause_ = lived > settled_after ? restart_pause
                                   : std::min(pause_ * 2, restart_pause_max);
    return pause_;
  }

  void restart_after(milliseconds pause) {
    timer_.expires_after(pause);
    timer_.async_wait([self = shared_from_this()](const auto& problem) {
      if (problem || self->leaving_)
        return;
      auto next = start_guard(self->access_.program);
      if (next)
        return self->begin(std::move(*next));
      log::error("ha", next.error().message);
      self->restart_after(restart_pause_max);
    });
  }

  boost::asio::io_context& io_;
  guard_access access_;
  boost::asio::steady_timer timer_;
  std::unique_ptr<frame_channel> channel_;
  pid_t process_ = -1;
  std::chrono::steady_clock::time_point since_{};
  milliseconds pause_ = restart_pause / 2;
  bool leaving_ = false;
  std::int64_t unheard_ = 0;
  std::map<std::uint64_t, looked_after> runs_;
  /// Those that the dead witness was told of.
  std::set<std::uint64_t> lost_;
  std::map<std::string, wire::bequest> will_;
  std::optional<std::chrono::nanoseconds> deadline_;
};

guard_client::guard_client(boost::asio::io_context& io, guard_access access)
  : io_(io), connection_(std::make_shared<connection>(io, std::move(access))) {}

void guard_client::post(std::function<void(connection&)> what) {
  boost::asio::post(io_,
                    [to = connection_, what = std::move(what)] { what(*to); });
}

void guard_client::post_begin(guard_start first) {
  auto shared = std::make_shared<guard_start>(std::move(first));
  post([shared](connection& x) { x.begin(std::move(*shared)); });
}

void guard_client::post_start(std::uint64_t ticket, child_order order,
                              process_host::listeners tell) {
  post([ticket, order = std::move(order), tell = std::move(tell)](
         connection& x) { x.start(ticket, order, tell); });
}

void guard_client::post_stop(std::uint64_t ticket, milliseconds grace) {
  post([ticket, grace](connection& x) { x.stop(ticket, grace); });
}

void guard_client::post_stop_all(milliseconds grace) {
  post([grace](connection& x) { x.stop_all(grace); });
}

void guard_client::post_extend_lease(std::chrono::nanoseconds deadline) {
  post([deadline](connection& x) { x.extend(deadline); });
}

void guard_client::post_revoke_lease() {
  post([](connection& x) { x.revoke(); });
}

void guard_client::post_bequeath(ha::witness::bequest what) {
  post([what = std::move(what)](connection& x) { x.bequeath(what); });
}

void guard_client::post_withdraw(std::string name) {
  post([name = std::move(name)](connection& x) { x.withdraw(name); });
}

void guard_client::post_beat() {
  post([](connection& x) { x.beat(); });
}

void guard_client::post_bye() {
  post([](connection& x) { x.bye(); });
}

void guard_client::post_abandon() {
  post([](connection& x) { x.abandon(); });
}

process_host host_of(const std::shared_ptr<guard_client>& witness) {
  return {.start =
            [witness](std::uint64_t ticket, child_order order,
                      process_host::listeners tell) {
              witness->post_start(ticket, std::move(order), std::move(tell));
            },
          .stop =
            [witness](std::uint64_t ticket, milliseconds grace) {
              witness->post_stop(ticket, grace);
            },
          .stop_all
          = [witness](milliseconds grace) { witness->post_stop_all(grace); },
          .extend_lease =
            [witness](std::chrono::nanoseconds deadline) {
              witness->post_extend_lease(deadline);
            },
          .revoke_lease = [witness] { witness->post_revoke_lease(); }};
}

} // namespace cts
