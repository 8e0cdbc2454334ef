#include "runtime/guard_process.hpp"

#include "actors/log.hpp"
#include "core/ha/witness.hpp"
#include "runtime/boot_clock.hpp"
#include "runtime/child_table.hpp"
#include "runtime/curl_engine.hpp"
#include "runtime/fork_child.hpp"
#include "runtime/frame_channel.hpp"
#include "runtime/guard_wire.hpp"
#include "runtime/log_sink.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

namespace cts {

namespace {

namespace wire = guard_wire;
namespace witness = ha::witness;

constexpr auto request_deadline = milliseconds{4000};
/// Reasons for which Consul refuses now and may not later.
constexpr auto server_error = 500;
constexpr auto throttled = 429;

/// Lives while there is something to send and ends its thread then: shims are
/// forked from a process with one thread.
class messenger {
public:
  /// Nothing: nobody knows, or Consul cannot now.
  using answer = std::optional<std::string>;
  using finished
    = std::function<void(const std::string& name, const answer& body)>;

  messenger(boost::asio::io_context& io, const wire::hello& access,
            finished tell)
    : access_(access), tell_(std::move(tell)),
      engine_(access.http, [this, &io](std::uint64_t ticket,
                                       const result<http_reply>& outcome,
                                       exchange_end) {
        boost::asio::post(io, [this, ticket, found = answer_of(outcome)] {
          auto name = asked_.extract(ticket);
          if (!name.empty())
            tell_(name.mapped(), found);
        });
      }) {}

  void send(const std::string& name, const consul::request& request) {
    auto ticket = ++tickets_;
    asked_.emplace(ticket, name);
    engine_.start(ticket, {.id = ticket,
                           .method = request.method,
                           .url = access_.base_url + request.path,
                           .fields = access_.fields,
                           .body = request.body,
                           .deadline = request_deadline});
  }

  /// Nothing is under way, nor an answer on its way here.
  bool is_idle() const { return asked_.empty(); }

private:
  static answer answer_of(const result<http_reply>& outcome) {
    auto is_one = outcome && outcome->status < server_error
                  && outcome->status != throttled;
    return is_one ? answer{outcome->body} : std::nullopt;
  }

  const wire::hello& access_;
  finished tell_;
  std::uint64_t tickets_ = 0;
  std::map<std::uint64_t, std::string> asked_;
  curl_engine engine_;
};

class guard {
public:
  explicit guard(descriptor socket)
    : children_(std::make_shared<child_table>(io_, child_care::shims)),
      timer_(io_),
      channel_(io_, std::move(socket), wire::frame_max,
               {.arrived = [this](std::string_view x) { arrived(x); },
                .closed = [this] { closed(); }}) {
    machine_.beat = boot_now();
    log::set_sink([this](const log::line& x) { tell(x); });
  }

  ~guard() { log::set_sink({}); }

  int run() {
    auto work = boost::asio::make_work_guard(io_);
    io_.run();
    return 0;
  }

private:
  // -- the worker -------------------------------------------------------------

  void arrived(std::string_view bytes) {
    auto frame = wire::decode_to_witness(bytes);
    if (!frame) {
      log::error("ha", frame.error().message);
      channel_.close();
      return closed();
    }
    std::visit([this](auto& x) { on(x); }, *frame);
  }

  void on(wire::hello& x) {
    access_ = std::move(x);
    level_ = static_cast<log::level>(access_.log_level);
    machine_.settings.stall_timeout
      = std::chrono::nanoseconds{access_.stall_timeout_ns};
    feed(witness::worker_beat{});
  }

  void on(const wire::lease& x) {
    auto deadline = std::chrono::nanoseconds{x.deadline_ns};
    feed(witness::lease_extended{deadline});
    children_->post_extend_lease(deadline);
  }

  void on(const wire::revocation&) { children_->post_revoke_lease(); }

  void on(const wire::beat&) {
    feed(witness::worker_beat{});
    send(wire::alive{});
  }

  void on(wire::bequest& x) {
    feed(
      witness::bequeathed{{.name = std::move(x.name),
                           .purpose = static_cast<witness::purpose>(x.purpose),
                           .task = std::move(x.task),
                           .request = {.method = std::move(x.method),
                                       .path = std::move(x.target),
                                       .body = std::move(x.body)},
                           .record = {.path = std::move(x.record_target)},
                           .text = std::move(x.record_text)}});
  }

  void on(const wire::withdrawal& x) { feed(witness::withdrawn{x.name}); }

