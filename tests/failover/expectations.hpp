#pragma once

#include "tests/failover/fleet.hpp"

#include <random>
#include <set>
#include <string>
#include <vector>

namespace cts::failover {

/// Tasks that clients created and deleted, and what has to be true of them and
/// of the processes whenever the fleet is at rest. The numbers are those of the
/// invariants of spec chapter high-availability, 6.2.
class expectations {
public:
  explicit expectations(fleet& all);

  /// Creates a task, or deletes one that was created, through the leader. What
  /// the leader acknowledged has to last.
  void mutate(std::mt19937& random);

  /// What does not hold now, as sentences: I8, I9, I11, I12, descriptors and
  /// memory. The fleet has to be at rest.
  std::vector<std::string> broken();

  int created() const { return created_; }
  int deleted() const { return deleted_; }
  int unanswered() const { return unanswered_; }
  long most_memory_kib() const { return most_memory_; }
  int most_descriptors() const { return most_descriptors_; }

private:
  void create();
  void remove(const std::string& task);
  void check_tasks(std::vector<std::string>& broken);
  void check_processes(std::vector<std::string>& broken);

  fleet& all_;
  std::set<std::string> expected_{};
  /// Nobody was told whether they exist.
  std::set<std::string> unknown_{};
  std::set<std::string> extras_{};
  int created_ = 0;
  int deleted_ = 0;
  int unanswered_ = 0;
  long most_memory_ = 0;
  int most_descriptors_ = 0;
};

} // namespace cts::failover
