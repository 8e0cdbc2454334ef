#include "tests/support/consul_model_servers.hpp"

#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "tests/support/consul_model_registry.hpp"

#include <algorithm>
#include <iostream>
#include <utility>

namespace cts {

namespace {

using consul_front::fate;

constexpr auto leader_search = std::chrono::seconds{7};
constexpr auto lines_max = std::size_t{100'000};
constexpr auto never = time_point::max();

http_reply reply_of(const consul_model::reply& x) {
  auto out = http_reply{.status = x.status, .body = x.body};
  if (x.newest > 0)
    out.fields.emplace_back("x-consul-index", std::to_string(x.newest));
  return out;
}

consul_model::reply trouble(std::string text) {
  return {.status = 500, .newest = 1, .body = std::move(text)};
}

} // namespace

consul_model_state::consul_model_state(consul_model_actor::pointer self,
                                       consul_model::state state,
                                       consul_observer observer)
  : self_(self), state_(std::move(state)), observer_(std::move(observer)) {
  cafx::install_guards(
    self_, [](const std::string& text) { std::cerr << text << '\n'; });
}

consul_model_actor::behavior_type consul_model_state::make_behavior() {
  return {
    [this](http_request& x) { return receive(consul_model::first_node, x); },
    [this](const cancel_http& x) { cancel(consul_model::first_node, x.id); },
    [this](const set_agent_fault& x) { break_with(x); },
    [this](const set_agent_rights& x) { fronts_[x.node].left = x.rights; },
    [this](const set_listener& x) {
      consul_model::set_listener(state_, {x.node, x.address}, x.is_open, now());
      settle();
    },
    [this](const lose_answers& x) { fronts_[x.node].losses.push_back(x); },
    [this](const elect_leader& x) { elect(x); },
    [this](const hang_polls& x) { hang(x); },
    [this](lag_stale_reads x) {
      state_.stale_kv = x.is_lagging ? std::optional{state_.kv} : std::nullopt;
    },
    [this](reset_agent_indexes) {
      consul_model::reset_indexes(state_);
      settle();
    },
    [this](get_requests_seen) {
      return requests_seen{.lines = lines_, .open = open_.size()};
    },
    [this](agent_request& x) { return receive(x.node, x.request); },
    [this](const agent_cancel& x) { cancel(x.node, x.id); },
    [this](const agent_options& x) { add(x); },
    [this](const agent_timer& x) { elapse(x.ticket); },
    [this](world_timer) {
      armed_ = never;
      pass_time();
    },
  };
}

caf::result<http_reply> consul_model_state::receive(const std::string& node,
                                                    http_request& x) {
  auto promise = self_->make_response_promise<http_reply>();
  auto ticket = ++tickets_;
  auto request = consul_model::parse(x.method, x.url, std::move(x.body));
  request.node = node;
  request.left = fronts_[node].left;
  for (const auto& [field, value] : x.fields)
    if (field == "x-consul-token" || field == "X-Consul-Token")
      request.token = value;
  open_.emplace(ticket, exchange{.id = x.id,
                                 .node = node,
                                 .line = note(x),
                                 .url = std::move(x.url),
                                 .request = std::move(request),
                                 .late_at = now() + x.deadline,
                                 .asker = cafx::answer<http_reply>{promise}});
  begin(ticket);
  return promise;
}

std::string consul_model_state::note(const http_request& x) {
  auto begin = x.url.find('/', x.url.find("://") + 3);
  auto out = x.method + " " + x.url.substr(std::min(begin, x.url.size()));
  if (lines_.size() < lines_max)
    lines_.push_back(out);
  return out;
}

void consul_model_state::begin(std::uint64_t ticket) {
  auto& x = open_.at(ticket);
  x.is_held = false;
  auto& front = fronts_[x.node];
  switch (fate_of(front, x.request, x.line)) {
    case fate::served: return serve(ticket);
    case fate::refused:
      return refuse(ticket, "dial tcp 127.0.0.1:8500: connect: connection "
                            "refused");
    case fate::silent: return silence(ticket);
    case fate::mute: return serve_in_vain(ticket, &consul_model_state::silence);
    case fate::cut_short:
      return serve_in_vain(ticket, &consul_model_state::break_off);
    case fate::failing:
      return answer(ticket, trouble("rpc error getting client: failed to "
                                    "get conn: dial tcp: refused"));
    case fate::cut_off:
      return answer(ticket, trouble("No known Consul servers"));
    case fate::throttled:
      return answer(ticket, {.status = 429,
                             .body = "Your IP is issuing too many concurrent "
                                     "connections, please rate limit your "
                                     "calls\n"});
    case fate::held: return hold(ticket);
    case fate::postponed:
      front.later.push_back(x.request);
      return answer(ticket, {});
  }
}

void consul_model_state::serve(std::uint64_t ticket) {
  auto& x = open_.at(ticket);
  auto waits = !state_.has_leader && holds_requests_
               && consul_model::needs_leader(x.request);
  if (waits)
    return hold(ticket);
  x.past = consul_model::blocked_past(x.request);
  x.is_blocked
    = x.past && !consul_model::is_refused(state_, x.request) && is_blocked(x);
  if (x.is_blocked) {
    x.due = now() + consul_model::wait_of(x.request);
    return arm(ticket);
  }
  answer(ticket, carry_out(x.request));
  settle();
}

void consul_model_state::serve_in_vain(
  std::uint64_t ticket, void (consul_model_state::*end)(std::uint64_t)) {
  carry_out(open_.at(ticket).request);
  (this->*end)(ticket);
  settle();
}

consul_model::reply
consul_model_state::carry_out(const consul_model::request& x) {
  auto out = consul_model::serve(state_, x, now());
  if (observer_ && x.method != "GET")
    observer_(x, out, state_);
  return out;
}

void consul_model_state::hold(std::uint64_t ticket) {
  auto& x = open_.at(ticket);
  x.is_held = true;
  x.due = now() + leader_search;
  arm(ticket);
}

void consul_model_state::silence(std::uint64_t ticket) {
  auto& x = open_.at(ticket);
  x.is_blocked = x.is_held = false;
  x.silent_until = never;
  arm(ticket);
}

void consul_model_state::break_off(std::uint64_t ticket) {
  refuse(ticket, "EOF");
}

bool consul_model_state::is_blocked(exchange& x) {
  auto seen = consul_model::table_index(state_, x.request);
  if (x.is_blocked && x.seen == seen)
    return true;
  x.seen = seen;
  auto newest = consul_model::index_of(state_, x.request);
  return newest && *newest > 0 && *newest <= *x.past;
}

void consul_model_state::answer(std::uint64_t ticket,
                                const consul_model::reply& x) {
  auto node = open_.extract(ticket);
  if (!node)
    return;
  auto reply = reply_of(x);
  if (fronts_[node.mapped().node].fault == agent_fault::filtering)
    reply.fields.emplace_back("x-consul-results-filtered-by-acls", "true");
  node.mapped().asker.deliver(std::move(reply));
}

void consul_model_state::refuse(std::uint64_t ticket, const std::string& text) {
  fail_with(ticket, fail(errc::unavailable, "Get \"", open_.at(ticket).url,
                         "\": ", text));
}

void consul_model_state::fail_with(std::uint64_t ticket, const error& reason) {
  if (auto node = open_.extract(ticket))
    node.mapped().asker.fail(to_caf(reason));
}

void consul_model_state::cancel(const std::string& node, std::uint64_t id) {
  auto found = std::find_if(open_.begin(), open_.end(), [&](const auto& entry) {
    return entry.second.id == id && entry.second.node == node;
  });
  if (found != open_.end())
    fail_with(found->first, fail(errc::cancelled, "cancelled"));
}

consul_model_actor make_consul_model(caf::local_actor* parent,
                                     consul_model::state state,
                                     consul_observer observer) {
  return cafx::spawn_state<consul_model_state>(parent, std::move(state),
                                               std::move(observer));
}

} // namespace cts
