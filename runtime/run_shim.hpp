#pragma once

#include "runtime/fork_child.hpp"

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <type_traits>

/// The process between the witness and the program of a run. It is the parent
/// of the program, enforces the lease on its own and stops the program when the
/// witness is gone. Invariants: the program and everything that it has begun
/// are gone before the shim is, unless the shim itself was killed: then the
/// kernel kills the program. Source: spec chapter high-availability, 4.2 and
/// 4.4, R2.
namespace cts {

/// Its name among the processes.
inline constexpr const char* shim_name = "cts-shim";

/// What the program has to end after the death of the witness.
constexpr auto shim_grace = std::chrono::seconds{10};

/// The witness to a shim.
struct shim_command {
  enum class kind : std::uint8_t { lease, interrupt, kill };
  shim_command::kind kind{};
  /// Of `lease`: by CLOCK_BOOTTIME.
  std::chrono::nanoseconds deadline{0};
};

/// A shim to its witness: first `begun` or `failed`, at last `ended`.
struct shim_news {
  enum class kind : std::uint8_t { begun, failed, ended };
  shim_news::kind kind{};
  /// Of `begun`: the program's process id.
  pid_t process = -1;
  /// Of `failed`.
  errc code{};
  std::array<char, 512> text{};
  /// Of `ended`: as from `waitpid`.
  int status = 0;
  bool lease_over = false;
  std::chrono::milliseconds cpu_time{0};
  /// In bytes.
  std::uint64_t memory_peak = 0;
};

// They travel as they lie in memory, between processes of one program.
static_assert(std::is_trivially_copyable_v<shim_command>);
static_assert(std::is_trivially_copyable_v<shim_news>);

struct shim_order {
  fork_order program;
  /// The lease by CLOCK_BOOTTIME; absent: the program needs none.
  std::optional<std::chrono::nanoseconds> deadline{};
};

struct shim_handle {
  pid_t shim = -1;
  /// The program, leader of its group.
  pid_t process = -1;
  /// Takes `shim_command`, gives `shim_news`: a message each. Its end is what
  /// tells the shim that the witness is gone.
  descriptor control{};
};

/// Starts a shim and its program. To be called in a process that runs on one
/// thread, since the shim goes on as a copy of it. Fails like `fork_child`.
result<shim_handle> fork_shim(const shim_order& order);

} // namespace cts
