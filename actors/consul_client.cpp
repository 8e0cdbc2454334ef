#include "actors/consul_client.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/consul_messages.hpp"
#include "actors/consul_reply.hpp"
#include "actors/errors.hpp"
#include "actors/log.hpp"
#include "core/circuit.hpp"
#include "core/consul/address.hpp"
#include "core/consul/kv.hpp"
#include "core/go_duration.hpp"
#include "core/poll_turns.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string_view>

namespace cts {

namespace {

using client_impl = cafx::extended<consul_actor, caf::result<void>(start_due)>;

/// Beyond the deadline, which the HTTP actor keeps itself.
constexpr auto grace = std::chrono::seconds{5};

// Several clients share one HTTP actor, so each numbers its exchanges from
// another start. No process has four billion actors, nor a client so many
// exchanges.
std::uint64_t first_ticket(const caf::local_actor& self) {
  return std::uint64_t{self.id()} << 32U;
}

class consul_client {
public:
  using actor_type = client_impl;
  static inline constexpr const char* name = "consul_client";

  consul_client(client_impl::pointer self, consul_client_options options,
                http_actor http)
    : self_(self), options_(std::move(options)), http_(std::move(http)),
      fields_(headers_of(options_)), tickets_(first_ticket(*self)) {
    cafx::install_guards(
      self_, [](const std::string& text) { log::error("client", text); });
  }

  ~consul_client() {
    for (const auto& [ticket, x] : open_)
      caf::anon_send(http_, cancel_http{ticket});
  }

  client_impl::behavior_type make_behavior() {
    return {
      [this](consul_query& x) { return enqueue(x); },
      [this](const cancel_query& x) { cancel(x.id); },
      [this](start_due) {
        timer_armed_ = false;
        start_waiting();
      },
    };
  }

private:
  using answer = cafx::answer<consul::reply>;

  struct waiting_query {
    consul_query query;
    time_point late_at;
    /// A poll without news need not be answered before.
    time_point held_until;
    answer asker;
  };

  using queue = std::deque<waiting_query>;

  /// A query on the wire. A poll may need several turns.
  struct turn {
    waiting_query x;
    queue* from;
    time_point over_at;
  };

  caf::result<consul::reply> enqueue(consul_query& x) {
    if (writes_.size() + reads_.size() + polls_.size() >= waiting_queries_max)
      return to_caf(fail(errc::limit, "too many Consul queries are waiting"));
    auto promise = self_->make_response_promise<consul::reply>();
    auto now = self_->clock().now();
    auto late_at = now + x.deadline;
    auto held_until = now + wait_of(x).value_or(milliseconds{0});
    auto& waiting = queue_for(x.request);
    waiting.push_back({.query = std::move(x),
                       .late_at = late_at,
                       .held_until = held_until,
                       .asker = answer{promise}});
    start_waiting();
    return promise;
  }

  queue& queue_for(const consul::request& x) {
    if (x.method != "GET")
      return writes_;
    return x.query.contains("index") ? polls_ : reads_;
  }

  static std::optional<milliseconds> wait_of(const consul_query& x) {
    auto found = x.request.query.find("wait");
    return found == x.request.query.end() ? std::nullopt
                                          : read_wait(found->second);
  }

  /// Sessions and registrations must not wait for those who only listen. They
  /// are not repeated and need no circuit either.
  queue* next_queue() {
    if (!writes_.empty())
      return &writes_;
    if (!may_read(circuit_, self_->clock().now()))
      return nullptr;
    if (!reads_.empty())
      return &reads_;
    auto full
      = options_.blocking_max > 0 && polls_open_ >= options_.blocking_max;
    return polls_.empty() || full ? nullptr : &polls_;
  }

  void start_waiting() {
    auto now = self_->clock().now();
    if (circuit_.open)
      fail_polls();
    while (auto* from = next_queue()) {
      if (from->front().late_at > now && !take_token(options_.rate, now))
        return arm(next_token(options_.rate) - now);
      auto length = turn_of(from->front(), from == &polls_);
      auto x = std::move(from->front());
      from->pop_front();
      if (x.late_at > now)
        start({.x = std::move(x), .from = from, .over_at = now + length},
              length);
      else
        x.asker.fail(too_late());
    }
    if (circuit_.open)
      wait_for_probe();
  }

