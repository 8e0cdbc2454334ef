#pragma once

#include "actors/contract.hpp"
#include "actors/log.hpp"
#include "drivers/terraform/state_lock.hpp"

#include <functional>
#include <memory>
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
  std::function<void(bool)> tell{};
};

using lock_inspection_ptr = std::shared_ptr<const lock_inspection>;

namespace detail {

constexpr auto inspection_deadline = std::chrono::seconds{10};

/// Numbers the queries of a driver apart from each other.
enum class lock_query : std::uint64_t { read = 1, release };

inline consul_query query_for(lock_query which, consul::request request) {
  return {.id = static_cast<std::uint64_t>(which),
          .request = std::move(request),
          .deadline = inspection_deadline};
}

template <class Self>
void release(Self self, const lock_inspection_ptr& order,
             const lock_info& lock) {
  log::warn("driver.terraform", "releasing stale state lock",
            {{"path", order->key},
             {"id", lock.id},
             {"who", lock.who},
             {"created", std::to_string(lock.created)}});
  self
    ->request(order->consul, 2 * inspection_deadline,
              query_for(lock_query::release,
                        release_lock(order->key, order->ns, lock.id)))
    .then(
      [order](const consul::reply& x) {
        order->tell(x.status == 200 && x.body.starts_with("true"));
      },
      [order](caf::error&) { order->tell(false); });
}

template <class Self>
void read(Self self, const lock_inspection_ptr& order, run_records records) {
  self
    ->request(
      order->consul, 2 * inspection_deadline,
      query_for(lock_query::read, read_lock_info(order->key, order->ns)))
    .then(
      [self, order, records = std::move(records)](const consul::reply& x) {
        auto lock = parse_lock_info(x.status == 200 ? x.body : std::string{});
        if (!lock || !is_left_behind(*lock, records))
          return order->tell(false);
        release(self, order, *lock);
      },
      [order](caf::error&) { order->tell(false); });
}

} // namespace detail

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
