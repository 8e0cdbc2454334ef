#include "tests/support/consul_model_lock.hpp"

#include "tests/support/consul_model_session.hpp"

#include <algorithm>

namespace cts::consul_model {

namespace {

bool is_same(const kv_entry& a, const kv_entry& b) {
  return a.value == b.value && a.flags == b.flags
         && a.lock_index == b.lock_index && a.session == b.session;
}

} // namespace

const kv_entry* kv_batch::find(const std::string& key) const {
  auto found = s_.kv.find(key);
  return found == s_.kv.end() ? nullptr : &found->second;
}

void kv_batch::set(kv_write x) {
  const auto* old = find(x.key);
  put(x.key, {.value = std::move(x.value),
              .flags = x.flags,
              .session = old != nullptr ? old->session : std::string{}});
}

bool kv_batch::cas(kv_write x, index last) {
  const auto* old = find(x.key);
  if ((old != nullptr ? old->modify_index : 0) != last)
    return false;
  set(std::move(x));
  return true;
}

lock_answer kv_batch::lock(kv_write x) {
  if (x.session.empty())
    return {.trouble = "missing session"};
  if (auto trouble = malformed_id(x.session))
    return {.trouble = *trouble};
  if (!s_.sessions.contains(x.session))
    return {.trouble = "invalid session \"" + x.session + "\""};
  const auto* old = find(x.key);
  auto is_ours = old != nullptr && old->session == x.session;
  if (old != nullptr && !is_ours && !old->session.empty())
    return {};
  auto times = old != nullptr ? old->lock_index : 0;
  put(x.key, {.value = std::move(x.value),
              .flags = x.flags,
              .lock_index = is_ours ? times : times + 1,
              .session = x.session});
  return {.done = true};
}

lock_answer kv_batch::unlock(kv_write x) {
  if (x.session.empty())
    return {.trouble = "missing session"};
  const auto* old = find(x.key);
  if (old == nullptr || old->session != x.session)
    return {};
  put(x.key, {.value = std::move(x.value),
              .flags = x.flags,
              .lock_index = old->lock_index});
  return {.done = true};
}

void kv_batch::drop_lock(const std::string& key) {
  auto x = s_.kv.at(key);
  x.session.clear();
  put(key, std::move(x));
}

void kv_batch::erase(const std::string& key) {
  if (find(key) == nullptr)
    return;
  replace(key, std::nullopt);
  bury(key);
}

bool kv_batch::erase_cas(const std::string& key, index last) {
  const auto* old = find(key);
  if (old == nullptr)
    return true;
  if (old->modify_index != last)
    return false;
  erase(key);
  return true;
}

void kv_batch::erase_tree(const std::string& prefix) {
  auto keys = std::vector<std::string>{};
  for (auto it = s_.kv.lower_bound(prefix);
       it != s_.kv.end() && it->first.starts_with(prefix); ++it)
    keys.push_back(it->first);
  for (const auto& key : keys)
    replace(key, std::nullopt);
  if (!keys.empty() && !prefix.empty())
    bury(prefix);
}

void kv_batch::put(const std::string& key, kv_entry x) {
  const auto* old = find(key);
  if (old != nullptr && is_same(*old, x))
    return;
  x.create_index = old != nullptr ? old->create_index : at_;
  x.modify_index = at_;
  replace(key, std::move(x));
}

void kv_batch::replace(const std::string& key, std::optional<kv_entry> x) {
  auto found = s_.kv.find(key);
  auto old = std::optional<kv_entry>{};
  if (found != s_.kv.end()) {
    hold(key, found->second.session, false);
    old = std::move(found->second);
  }
  s_.newest = s_.kv_index = at_;
  before_.emplace_back(key, std::move(old));
  if (x) {
    hold(key, x->session, true);
    s_.kv.insert_or_assign(key, *std::move(x));
  } else if (found != s_.kv.end()) {
    s_.kv.erase(found);
  }
}

void kv_batch::bury(const std::string& key) {
  auto [at, is_new] = s_.kv_tombstones.try_emplace(key, at_);
  buried_.emplace_back(key, is_new ? std::nullopt : std::optional{at->second});
  at->second = at_;
}

void kv_batch::hold(const std::string& key, const std::string& session,
                    bool held) {
  auto found = s_.sessions.find(session);
  if (found == s_.sessions.end())
    return;
  if (held)
    found->second.keys.insert(key);
  else
    found->second.keys.erase(key);
}

void kv_batch::take_back() {
  auto before = std::move(before_);
  for (auto it = before.rbegin(); it != before.rend(); ++it)
    replace(it->first, std::move(it->second));
  for (auto it = buried_.rbegin(); it != buried_.rend(); ++it)
    if (it->second)
      s_.kv_tombstones[it->first] = *it->second;
    else
      s_.kv_tombstones.erase(it->first);
  s_.newest = newest_;
  s_.kv_index = kv_index_;
  before_.clear();
  buried_.clear();
}

bool is_delayed(const state& s, const std::string& key, time_point now) {
  auto found = s.lock_delays.find(key);
  return found != s.lock_delays.end() && now < found->second;
}

} // namespace cts::consul_model
