#pragma once

#include "core/ha/elector.hpp"
#include "core/ha/last_will.hpp"

#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <random>
#include <set>

/// A cluster in miniature: a Consul that knows sessions, one lock and three
/// kinds of records, instances whose clocks run at wrong rates, their witnesses
/// and processes. Messages are late or get lost, instances are cut off, stand
/// still and crash, with their witnesses or without.
/// What must never happen is noted in `violations`.
namespace cts::ha::model {

using real_time = std::chrono::nanoseconds;

struct session {
  real_time ends{};
};

struct server {
  std::uint64_t index = 10;
  std::uint64_t sessions_made = 0;
  std::map<std::string, session> sessions{};
  duration ttl = std::chrono::seconds{15};
  election::lock_view lock{};
  election::meta_view meta{};
  member_records members{};
  std::map<task_name, run_record> runs{};

  bool alive(const std::string& id) const { return sessions.contains(id); }
  void end_session(std::string id);
  void expire(real_time now);
  member_record* member(const std::string& id);
  /// TX-LEASE; false: refused.
  bool lock_member(const member_record& x);
};

struct process {
  std::string node{};
  std::string boot{};
  run_permit permit{};
  /// Its machine kills it then, whatever happens to the instance.
  real_time killed{};
  bool alive = true;
  /// It was told to end: no lease changes when it is killed.
  bool stopping = false;
};

struct options {
  unsigned seed = 0;
  std::size_t nodes = 3;
  std::size_t tasks = 3;
  bool exclusive = false;
  /// Faults per minute.
  int faults = 6;
  bool forget_answers = true;
};

struct node;

/// The process beside an instance; it outlives it.
struct guard {
  /// Whose machine it is on.
  node* host = nullptr;
  std::string boot{};
  witness::state machine{};
  bool up = true;
  /// What it was told, by the number that is the path of its request.
  std::map<std::string, last_will::wish> wishes{};
};

using guard_ptr = std::shared_ptr<guard>;

struct node {
  std::string id{};
  std::string boot{};
  elector::state machine{};
  double rate = 1;
  real_time offset{};
  bool up = true;
  /// Counts lives: what belongs to a former one is dropped.
  int life = 0;
  real_time cut_until{};
  real_time paused_until{};
  guard_ptr witness{};
  /// What the witness was told, by name.
  last_will::wishes will{};
  // -- the instance around the elector
  std::optional<leadership> term{};
  ha::epoch ending = 0;
  bool leads = false;
  real_time lease_deadline{};
  bool may_start = false;
  std::set<ha::epoch> told{};
  /// Index and extension of our record, as far as we know.
  std::uint64_t record_index = 0;
  std::uint64_t record_seq = 0;
};

class cluster {
public:
  explicit cluster(options x);

  void run_for(duration span);

  const node* leader() const;

  void stop_faults() { options_.faults = 0; }

  std::vector<std::string> violations{};
  std::vector<ha::epoch> epochs{};
  int runs = 0;
  int waits = 0;
  int suspensions = 0;
  int stalls = 0;
  /// Locks given back and runs acknowledged by witnesses.
  int released = 0;
  int acknowledged = 0;
  server consul{};
  std::vector<node> nodes{};
  std::vector<process> processes{};
  real_time now{};

  /// Faults to be called by tests.
  void crash(node& x, bool with_witness = false);
  void cut(node& x, duration span);
  void pause(node& x, duration span);
  void step_down(node& x);

  void at(real_time when, std::function<void()> what);

private:
  friend struct performer;
  friend struct guard_performer;

  time_point clock(const node& x) const;
  real_time real(const node& x, time_point when) const;
  void boot(node& x);
  void random_fault();
  duration between(duration low, duration high);
  bool chance(int percent);

  /// Feeds an event to a node as soon as it is awake.
  template <class Event>
  void tell(node& x, Event event);

  /// Carries out `call` at the server and feeds what it makes of the outcome:
  /// `answer`, or `lost` after `deadline`.
  template <class Call, class Lost>
  void ask(node& x, duration deadline, Call call, Lost lost);

  /// Beside a new life of the instance, or in place of a dead one.
  void start_guard(node& x);
  void kill_guard(node& x);
  void beat(node& x);
  /// Tells the witness what has changed.
  void keep_will(node& x);
  template <class Event>
  void tell(const guard_ptr& x, const Event& event);
  void send(const guard_ptr& x, const witness::send& what);
  /// What the server makes of it.
  void carry_out(const last_will::wish& x);

  void start_run(node& x, const run_permit& permit);
  void run_over(const std::string& key);
  /// Ends what has outlived its lease.
  void kill_late(const node& x);
  /// Interrupts what that life of the instance has started.
  void stop_runs(const std::string& boot, real_time kill_at);
  bool any_run(const std::string& boot) const;
  void end_runs(node& x, ha::epoch epoch);
  void report_over(node& x);
  void close(node& x, const run_permit& permit);
  void poll_members(node& x);
  void violate(const std::string& what);

  options options_;
  std::mt19937 random_;
  struct entry {
    real_time when;
    std::uint64_t order;
    std::function<void()> what;
    bool operator<(const entry& other) const {
      return std::pair{when, order} > std::pair{other.when, other.order};
    }
  };
  std::priority_queue<entry> queue_{};
  std::uint64_t order_ = 0;
  std::uint64_t names_ = 0;
};

} // namespace cts::ha::model
