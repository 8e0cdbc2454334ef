#pragma once

#include "actors/peer_link.hpp"
#include "tests/simulation/engine.hpp"
#include "tests/simulation/services.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>

namespace cts::simulation {

/// How the API of a machine meets a peer.
enum class port_state : std::uint8_t {
  /// An instance listens, and answers when it can.
  open,
  /// The kernel refuses.
  closed,
  /// Nobody is there, not even a kernel.
  silent,
};

/// What the network knows of the machine with an address.
struct peer_target {
  port_state port = port_state::closed;
  std::function<void(api_request, answer_to<api_reply>)> ask{};
};

/// The connections of followers to the leader's API (detector D3). A greeting
/// ends with its answer, with the process that was greeted, or with its time.
class peer_network {
public:
  using find_target = std::function<peer_target(const std::string& machine)>;

  peer_network(simulation::engine& engine, std::uint64_t seed, find_target find)
    : engine_(engine), random_(seed), find_(std::move(find)) {}

  /// `who` is the machine of who greets.
  void greet(const std::string& who, const greet_peer& x,
             answer_to<greeting_ended> tell);
  void cancel(const std::string& who, std::uint64_t id);

  /// Nothing gets to the API of the machine any more, or it does again.
  void cut(const std::string& machine, bool is_cut);
  /// Somebody resets all connections to it; with `refuses` he answers in its
  /// name for a moment, too.
  void reset(const std::string& machine, bool refuses);
  /// The process on the machine has ended: the kernel closes what it had.
  void close(const std::string& machine);

private:
  struct greeting {
    std::string who{};
    std::uint64_t id = 0;
    std::string target{};
    answer_to<greeting_ended> tell{};
  };

  void connect(std::uint64_t number, const greet_peer& x);
  void end(std::uint64_t number, greeting_ended how);
  void fail(std::uint64_t number, ha::peer_link::failure how);
  nanoseconds way();

  simulation::engine& engine_;
  random_stream random_;
  find_target find_;
  std::map<std::uint64_t, greeting> open_{};
  std::set<std::string> cut_{};
  /// Until when somebody refuses connections.
  std::map<std::string, nanoseconds> forged_{};
  std::uint64_t numbers_ = 0;
};

} // namespace cts::simulation
