#pragma once

#include "actors/contract.hpp"
#include "actors/log.hpp"
#include "drivers/terraform/former_lock.hpp"
#include "drivers/terraform/state_lock.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace cts::terraform {

/// Where a lock may have been left behind, and who is told. The function is
/// called once: whether a lock was released.
struct lock_inspection {
  files_actor files{};
  consul_actor consul{};
  /// `run.json` of the task.
  std::string journal{};
  std::string key{};
  std::string ns{};
  /// The run of another instance that may have left it behind.
  std::optional<former_run> former{};
  std::function<void(bool)> tell{};
};

using lock_inspection_ptr = std::shared_ptr<const lock_inspection>;

namespace detail {

constexpr auto inspection_deadline = std::chrono::seconds{10};

/// Numbers the queries of a driver apart from each other.
enum class lock_query : std::uint64_t { read = 1, describe, release, forget };

inline consul_query query_for(lock_query which, consul::request request) {
  return {.id = static_cast<std::uint64_t>(which),
          .request = std::move(request),
          .deadline = inspection_deadline};
}

inline void log_release(const lock_inspection& order, const lock_info& lock) {
  log::warn("driver.terraform", "releasing stale state lock",
            {{"path", order.key},
             {"id", lock.id},
             {"who", lock.who},
             {"created", std::to_string(lock.created)}});
}

/// Asks Consul; an answer that is not 200 counts as an empty one.
template <class Self, class Then>
void ask(Self self, const lock_inspection_ptr& order, consul_query query,
         Then then) {
  self->request(order->consul, 2 * inspection_deadline, std::move(query))
    .then(
      [then](const consul::reply& x) {
        then(x.status == 200 ? x.body : std::string{});
      },
      [order](caf::error&) { order->tell(false); });
}

template <class Self>
void release(Self self, const lock_inspection_ptr& order,
             const lock_info& lock) {
  log_release(*order, lock);
  ask(self, order,
      query_for(lock_query::release,
                release_lock(order->key, order->ns, lock.id)),
      [order](const std::string& answer) {
        order->tell(answer.starts_with("true"));
      });
}

template <class Self>
void read(Self self, const lock_inspection_ptr& order, run_records records) {
  ask(self, order,
      query_for(lock_query::read, read_lock_info(order->key, order->ns)),
      [self, order, records = std::move(records)](const std::string& body) {
        auto lock = parse_lock_info(body);
        if (!lock || !is_left_behind(*lock, records))
          return order->tell(false);
        release(self, order, *lock);
      });
}

/// The lock is free already, so the outcome does not matter.
template <class Self>
void forget(Self self, const lock_inspection_ptr& order,
            const kv_entry& description) {
  ask(self, order,
      query_for(lock_query::forget,
                forget_lock_description(order->key, order->ns, description)),
      [order](const std::string&) { order->tell(true); });
}

template <class Self>
void release_former(Self self, const lock_inspection_ptr& order,
                    const kv_entry& lock, const kv_entry& description) {
  auto info = parse_lock_info(description.value);
  if (!info || !is_lock_of(lock, *info, *order->former))
    return order->tell(false);
  log_release(*order, *info);
  ask(self, order,
      query_for(lock_query::release,
                release_former_lock(order->key, order->ns, lock)),
      [self, order, description](const std::string& answer) {
        if (!answer.starts_with("true"))
          return order->tell(false);
        forget(self, order, description);
      });
}

template <class Self>
void describe_former(Self self, const lock_inspection_ptr& order,
                     const kv_entry& lock) {
  ask(self, order,
      query_for(lock_query::describe,
                read_lock_description(order->key, order->ns)),
      [self, order, lock](const std::string& body) {
        auto description = parse_kv_entry(body);
        if (!description)
          return order->tell(false);
        release_former(self, order, lock, *description);
      });
}

} // namespace detail

/// Releases the lock if the former run that the order names has left it behind.
/// A lock of anybody else is never touched.
template <class Self>
void release_lock_of_former_run(Self self, const lock_inspection_ptr& order) {
  using detail::lock_query;
  detail::ask(
    self, order,
    detail::query_for(lock_query::read, read_lock(order->key, order->ns)),
    [self, order](const std::string& body) {
      auto lock = parse_kv_entry(body);
      if (!lock || lock->session.empty())
        return order->tell(false);
      detail::describe_former(self, order, *lock);
    });
}

/// Releases the lock if it was left behind by a killed command of the same
/// directory. A lock of anybody else is never touched.
template <class Self>
void release_own_lock(Self self, const lock_inspection_ptr& order) {
  self
    ->request(order->files, std::chrono::minutes{1},
              read_files{{order->journal}})
    .then(
      [self, order](const files_read& found) {
        auto text = found.contents.at(0).value_or("");
        detail::read(self, order, decode_run_records(text));
      },
      [order](caf::error&) { order->tell(false); });
}

} // namespace cts::terraform
