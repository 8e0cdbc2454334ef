#include "tests/support/consul_model_actor.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "core/machine.hpp"

#include <algorithm>
#include <iostream>
#include <map>
#include <utility>

namespace cts {

namespace {

constexpr auto leader_search = std::chrono::seconds{7};
constexpr auto lines_max = std::size_t{100'000};

http_reply reply_of(const consul_model::reply& x) {
  auto out = http_reply{.status = x.status, .body = x.body};
  if (x.newest > 0)
    out.fields.emplace_back("x-consul-index", std::to_string(x.newest));
  return out;
}

class consul_model_state {
public:
  using actor_type = consul_model_actor;
  static inline constexpr const char* name = "consul_model";

  consul_model_state(consul_model_actor::pointer self,
                     consul_model::state state)
    : self_(self), state_(std::move(state)) {
    cafx::install_guards(
      self_, [](const std::string& text) { std::cerr << text << '\n'; });
  }

  consul_model_actor::behavior_type make_behavior() {
    return {
      [this](http_request& x) { return receive(x); },
      [this](const cancel_http& x) { cancel(x.id); },
      [this](set_agent_fault x) { break_with(x.fault); },
      [this](reset_agent_indexes) {
        consul_model::reset_indexes(state_);
        wake();
      },
      [this](get_requests_seen) {
        return requests_seen{.lines = lines_, .open = open_.size()};
      },
      [this](const agent_timer& x) { elapse(x.ticket); },
    };
  }

private:
  struct exchange {
    std::uint64_t id = 0;
    std::string url{};
    consul_model::request request{};
    time_point late_at{};
    /// When a held-back query is answered whatever its index.
    time_point due{};
    cafx::answer<http_reply> asker{};
  };

  caf::result<http_reply> receive(http_request& x) {
    auto promise = self_->make_response_promise<http_reply>();
    auto ticket = ++tickets_;
    auto request = consul_model::parse(x.method, x.url, std::move(x.body));
    note(x);
    auto now = self_->clock().now();
    auto late_at = now + x.deadline;
    auto [at, is_new] = open_.try_emplace(
      ticket, exchange{.id = x.id,
                       .url = std::move(x.url),
                       .request = std::move(request),
                       .late_at = late_at,
                       .asker = cafx::answer<http_reply>{promise}});
    at->second.due = now + wait_of(at->second);
    begin(ticket);
    return promise;
  }

  void note(const http_request& x) {
    auto begin = x.url.find('/', x.url.find("://") + 3);
    if (lines_.size() < lines_max)
      lines_.push_back(x.method + " "
                       + x.url.substr(std::min(begin, x.url.size())));
  }

  duration wait_of(const exchange& x) const {
    if (fault_ == agent_fault::leaderless)
      return leader_search;
    return consul_model::wait_of(x.request);
  }

  void begin(std::uint64_t ticket) {
    auto& x = open_.at(ticket);
    switch (fault_) {
      case agent_fault::killed:
      case agent_fault::stopped:
        return refuse(ticket, "dial tcp 127.0.0.1:8500: connect: connection "
                              "refused");
      case agent_fault::hanging: return arm(ticket, x.late_at);
      case agent_fault::failing:
        return answer(ticket, {.status = 500,
                               .newest = 1,
                               .body = "rpc error getting client: failed to "
                                       "get conn: dial tcp: refused"});
      case agent_fault::leaderless:
        if (x.request.path != "/v1/status/leader")
          return arm(ticket, std::min(x.late_at, x.due));
        break;
      case agent_fault::blind:
      case agent_fault::filtering:
      case agent_fault::none: break;
    }
    if (is_blocked(x))
      return arm(ticket, std::min(x.late_at, x.due));
    auto before = state_.newest;
    answer(ticket, consul_model::serve(state_, x.request));
    if (state_.newest != before)
      wake();
  }

  /// Only looks: a blocking query is a GET, which changes nothing.
  bool is_blocked(const exchange& x) {
    auto past = consul_model::blocked_past(x.request);
    if (!past)
      return false;
    auto now = consul_model::serve(state_, x.request);
    return now.newest > 0 && (now.status == 200 || now.status == 404)
           && now.newest <= *past;
  }

  void arm(std::uint64_t ticket, time_point due) {
    self_->delayed_send(self_, due - self_->clock().now(), agent_timer{ticket});
  }

  void elapse(std::uint64_t ticket) {
    auto found = open_.find(ticket);
    if (found == open_.end())
      return;
    auto now = self_->clock().now();
    if (now >= found->second.late_at)
      return fail_with(ticket,
                       fail(errc::timed_out, "Get \"", found->second.url,
                            "\": context deadline exceeded"));
    if (now >= found->second.due)
      answer(ticket, consul_model::serve(state_, found->second.request));
  }

  /// Answers the blocked queries that have something new to see.
  void wake() {
    if (fault_ != agent_fault::none && fault_ != agent_fault::filtering)
      return;
    auto ready = std::vector<std::uint64_t>{};
    for (const auto& [ticket, x] : open_)
      if (!is_blocked(x))
        ready.push_back(ticket);
    for (auto ticket : ready)
      answer(ticket, consul_model::serve(state_, open_.at(ticket).request));
  }

  void break_with(agent_fault fault) {
    fault_ = fault;
    state_.has_leader = fault != agent_fault::leaderless;
    auto tickets = std::vector<std::uint64_t>{};
    for (const auto& [ticket, x] : open_)
      tickets.push_back(ticket);
    for (auto ticket : tickets)
      disturb(ticket);
  }

  /// What the fault does to a query under way.
  void disturb(std::uint64_t ticket) {
    auto& x = open_.at(ticket);
    switch (fault_) {
      case agent_fault::blind:
      case agent_fault::filtering:
      case agent_fault::none: return;
      case agent_fault::killed: return refuse(ticket, "EOF");
      case agent_fault::stopped:
        return answer(ticket, consul_model::serve(state_, x.request));
      case agent_fault::hanging:
        x.due = time_point::max();
        return arm(ticket, x.late_at);
      case agent_fault::failing:
        return answer(
          ticket,
          {.status = 500, .newest = 1, .body = "rpc error making call: EOF"});
      case agent_fault::leaderless:
        x.due = self_->clock().now() + leader_search;
        return arm(ticket, x.due);
    }
  }

  void answer(std::uint64_t ticket, const consul_model::reply& x) {
    auto reply = reply_of(x);
    if (fault_ == agent_fault::filtering)
      reply.fields.emplace_back("x-consul-results-filtered-by-acls", "true");
    if (auto node = open_.extract(ticket))
      node.mapped().asker.deliver(std::move(reply));
  }

  void refuse(std::uint64_t ticket, const std::string& text) {
    fail_with(ticket, fail(errc::unavailable, "Get \"", open_.at(ticket).url,
                           "\": ", text));
  }

  void fail_with(std::uint64_t ticket, const error& reason) {
    if (auto node = open_.extract(ticket))
      node.mapped().asker.fail(to_caf(reason));
  }

  void cancel(std::uint64_t id) {
    auto found = std::find_if(open_.begin(), open_.end(), [id](const auto& x) {
      return x.second.id == id;
    });
    if (found != open_.end())
      fail_with(found->first, fail(errc::cancelled, "cancelled"));
  }

  consul_model_actor::pointer self_;
  consul_model::state state_;
  agent_fault fault_ = agent_fault::none;
  std::map<std::uint64_t, exchange> open_;
  std::uint64_t tickets_ = 0;
  std::vector<std::string> lines_;
};

} // namespace

consul_model_actor make_consul_model(caf::local_actor* parent,
                                     consul_model::state state) {
  return cafx::spawn_state<consul_model_state>(parent, std::move(state));
}

} // namespace cts
