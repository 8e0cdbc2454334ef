#include "runtime/process_identity.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace cts {
namespace {

/// A child of this process; it waits for a signal, or ends at once.
class child {
public:
  explicit child(bool waits) : id_(::fork()) {
    if (id_ == 0) {
      if (waits)
        ::pause();
      ::_exit(0);
    }
  }
  ~child() {
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
  }

  pid_t id() const { return id_; }

  /// Until it has ended; it is not reaped.
  void wait_for_end() const {
    auto what = siginfo_t{};
    ::waitid(P_PID, static_cast<id_t>(id_), &what, WEXITED | WNOWAIT);
  }

private:
  pid_t id_;
};

TEST(ProcessIdentity, KnowsWhenAProcessStarted) {
  auto x = child{true};
  EXPECT_TRUE(process_start(x.id()));
  EXPECT_LE(*process_start(::getpid()), *process_start(x.id()));
}

TEST(ProcessIdentity, TakesAnEndedProcessForGoneThoughNobodyReapedIt) {
  auto x = child{false};
  x.wait_for_end();
  EXPECT_FALSE(process_start(x.id()));
}

TEST(ProcessIdentity, DoesNotTakeOurOwnChildForAnotherInstances) {
  auto x = child{true};
  EXPECT_FALSE(is_owned_by_another_instance(x.id()));
}

// This program, started by another copy of itself, whose child we look at.
TEST(ProcessIdentity, KnowsTheChildOfAnotherInstance) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  auto owner = ::fork();
  if (owner == 0) { // the same program, another process
    auto grandchild = ::fork();
    if (grandchild == 0) {
      ::pause();
      ::_exit(0);
    }
    auto written = ::write(pipe[1], &grandchild, sizeof grandchild);
    ::pause();
    ::_exit(written == sizeof grandchild ? 0 : 1);
  }
  auto grandchild = pid_t{};
  ASSERT_EQ(::read(pipe[0], &grandchild, sizeof grandchild),
            static_cast<ssize_t>(sizeof grandchild));
  EXPECT_TRUE(is_owned_by_another_instance(grandchild));
  for (auto id : {grandchild, owner})
    ::kill(id, SIGKILL);
  ::waitpid(owner, nullptr, 0);
  ::close(pipe[0]);
  ::close(pipe[1]);
}

} // namespace
} // namespace cts
