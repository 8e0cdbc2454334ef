#include "actors/peer_link.hpp"

#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "actors/guard_log.hpp"
#include "core/ha/json.hpp"

#include <caf/send.hpp>

namespace cts {

namespace {

using namespace std::chrono_literals;
namespace link = ha::peer_link;

constexpr auto path = "/v1/cluster/peer";

/// Beyond the deadline, which the line keeps itself.
constexpr auto grace = 5s;

std::string text_of(const object& from, const char* name) {
  auto found = from.find(name);
  const auto* text = found == from.end()
                       ? nullptr
                       : std::get_if<std::string>(&found->second.data);
  return text == nullptr ? std::string{} : *text;
}

/// The answer of an instance; absent: it is none.
std::optional<link::answered> hello_of(const greeting_ended& x) {
  if (x.status != 200)
    return std::nullopt;
  auto read = ha::parse_json(x.body);
  const auto* members = read ? std::get_if<object>(&read->data) : nullptr;
  if (members == nullptr)
    return std::nullopt;
  auto out = link::answered{.id = text_of(*members, "id"),
                            .boot = text_of(*members, "boot")};
  if (out.id.empty() || out.boot.empty())
    return std::nullopt;
  return out;
}

class peer_link {
public:
  using actor_type = peer_link_actor;
  static inline constexpr const char* name = "peer_link";

  peer_link(peer_link_actor::pointer self, peer_line_actor line,
            deposer_actor elector)
    : self_(self), line_(std::move(line)), elector_(std::move(elector)) {
    cafx::install_guards(self_, guard_log);
  }

  ~peer_link() {
    if (machine_.open)
      caf::anon_send(line_, cancel_greeting{machine_.ticket});
  }

  peer_link_actor::behavior_type make_behavior() {
    caf::anon_send(elector_, peer_link_known{self_});
    return {
      [this](const watch_peer& x) { on(link::leader_seen{x.who}); },
      [this](const peer_survived& x) { on(link::survived{x.id}); },
      [this](timer_elapsed) { on(link::timer_elapsed{}); },
    };
  }

private:
  template <class Event>
  void on(const Event& event) {
    feed(machine_, event, self_->clock().now(),
         [this](const auto& effect) { perform(effect); });
  }

  void perform(const link::greet& x) {
    auto url = link::base_url(machine_.peer->leader) + path;
    if (x.hold)
      url += "?hold";
    auto ticket = x.ticket;
    auto order
      = greet_peer{.id = ticket, .url = url, .deadline = link::patience};
    self_->request(line_, link::patience + grace, order)
      .then([this, ticket](const greeting_ended& how) { ended(ticket, how); },
            [this, ticket](caf::error& reason) {
              on(link::failed{.ticket = ticket,
                              .how = link::failure::silent,
                              .message = to_core(reason).message});
            });
  }

  void ended(std::uint64_t ticket, const greeting_ended& x) {
    if (x.failure)
      return on(link::failed{
        .ticket = ticket, .how = *x.failure, .message = x.message});
    auto hello = hello_of(x);
    if (!hello)
      return on(link::failed{.ticket = ticket,
                             .how = link::failure::strange,
                             .message = "the answer to a greeting is none of "
                                        "an instance (HTTP status "
                                        + std::to_string(x.status) + ")"});
    hello->ticket = ticket;
    on(*hello);
  }

  void perform(const link::hang_up& x) {
    caf::anon_send(line_, cancel_greeting{x.ticket});
  }

  void perform(const link::report_watching&) {
    log::info("ha", "watching the leader over the peer link",
              {{"leader", machine_.peer->leader.id}});
  }

  void perform(const link::report_dead& x) {
    log::warn("ha", "the leader's process is dead",
              {{"leader", machine_.peer->leader.id}, {"evidence", x.evidence}});
    caf::anon_send(
      elector_,
      peer_dead{.session = x.session, .boot = x.boot, .evidence = x.evidence});
  }

  void perform(const link::report_off& x) {
    log::warn("ha",
              "the peer link was wrong twice within 10m, it is off for "
              "1h: something between the instances ends connections",
              {{"peer", x.id}});
  }

  void perform(const link::report_trouble& x) {
    log::warn("ha", "the leader cannot be watched over the peer link",
              {{"leader", machine_.peer->leader.id}, {"error", x.message}});
  }

  void perform(const link::arm_timer& x) {
    self_->delayed_send(self_, x.due - self_->clock().now(), timer_elapsed{});
  }

  peer_link_actor::pointer self_;
  peer_line_actor line_;
  deposer_actor elector_;
  link::state machine_{};
};

} // namespace

peer_link_actor make_peer_link(caf::local_actor* parent, peer_line_actor line,
                               deposer_actor elector) {
  return cafx::spawn_state<peer_link>(parent, std::move(line),
                                      std::move(elector));
}

} // namespace cts
