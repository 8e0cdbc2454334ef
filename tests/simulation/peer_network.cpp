#include "tests/simulation/peer_network.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace cts::simulation {

namespace {

using namespace std::chrono_literals;

/// `cts-0` of `http://cts-0.example:8558/...`.
std::string machine_of(const std::string& url) {
  auto begin = url.find("//") + 2;
  return url.substr(begin, url.find('.', begin) - begin);
}

std::string path_of(const std::string& url) {
  return url.substr(url.find('/', url.find("//") + 2));
}

} // namespace

nanoseconds peer_network::way() {
  return random_.between(20us, 2ms);
}

void peer_network::greet(const std::string& who, const greet_peer& x,
                         answer_to<greeting_ended> tell) {
  auto number = ++numbers_;
  open_.emplace(number, greeting{.who = who,
                                 .id = x.id,
                                 .target = machine_of(x.url),
                                 .tell = std::move(tell)});
  engine_.after(way(), [this, number, x] { connect(number, x); });
  engine_.after(x.deadline, [this, number] {
    fail(number, ha::peer_link::failure::silent);
  });
}

void peer_network::connect(std::uint64_t number, const greet_peer& x) {
  auto found = open_.find(number);
  if (found == open_.end() || cut_.contains(found->second.target))
    return;
  auto target = find_(found->second.target);
  if (forged_[found->second.target] > engine_.now())
    target.port = port_state::closed;
  if (target.port == port_state::silent)
    return;
  if (target.port == port_state::closed)
    return engine_.after(
      way(), [this, number] { fail(number, ha::peer_link::failure::refused); });
  auto request = api_request{.method = "GET",
                             .target = path_of(x.url),
                             .host = found->second.target,
                             .remote = "10.0.0.1:1"};
  target.ask(std::move(request), [this, number](const result<api_reply>& y) {
    if (!y)
      return;
    engine_.after(way(), [this, number, status = y->status, body = y->body] {
      auto known = open_.find(number);
      if (known != open_.end() && !cut_.contains(known->second.target))
        end(number, {.status = status, .body = body});
    });
  });
}

void peer_network::end(std::uint64_t number, greeting_ended how) {
  if (auto found = open_.extract(number))
    found.mapped().tell(std::move(how));
}

void peer_network::fail(std::uint64_t number, ha::peer_link::failure how) {
  end(number, {.failure = how, .message = "the greeting failed"});
}

void peer_network::cancel(const std::string& who, std::uint64_t id) {
  std::erase_if(open_, [&](const auto& each) {
    return each.second.who == who && each.second.id == id;
  });
}

void peer_network::cut(const std::string& machine, bool is_cut) {
  if (is_cut)
    cut_.insert(machine);
  else
    cut_.erase(machine);
}

void peer_network::reset(const std::string& machine, bool refuses) {
  if (refuses)
    forged_[machine] = engine_.now() + 100ms;
  close(machine);
}

void peer_network::close(const std::string& machine) {
  if (cut_.contains(machine))
    return;
  for (const auto& [number, x] : open_)
    if (x.target == machine)
      engine_.after(
        way(), [this, n = number] { fail(n, ha::peer_link::failure::closed); });
}

} // namespace cts::simulation
