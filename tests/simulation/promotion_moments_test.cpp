#include "tests/simulation/random.hpp"
#include "tests/simulation/world.hpp"
#include "tests/support/repeats.hpp"

#include <gtest/gtest.h>

#include <map>

// A change of a watched service at any moment of a failover ends up applied:
// chapter high-availability, 7, check 31, and I10.
namespace cts::simulation {
namespace {

using namespace std::chrono_literals;

/// A cluster that loses its leader again and again.
class Moments : public ::testing::Test {
protected:
  Moments() {
    cluster.observe(
      {.provider
       = [this](const provider_call& x) { applied[x.task] = x.inputs; },
       .log =
         [this](const std::string& life, const log::line& x) {
           // `cts-1.3` is the third life of a machine.
           if (x.sentence == "acquired leadership lock")
             leader = life.substr(0, life.find('.'));
         }});
    cluster.boot_all();
    cluster.advance(30s);
  }

  /// Ends the leader in one way or the other, and tells how long it takes until
  /// another one has run everything.
  nanoseconds lose_leader() {
    former = leader;
    auto crashes = random.chance(12);
    if (crashes)
      cluster.at(former).kill();
    else
      cluster.at(former).terminate();
    return crashes ? 40s : 4s;
  }

  void replace_instance(const std::string& id) {
    cluster.register_service("t0", id);
    if (!newest.empty())
      cluster.deregister_service(newest);
    newest = id;
  }

  void await_change() {
    for (auto i = 0; i < 120 && !(has_change() && leader != former); ++i)
      cluster.advance(1s);
  }

  bool has_change() { return applied["t0"].find(newest) != std::string::npos; }

  world cluster{{.seed = 31, .tasks = {"t0", "t1"}}};
  random_stream random{31};
  std::string leader{};
  std::string former{};
  std::string newest{};
  std::map<task_name, std::string> applied{};
};

TEST_F(Moments, OfAFailoverLoseNoChange) {
  auto rounds = test::repeats(test::is_sanitized ? 50 : 500);
  for (auto i = 0; i < rounds; ++i) {
    auto id = "c" + std::to_string(i) + "-";
    auto is_before = random.chance(25);
    if (is_before) {
      replace_instance(id);
      cluster.advance(random.between(0s, 2s));
    }
    auto span = lose_leader();
    if (!is_before) {
      cluster.advance(random.between(0s, span));
      replace_instance(id);
    }
    await_change();
    ASSERT_TRUE(has_change()) << "round " << i << ": " << applied["t0"];
    ASSERT_NE(leader, former) << "round " << i;
    cluster.boot_all();
    cluster.advance(10s);
  }
}

} // namespace
} // namespace cts::simulation
