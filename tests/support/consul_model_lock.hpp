#pragma once

#include "tests/support/consul_model.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cts::consul_model {

struct kv_write {
  std::string key{};
  std::string value{};
  std::uint64_t flags = 0;
  /// Only for locks.
  std::string session{};
};

/// Whether a lock was taken or given back, or why that makes no sense.
struct lock_answer {
  bool done = false;
  std::string trouble{};
};

/// Changes keys at one index, and can take all of it back. Rules: chapter
/// high-availability, K1 to K3 and S8.
class kv_batch {
public:
  explicit kv_batch(state& s)
    : s_(s), at_(s.newest + 1), newest_(s.newest), kv_index_(s.kv_index) {}

  /// Nothing if there is no such key.
  const kv_entry* find(const std::string& key) const;

  /// Whatever is there; keeps a lock, but counts it from 0.
  void set(kv_write x);
  /// 0: only if there is no such key.
  bool cas(kv_write x, index last);
  lock_answer lock(kv_write x);
  lock_answer unlock(kv_write x);
  void erase(const std::string& key);
  /// A missing key is no failure.
  bool erase_cas(const std::string& key, index last);
  void erase_tree(const std::string& prefix);
  /// The lock is lost with its session.
  void drop_lock(const std::string& key);

  void take_back();

private:
  void put(const std::string& key, kv_entry x);
  void replace(const std::string& key, std::optional<kv_entry> x);
  void bury(const std::string& key);
  void hold(const std::string& key, const std::string& session, bool held);

  state& s_;
  index at_;
  index newest_;
  index kv_index_;
  std::vector<std::pair<std::string, std::optional<kv_entry>>> before_{};
  std::vector<std::pair<std::string, std::optional<index>>> buried_{};
};

/// Whether nobody may take the key yet.
bool is_delayed(const state& s, const std::string& key, time_point now);

} // namespace cts::consul_model
