#pragma once

#include "actors/caf/answer.hpp"
#include "tests/support/consul_model_front.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cts {

/// The class behind `consul_model_actor`: requests under way, and what time and
/// tests do to them. What Consul is lies in `consul_model::state`.
class consul_model_state {
public:
  using actor_type = consul_model_actor;
  static inline constexpr const char* name = "consul_model";

  consul_model_state(consul_model_actor::pointer self,
                     consul_model::state state, consul_observer observer);

  consul_model_actor::behavior_type make_behavior();

private:
  struct exchange {
    std::uint64_t id = 0;
    std::string node{};
    std::string line{};
    std::string url{};
    consul_model::request request{};
    time_point late_at{};
    /// When a held-back request is answered whatever its index.
    time_point due{};
    /// Until when nothing is answered.
    time_point silent_until{};
    /// What a blocking query waits past.
    std::optional<consul_model::index> past{};
    /// A poll that waits.
    bool is_blocked = false;
    /// Waits for a leader.
    bool is_held = false;
    /// What could concern the poll when it was looked at last.
    consul_model::index seen = 0;
    cafx::answer<http_reply> asker{};
  };

  time_point now() const { return self_->clock().now(); }

  // -- requests ---------------------------------------------------------------

  caf::result<http_reply> receive(const std::string& node, http_request& x);
  std::string note(const http_request& x);
  void begin(std::uint64_t ticket);
  void serve(std::uint64_t ticket);

  /// Carries the request out and leaves its asker without an answer.
  void serve_in_vain(std::uint64_t ticket,
                     void (consul_model_state::*end)(std::uint64_t));
  consul_model::reply carry_out(const consul_model::request& x);
  void hold(std::uint64_t ticket);
  void silence(std::uint64_t ticket);
  void break_off(std::uint64_t ticket);

  /// Only looks: a blocking query is a GET, which changes nothing.
  bool is_blocked(exchange& x);

  // -- time -------------------------------------------------------------------

  void arm(std::uint64_t ticket);
  void elapse(std::uint64_t ticket);

  /// Does what time alone does to the world.
  void pass_time();
  void pass_time(const std::string& node, consul_front::state& front);

  /// After a change: answers the polls that have something new to see, and
  /// makes sure to be there when the next thing happens by itself.
  void settle();

  // -- faults -----------------------------------------------------------------

  std::vector<std::uint64_t> tickets_of(const std::string& node) const;
  void add(const agent_options& x);
  void break_with(const set_agent_fault& x);
  void lose(const std::string& node, consul_front::state& front);
  void find_again(const std::string& node, consul_front::state& front);

  /// What the fault does to a request under way.
  void disturb(std::uint64_t ticket, agent_fault fault);
  void elect(const elect_leader& x);
  void find_leader();
  void hang(const hang_polls& x);

  // -- answers ----------------------------------------------------------------

  void answer(std::uint64_t ticket, const consul_model::reply& x);
  void refuse(std::uint64_t ticket, const std::string& text);
  void fail_with(std::uint64_t ticket, const error& reason);
  void cancel(const std::string& node, std::uint64_t id);

  consul_model_actor::pointer self_;
  consul_model::state state_;
  consul_observer observer_;
  std::map<std::string, consul_front::state> fronts_;
  std::map<std::uint64_t, exchange> open_;
  std::uint64_t tickets_ = 0;
  bool holds_requests_ = false;
  /// When there is a leader again.
  time_point leader_at_ = time_point::max();
  /// When the earliest `world_timer` under way arrives.
  time_point armed_ = time_point::max();
  /// Up to which index the polls have been looked at.
  consul_model::index settled_ = 0;
  std::vector<std::string> lines_;
};

} // namespace cts