  void on(const wire::start& x) {
    if (!witness::may_start(machine_, x.order.task))
      return refuse(x.ticket, lease_missing());
    // Now, not when it begins: no end of its run is told while it waits.
    feed(witness::process_started{x.ticket, x.order.task});
    auto begun = [this](std::uint64_t ticket) { send(wire::begun{ticket}); };
    auto ended = [this](std::uint64_t ticket, const result<child_end>& end) {
      if (end)
        send(wire::ended{ticket, *end});
      else
        refuse(ticket, end.error());
      feed(witness::process_ended{ticket});
    };
    children_->post_start(x.ticket, x.order, {.begun = begun, .ended = ended});
  }

  void on(const wire::stop& x) {
    children_->post_stop(x.ticket, milliseconds{x.grace_ms});
  }

  void on(const wire::stop_all& x) {
    children_->post_stop_all(milliseconds{x.grace_ms});
  }

  void on(const wire::bye&) {
    left_ = true;
    feed(witness::worker_left{});
  }

  void closed() {
    alone_ = true;
    if (!left_)
      feed(witness::worker_died{});
  }

  void send(const wire::to_worker& x) { channel_.send(wire::encode(x)); }

  void refuse(std::uint64_t ticket, const error& why) {
    send(
      wire::refused{ticket, static_cast<std::int32_t>(why.code), why.message});
  }

  // -- the machine ------------------------------------------------------------

  template <class Event>
  void feed(const Event& event) {
    cts::feed(machine_, event, boot_now(),
              [this](const auto& effect) { perform(effect); });
    // Not now: it may be the messenger who told this.
    if (has_idle_messenger())
      boost::asio::post(io_, [this] {
        if (has_idle_messenger())
          messenger_.reset();
      });
  }

  bool has_idle_messenger() const {
    return machine_.phase == witness::phase::watching && messenger_
           && messenger_->is_idle();
  }

  void perform(const witness::send& x) {
    if (!messenger_)
      messenger_ = std::make_unique<messenger>(
        io_, access_,
        [this](const std::string& name, const messenger::answer& body) {
          if (body)
            feed(witness::answered{name, *body});
          else
            feed(witness::unanswered{name});
        });
    messenger_->send(x.name, x.request);
  }

  void perform(const witness::stop_processes& x) {
    auto left = std::chrono::ceil<milliseconds>(x.kill_at - boot_now());
    children_->post_revoke_lease();
    children_->post_stop_all(std::max(left, milliseconds{0}));
  }

  void perform(const witness::report_death& x) {
    log::error("ha", "worker died, giving its leadership and runs up",
               {{"processes", std::to_string(x.processes)}});
  }

  void perform(const witness::report_stall& x) {
    auto silent = std::chrono::floor<milliseconds>(x.silent);
    log::error("ha", "worker hangs, giving its leadership and runs up",
               {{"silent_ms", std::to_string(silent.count())}});
  }

  void perform(const witness::report_unsent& x) {
    log::error("ha", "consul did not take what the dead worker left",
               {{"request", x.name}});
  }

  void perform(const witness::arm_timer& x) {
    timer_.arm(x.due, [this] { feed(witness::timer_elapsed{}); });
  }

  void perform(const witness::disarm_timer&) { timer_.disarm(); }

  void perform(const witness::leave&) { io_.stop(); }

  // -- the log ----------------------------------------------------------------

  // The worker writes for both while it can.
  void tell(const log::line& x) {
    if (x.level < level_)
      return;
    if (alone_ || machine_.phase == witness::phase::stalled)
      return write_line(x);
    auto line = wire::log_line{.level = static_cast<std::uint8_t>(x.level),
                               .component = std::string{x.component},
                               .sentence = std::string{x.sentence}};
    for (const auto& field : x.fields)
      line.fields.emplace_back(std::string{field.key}, field.value);
    send(line);
  }

  boost::asio::io_context io_{1};
  witness::state machine_{};
  wire::hello access_{};
  log::level level_ = log::level::info;
  bool left_ = false;
  bool alone_ = false;
  std::shared_ptr<child_table> children_;
  boot_timer timer_;
  frame_channel channel_;
  std::unique_ptr<messenger> messenger_;
};

// Only the end of the worker ends the witness, and the kernel spares it when
// memory is short.
void settle_in() {
  ::prctl(PR_SET_NAME, guard_word);
  ::setsid();
  for (auto number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE})
    std::signal(number, SIG_IGN);
  auto none = sigset_t{};
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  // Takes a privilege; without it the usual score stays.
  std::ofstream{"/proc/self/oom_score_adj"} << -500;
}

} // namespace

int run_guard(int socket) {
  settle_in();
  return guard{descriptor{socket}}.run();
}

} // namespace cts
