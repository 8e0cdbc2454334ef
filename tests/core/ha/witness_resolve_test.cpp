#include "tests/core/ha/worded_witness.hpp"

#include <gtest/gtest.h>

// What becomes of a run whose intent was being written when the worker died.
namespace cts::ha::witness {
namespace {

using namespace std::chrono_literals;

bequeathed resolve(const task_name& task) {
  return {{.name = "inflight/" + task,
           .purpose = purpose::resolve,
           .task = task,
           .request = {.path = "/t", .body = R"([{"KV":{"Index":0}}])"},
           .record = {.path = "/r"},
           .text = "ours"}};
}

/// The worker is dead and its lock given back; the record of its intent is
/// being read.
guard resolving() {
  auto x = guard{};
  x.on(release(), t0);
  x.on(resolve("a"), t0);
  x.on(worker_died{}, t0);
  EXPECT_EQ(x.on(answered{"release"}, t0), words{"send inflight/a /r"});
  return x;
}

std::string record_of(const std::string& value) {
  return R"([{"Key":"k","Value":")" + value + R"(","Flags":0,"LockIndex":0,)"
         + R"("CreateIndex":70,"ModifyIndex":71}])";
}

TEST(Witness, ResolvesIntentsOnlyOfADeadWorker) {
  auto x = guard{};
  x.on(release(), t0);
  x.on(resolve("a"), t0);
  x.on(timer_elapsed{}, t0 + 5s);
  EXPECT_EQ(x.on(answered{"release"}, t0 + 5s), words{});
  EXPECT_EQ(x.on(worker_died{}, t0 + 6s),
            (words{"dead 0", "send inflight/a /r"}));
}

TEST(Witness, TellsTheEndOfARunWhoseRecordIsItsWorkers) {
  auto x = resolving();
  EXPECT_EQ(x.on(answered{"inflight/a", record_of("b3Vycw==")}, t0),
            words{"send inflight/a /t"});
  EXPECT_EQ(x.state().will.at("inflight/a").what.request.body,
            R"([{"KV":{"Index":71}}])");
  // Whether it was done is not known, so it is repeated as it is.
  x.on(unanswered{"inflight/a"}, t0);
  EXPECT_EQ(x.on(timer_elapsed{}, t0 + 1s), words{"send inflight/a /t"});
  EXPECT_EQ(x.on(answered{"inflight/a"}, t0 + 1s), words{"leave"});
}

TEST(Witness, LeavesARecordAloneThatSaysSomethingElse) {
  for (const auto& found : {record_of("YW5vdGhlcidz"), std::string{"[]"},
                            std::string{}, std::string{"rpc error"}})
    EXPECT_EQ(resolving().on(answered{"inflight/a", found}, t0), words{"leave"})
      << found;
}

} // namespace
} // namespace cts::ha::witness
