#pragma once

#include "tests/simulation/engine.hpp"
#include "tests/simulation/services.hpp"
#include "tests/support/consul_model_actor.hpp"

#include <caf/send.hpp>

#include <map>
#include <optional>
#include <string>

namespace cts::simulation {

/// A request's number in the network; the clerk fetches it there.
struct carry_request {
  std::uint64_t ticket = 0;
};

CAFX_FIELDS(carry_request, ticket)

using clerk_actor = cafx::iface<caf::result<void>(carry_request)>;

/// Consul's servers, the agents of all nodes, and the ways between them and
/// their clients, on which each message takes some time.
class network {
public:
  /// `surroundings` is the island of the model.
  network(simulation::engine& engine, island& surroundings, std::uint64_t seed);
  ~network();
  network(const network&) = delete;
  network& operator=(const network&) = delete;

  void add_node(const std::string& node);

  /// Who sees each change in Consul, at once.
  void observe(consul_observer observer) { observer_ = std::move(observer); }

  /// Who sees each request when it is sent, with the node that sends it.
  using sent_observer
    = std::function<void(const std::string& node, const http_request&)>;
  void observe_sent(sent_observer observer) { sent_ = std::move(observer); }

  /// One exchange with the agent of the node. An answer that would come after
  /// the deadline is an error.
  void exchange(const std::string& node, http_request request,
                answer_to<http_reply> tell);

  void cancel(const std::string& node, std::uint64_t id);

  /// An order to the model, for example a fault.
  template <class Order>
  void tell(const Order& order) {
    caf::anon_send(servers_, order);
  }

  /// The longest way of a message; zero makes all ways short.
  void set_delay_max(nanoseconds x) { delay_max_ = x; }

private:
  friend class clerk;

  struct parcel {
    std::string node{};
    http_request request{};
    answer_to<http_reply> tell{};
    nanoseconds late_at{};
    /// The agent has it.
    bool has_arrived = false;
  };

  /// What the clerk takes along; nothing if it was cancelled on the way.
  std::optional<agent_request> hand_over(std::uint64_t ticket);
  void bring_back(std::uint64_t ticket, result<http_reply> outcome);
  nanoseconds way();

  simulation::engine& engine_;
  island& surroundings_;
  random_stream random_;
  nanoseconds delay_max_{std::chrono::milliseconds{3}};
  std::map<std::uint64_t, parcel> parcels_{};
  std::uint64_t tickets_ = 0;
  consul_observer observer_{};
  sent_observer sent_{};
  consul_model_actor servers_{};
  clerk_actor clerk_{};
};

} // namespace cts::simulation

CAF_BEGIN_TYPE_ID_BLOCK(cts_network, caf::first_custom_type_id + 760)

CAF_ADD_TYPE_ID(cts_network, (cts::simulation::carry_request))

CAF_END_TYPE_ID_BLOCK(cts_network)
