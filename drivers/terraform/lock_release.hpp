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
void release(Self self, const lock_inspection_ptr& order, const kv_entry& lock,
             const kv_entry& description) {
  ask(self, order,
      query_for(lock_query::release,
                release_former_lock(order->key, order->ns, lock)),
      [self, order, description](const std::string& answer) {
        if (!answer.starts_with("true"))
          return order->tell(false);
        forget(self, order, description);
      });
}

template <class Self, class Fits>
void describe(Self self, const lock_inspection_ptr& order, const kv_entry& lock,
              Fits fits) {
  ask(self, order,
      query_for(lock_query::describe,
                read_lock_description(order->key, order->ns)),
      [self, order, lock, fits](const std::string& body) {
        auto description = parse_kv_entry(body);
        auto info
          = parse_lock_info(description ? description->value : std::string{});
        if (!info || !is_described(lock, *info) || !fits(lock, *info))
          return order->tell(false);
        log_release(*order, *info);
        release(self, order, lock, *description);
      });
}

/// Releases the lock if its holder fits.
template <class Self, class Fits>
void release_if(Self self, const lock_inspection_ptr& order, Fits fits) {
  ask(self, order,
      query_for(lock_query::read, read_lock(order->key, order->ns)),
      [self, order, fits](const std::string& body) {
        auto lock = parse_kv_entry(body);
        if (!lock || lock->session.empty())
          return order->tell(false);
        describe(self, order, *lock, fits);
      });
}

} // namespace detail

/// Releases the lock if the former run that the order names has left it behind.
/// A lock of anybody else is never touched.
template <class Self>
void release_lock_of_former_run(Self self, const lock_inspection_ptr& order) {
  detail::release_if(
    self, order, [order](const kv_entry& lock, const lock_info& info) {
      return order->former && is_lock_of(lock, info, *order->former);
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
        auto records = decode_run_records(found.contents.at(0).value_or(""));
        detail::release_if(self, order,
                           [records](const kv_entry&, const lock_info& info) {
                             return is_left_behind(info, records);
                           });
      },
      [order](caf::error&) { order->tell(false); });
}

} // namespace cts::terraform