  /// A read may wait until the agent is back, but not beyond its deadline.
  void wait_for_probe() {
    auto now = self_->clock().now();
    for (auto& x : reads_)
      if (x.late_at <= now)
        x.asker.fail(too_late());
    std::erase_if(reads_, [now](const auto& x) { return x.late_at <= now; });
    if (!reads_.empty())
      arm(circuit_.probing ? circuit_.probe_interval : circuit_.probe_at - now);
  }

  /// Who waits past an index must hear of the outage: the agent that comes
  /// back may count anew.
  void fail_polls() {
    for (auto& x : std::exchange(polls_, {}))
      x.asker.fail(to_caf(unreachable_));
  }

  caf::error too_late() const {
    if (circuit_.open)
      return to_caf(unreachable_);
    return to_caf(
      fail(errc::timed_out, "the query waited too long for its turn"));
  }

  /// How long the agent may hold back the answer this time.
  milliseconds turn_of(const waiting_query& x, bool blocking) const {
    auto rest = x.held_until - self_->clock().now();
    auto shortest = duration{milliseconds{10}};
    if (blocking)
      rest
        = poll_turn(polls_open_ + polls_.size(), options_.blocking_max, rest);
    return std::chrono::ceil<milliseconds>(std::max(rest, shortest));
  }

  void arm(duration delay) {
    if (timer_armed_)
      return;
    timer_armed_ = true;
    self_->delayed_send(self_, delay, start_due{});
  }

  void start(turn x, milliseconds length) {
    auto ticket = ++tickets_;
    auto request = exchange_for(x.x, length);
    request.id = ticket;
    polls_open_ += x.from == &polls_ ? 1 : 0;
    if (circuit_.open && x.from == &reads_)
      circuit_.probing = true;
    open_.emplace(ticket, std::move(x));
    self_->request(http_, request.deadline + grace, request)
      .then([this, ticket](http_reply& reply) { finish(ticket, reply); },
            [this, ticket](caf::error& reason) {
              fail_turn(ticket, to_core(reason));
            });
  }

  http_request exchange_for(const waiting_query& x, milliseconds length) const {
    auto request = x.query.request;
    add_default_query(request, options_);
    if (wait_of(x.query))
      request.query.find("wait")->second
        = std::to_string(length.count()) + "ms";
    auto remaining
      = std::chrono::ceil<milliseconds>(x.late_at - self_->clock().now());
    return {.method = request.method,
            .url = options_.base_url + consul::target_of(request),
            .fields = fields_,
            .body = std::move(request.body),
            .deadline = remaining};
  }

  void finish(std::uint64_t ticket, http_reply& x) {
    if (auto ended = close(ticket)) {
      note_recovery();
      note_answer(circuit_);
      auto reply = reply_of(x);
      if (takes_another_turn(*ended, reply))
        ended->from->push_back(std::move(ended->x));
      else
        ended->x.asker.deliver(std::move(reply));
    }
    start_waiting();
  }

  /// An outage is told once, not by each of those who wait.
  void note_outage(const error& reason) {
    outage_since_ = self_->clock().now();
    if (options_.tells_outages)
      log::warn("client", "Consul agent cannot be reached, waiting for it",
                {{"error", reason.message}});
  }

  void note_recovery() {
    if (!circuit_.open)
      return;
    auto after = std::chrono::duration_cast<milliseconds>(self_->clock().now()
                                                          - outage_since_);
    if (options_.tells_outages)
      log::info("client", "Consul agent can be reached again",
                {{"after", go_duration::to_string(after)}});
    if (options_.recovered)
      options_.recovered();
  }

