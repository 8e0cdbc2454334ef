#pragma once

#include "actors/leadership.hpp"
#include "actors/meter.hpp"
#include "actors/peer_link.hpp"
#include "actors/timers.hpp"
#include "core/ha/layout.hpp"
#include "core/machine.hpp"

#include <functional>
#include <memory>
#include <string>

namespace cts {

/// Where this process runs.
struct elector_host {
  std::string name{};
  /// The kernel's boot id.
  std::string boot_id{};
  std::int64_t pid = 0;
  /// When the process began, as `/proc/<pid>/stat` counts.
  std::uint64_t pid_start = 0;
  /// `user@host`, as Terraform writes it.
  std::string who{};
};

/// What runtime/ does for the elector. None of them may block.
struct elector_services {
  /// Time since the machine's start, suspend included: leases count in it.
  std::function<time_point()> boot_clock{};
  wall_clock clock{};
  random_source random{};
  /// Whether a process with this id and start lives on this machine.
  std::function<bool(std::int64_t pid, std::uint64_t pid_start)>
    process_lives{};
  /// Ends what a former process of ours started here; true when nothing of it
  /// is left. Asked again until then. Empty: nobody can tell, and the former
  /// process's runs are waited for like those of another machine.
  std::function<bool(const std::string& boot)> sweep{};
  /// The highest epoch that this machine has seen, kept beyond our end.
  std::function<ha::epoch()> load_epoch{};
  std::function<void(ha::epoch)> store_epoch{};
};

struct elector_options {
  /// With high availability.
  std::shared_ptr<const config::settings> settings{};
  ha::layout keys;
  /// Names this process among all that ever had the instance's id: a UUID.
  std::string boot{};
  elector_host host{};
  elector_services services{};
  /// Of this program, for the records.
  std::string version{};
  /// `-reset-storage`.
  bool reset = false;
  /// Whose fenced processes the lease bounds; may be empty.
  fenced_process_actor processes{};
  /// May be empty: nobody acts for a dead process of ours.
  witness_actor witness{};
  /// Who keeps the results of former leaders' runs; empty in once-mode, then
  /// the records of such runs are replaced and their results lost.
  cluster_store_actor store{};
  /// Is told of elections and renewals; may be empty.
  meter_actor meter{};
  /// Called when the agent does not know the process check; may be empty.
  std::function<void()> check_missing{};
};

/// The instance tells how ready it is to take over (4.6). Until it does it
/// counts as ready.
struct report_readiness {
  bool warm = false;
  std::size_t tasks = 0;
  std::size_t ready = 0;
  std::vector<std::string> incompatible{};
};

/// The elector's own timers.
struct watch_members_due {};
struct compare_clocks_due {};
struct beat_due {};
struct sweep_due {
  std::uint64_t ticket = 0;
  std::string boot{};
};

/// The run with this permit is to be closed in place of who had it.
struct close_abandoned {
  ha::run_permit permit{};
};

using elector_impl = cafx::extended<
  elector_actor, caf::result<void>(report_readiness),
  // See deposer_actor.
  caf::result<void>(peer_link_known), caf::result<void>(peer_dead),
  // Private.
  caf::result<void>(timer_elapsed), caf::result<void>(watch_members_due),
  caf::result<void>(compare_clocks_due), caf::result<void>(beat_due),
  caf::result<void>(sweep_due), caf::result<void>(close_abandoned)>;

/// Takes part in the election. `consul` is a client of its own. Not restarted:
/// if it dies the instance ends, and its session with it.
elector_impl make_elector(caf::local_actor* parent, elector_options options,
                          consul_actor consul);

CAFX_FIELDS(watch_members_due)
CAFX_FIELDS(compare_clocks_due)
CAFX_FIELDS(beat_due)
CAFX_FIELDS(sweep_due, ticket, boot)

} // namespace cts

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::report_readiness)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::close_abandoned)

CAF_BEGIN_TYPE_ID_BLOCK(cts_elector, caf::first_custom_type_id + 280)

CAF_ADD_TYPE_ID(cts_elector, (cts::report_readiness))
CAF_ADD_TYPE_ID(cts_elector, (cts::watch_members_due))
CAF_ADD_TYPE_ID(cts_elector, (cts::compare_clocks_due))
CAF_ADD_TYPE_ID(cts_elector, (cts::beat_due))
CAF_ADD_TYPE_ID(cts_elector, (cts::sweep_due))
CAF_ADD_TYPE_ID(cts_elector, (cts::close_abandoned))

CAF_END_TYPE_ID_BLOCK(cts_elector)
