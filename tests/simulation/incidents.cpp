#include "tests/simulation/incidents.hpp"

#include <algorithm>
#include <array>

namespace cts::simulation {

namespace {

using namespace std::chrono_literals;

constexpr auto faults_last = 60s;

constexpr auto names = std::array<const char*, faults_known>{
  "kill",
  "boot",
  "terminate",
  "pause",
  "resume",
  "freeze",
  "thaw",
  "suspend",
  "wake",
  "starve",
  "kill_witness",
  "kill_both",
  "power_off",
  "cut_agent",
  "kill_agent",
  "mute_agent",
  "throttle_agent",
  "blind_agent",
  "cut_peers",
  "reset_peers",
  "heal_agent",
  "elect_consul_leader",
  "lose_quorum",
  "lose_transaction",
  "hang_polls",
  "lag_stale_reads",
  "deny_writes",
  "allow_writes",
  "destroy_sessions",
  "delete_lock",
  "overwrite_lock",
  "delete_record",
  "lower_epoch",
  "lock_state",
  "unlock_state",
  "register_instance",
  "deregister_instance",
  "step_wall_clock",
  "fill_disk",
  "empty_disk",
  "crash_terraform",
  "kill_shim",
  "break_module",
  "hang_module",
  "mend_modules",
  "create_task",
  "delete_task",
  "disable_task",
  "enable_task",
  "step_down",
};

/// What ends others.
constexpr auto remedies
  = std::array{fault::boot,       fault::resume,       fault::thaw,
               fault::wake,       fault::heal_agent,   fault::allow_writes,
               fault::empty_disk, fault::mend_modules, fault::unlock_state};

} // namespace

const char* to_string(fault x) {
  return names[static_cast<std::size_t>(x)];
}

incidents incidents_of(std::uint64_t seed) {
  auto random = random_stream{seed ^ 0x6661756C74U};
  auto out = incidents{};
  auto count = 5 + random.below(25);
  for (auto i = std::size_t{0}; i < count; ++i) {
    auto what = static_cast<fault>(random.below(faults_known));
    // What is hurt is healed about as often.
    if (random.chance(25))
      what = remedies[random.below(remedies.size())];
    out.push_back({.at = random.between(2s, faults_last),
                   .what = what,
                   .machine = random.below(3),
                   .number = random.next()});
  }
  std::ranges::stable_sort(out, {}, &incident::at);
  return out;
}

incidents calm_incidents_of(std::uint64_t seed) {
  constexpr auto kinds
    = std::array{fault::hang_module,       fault::break_module,
                 fault::mend_modules,      fault::destroy_sessions,
                 fault::destroy_sessions,  fault::step_down,
                 fault::register_instance, fault::deregister_instance,
                 fault::crash_terraform,   fault::kill_shim,
                 fault::step_wall_clock,   fault::kill};
  auto random = random_stream{seed ^ 0x63616C6DU};
  auto out = incidents{};
  auto count = 3 + random.below(12);
  for (auto i = std::size_t{0}; i < count; ++i)
    out.push_back({.at = random.between(2s, faults_last),
                   .what = kinds[random.below(kinds.size())],
                   .machine = random.below(3),
                   .number = random.next()});
  std::ranges::stable_sort(out, {}, &incident::at);
  return out;
}

std::string describe(const incidents& xs) {
  auto out = std::string{};
  for (const auto& x : xs)
    out += "  " + std::to_string(x.at.count() / 1'000'000)
           + " ms: " + to_string(x.what) + " cts-" + std::to_string(x.machine)
           + " (" + std::to_string(x.number) + ")\n";
  return out;
}

incident on(fault what, nanoseconds at, std::size_t machine,
            std::uint64_t number) {
  return {.at = at, .what = what, .machine = machine, .number = number};
}

incidents everywhere(fault what, nanoseconds at, nanoseconds apart) {
  auto out = incidents{};
  for (auto i = std::size_t{0}; i < 3; ++i)
    out.push_back(on(what, at + static_cast<std::int64_t>(i) * apart, i));
  return out;
}

incidents all_of(std::vector<incidents> xs) {
  auto out = incidents{};
  for (auto& x : xs)
    out.insert(out.end(), x.begin(), x.end());
  std::ranges::stable_sort(out, {}, &incident::at);
  return out;
}

std::optional<scenario> scenario_named(std::string_view name) {
  auto found = std::ranges::find(scenarios(), name, &scenario::name);
  if (found == scenarios().end())
    return std::nullopt;
  return *found;
}

} // namespace cts::simulation
