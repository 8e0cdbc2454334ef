#pragma once

#include "core/dynamic/templates.hpp"
#include "core/machine.hpp"
#include "core/text_template/evaluate.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

/// Renders templates: asks for what they need, waits a limited time for it, and
/// follows it afterwards if that is wanted. Source: spec configuration, 2.10.1.
///
/// The idea: evaluating a template is a pure function of what is known; it
/// yields the text or what it misses. So it is done over with each answer.
namespace cts::dynamic::rendering {

using text_template::source;

struct entry {
  found_template of{};
  text_template::syntax parsed{};
};

struct state {
  std::map<std::string, std::string> environment{};
  /// Other values later are of interest.
  bool follows = false;

  std::vector<entry> entries{};
  std::map<source, value> answers{};
  /// Why a source has no answer.
  std::map<source, error> troubles{};
  std::set<source> asked{};
  /// Until when everything must be known; absent: it is, or was refused.
  std::optional<time_point> deadline{};
  /// What was reported last; absent before.
  std::optional<values> reported{};
  bool refused = false;
  /// When a source is asked again.
  std::map<source, time_point> again{};
  /// The pause before, after a failure.
  duration pause{};
};

/// What one start may wait for all of it.
constexpr auto patience = std::chrono::seconds{5};

/// Pauses after a failure of Vault grow up to the second one.
constexpr auto first_pause = std::chrono::milliseconds{250};
constexpr auto longest_pause = std::chrono::seconds{60};

/// A secret without a lease is read again as often.
constexpr auto reading_pause = std::chrono::minutes{5};

/// The shortest time between two reads of one that has.
constexpr auto reading_pause_min = std::chrono::seconds{10};

// -- events -------------------------------------------------------------------

struct started {
  std::vector<found_template> templates{};
};

struct answered {
  source what{};
  /// Null: there is no such key. Errors: the reason.
  result<value> answer;
  /// How long it is good for; zero: not known.
  std::chrono::seconds lease{0};
};

struct timer_elapsed {};

// -- effects ------------------------------------------------------------------

/// Keys are watched from then on, secrets are read once.
struct ask {
  source what{};
};

/// Nobody follows any more.
struct stop_watching {};

/// All is known for the first time, or differs from before.
struct report {
  dynamic::values known{};
};

/// Instead of the first report.
struct refuse {
  found_template what{};
  error reason{};
};

/// What was known stays in effect.
struct warn {
  std::string reason{};
};

struct arm_timer {
  time_point due{};
};

using effect
  = std::variant<ask, stop_watching, report, refuse, warn, arm_timer>;
using answer = transition<state, effect>;

answer step(state s, const started& event, time_point now);
answer step(state s, const answered& event, time_point now);
answer step(state s, const timer_elapsed& event, time_point now);

} // namespace cts::dynamic::rendering
