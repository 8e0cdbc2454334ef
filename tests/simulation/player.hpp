#pragma once

#include "tests/simulation/history.hpp"

#include <string>

namespace cts::simulation {

/// Plays one history. Used once.
class player {
public:
  explicit player(const history_options& options);
  ~player();
  player(const player&) = delete;
  player& operator=(const player&) = delete;

  outcome play();

private:
  void happen(const incident& x);
  void hurt_instance(const incident& x, machine& where);
  void suspend(const incident& x, machine& where);
  void wake(machine& where);
  void hurt_agent(const incident& x, machine& where);
  void hurt_servers(const incident& x, machine& where);
  void operate(const incident& x);
  void hurt_machine(const incident& x, machine& where);
  void ask_api(const incident& x, machine& where);

  void set_agent(machine& where, agent_fault what);
  void set_rights(machine& where, bool may_write);
  void change_service(const incident& x, bool is_there);
  void lower_epoch(std::uint64_t by);
  void mutate(machine& where, api_request request, const asked_mutation& x);

  /// What was to be seen was seen.
  bool is_over() const;
  void heal();
  void heal(machine& where);
  void watch_everything();
  /// Until all is as it must be, or patience ends.
  void wait();
  void ask_leader();

  const history_options& options_;
  /// Instances that end with the world still answer.
  bool is_ending_ = false;
  world world_;
  oracle oracle_;
};

} // namespace cts::simulation