  void fail_turn(std::uint64_t ticket, error reason) {
    if (auto ended = close(ticket)) {
      auto was_open = circuit_.open;
      circuit_.probing = false;
      if (reason.code == errc::unavailable) {
        if (!was_open)
          note_outage(reason);
        note_unreachable(circuit_, self_->clock().now());
        unreachable_ = reason;
      }
      // A probe fails for all who wait, not for the one whose turn it was.
      if (was_open && circuit_.open && ended->from == &reads_)
        reads_.push_back(std::move(ended->x));
      else
        ended->x.asker.fail(to_caf(reason));
    }
    start_waiting();
  }

  /// Whether a poll only made room for others and has heard nothing new.
  bool takes_another_turn(const turn& ended, const consul::reply& reply) const {
    auto now = self_->clock().now();
    if (ended.from != &polls_ || now < ended.over_at
        || now >= ended.x.held_until)
      return false;
    auto past = ended.x.query.request.query.find("index");
    return (reply.status == 200 || reply.status == 404) && !reply.closing
           && reply.index && std::to_string(*reply.index) == past->second;
  }

  std::optional<turn> close(std::uint64_t ticket) {
    auto node = open_.extract(ticket);
    if (node.empty())
      return std::nullopt;
    polls_open_ -= node.mapped().from == &polls_ ? 1 : 0;
    return std::move(node.mapped());
  }

  static caf::error cancelled() {
    return to_caf(fail(errc::cancelled, "the query was cancelled"));
  }

  static bool cancel_waiting(queue& waiting, std::uint64_t id) {
    auto found = std::find_if(waiting.begin(), waiting.end(),
                              [id](const auto& x) { return x.query.id == id; });
    if (found == waiting.end())
      return false;
    found->asker.fail(cancelled());
    waiting.erase(found);
    return true;
  }

  void cancel(std::uint64_t id) {
    for (auto* waiting : {&writes_, &reads_, &polls_})
      if (cancel_waiting(*waiting, id))
        return;
    auto found = std::find_if(open_.begin(), open_.end(), [id](const auto& x) {
      return x.second.x.query.id == id;
    });
    if (found == open_.end())
      return;
    auto ticket = found->first;
    caf::anon_send(http_, cancel_http{ticket});
    if (auto ended = close(ticket)) {
      circuit_.probing &= ended->from != &reads_;
      ended->x.asker.fail(cancelled());
    }
    start_waiting();
  }

  client_impl::pointer self_;
  consul_client_options options_;
  http_actor http_;
  headers fields_;
  queue writes_;
  queue reads_;
  /// Reads with an index.
  queue polls_;
  std::map<std::uint64_t, turn> open_;
  std::size_t polls_open_ = 0;
  circuit circuit_;
  /// Why the circuit is open.
  error unreachable_{};
  time_point outage_since_{};
  std::uint64_t tickets_;
  bool timer_armed_ = false;
};

} // namespace

headers headers_of(const consul_client_options& options) {
  auto out = headers{};
  if (!options.token.empty())
    out.emplace_back("X-Consul-Token", options.token);
  if (options.auth.enabled)
    out.emplace_back("Authorization",
                     "Basic "
                       + consul::encode_base64(options.auth.username + ":"
                                               + options.auth.password));
  return out;
}

void add_default_query(consul::request& to,
                       const consul_client_options& options) {
  auto add = [&to](const char* key, const std::string& value) {
    if (!value.empty() && !to.query.contains(key))
      to.query.emplace(key, value);
  };
  add("ns", options.ns);
  add("partition", options.partition);
}

result<consul_client_options>
consul_client_options_of(const config::consul& x) {
  auto agent = consul::parse_address(x.address, x.tls.enabled);
  if (!agent)
    return agent.error();
  auto out = consul_client_options{
    .base_url = agent->base_url, .token = x.token, .auth = x.auth};
  // Over TLS one connection carries many queries.
  out.blocking_max
    = agent->tls ? 0
                 : static_cast<std::size_t>(std::max(1, x.max_blocking_conns));
  return out;
}

consul_actor make_consul_client(caf::local_actor* parent,
                                consul_client_options options,
                                http_actor http) {
  return cafx::spawn_state<consul_client>(parent, std::move(options),
                                          std::move(http));
}

} // namespace cts
