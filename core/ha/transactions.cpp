#include "core/ha/transactions.hpp"

#include <utility>

namespace cts::ha {

txn::operations tx_acquire(const layout& keys, const acquisition& x) {
  return {txn::lock{.key = keys.leader(),
                    .value = encode(x.leader),
                    .session = x.session},
          txn::cas{
            .key = keys.meta(), .value = encode(x.meta), .index = x.meta_index},
          txn::get_tree{keys.inflight()}};
}

txn::operations tx_write(const layout& keys, const std::string& session,
                         txn::operations payload) {
  payload.insert(payload.begin(),
                 txn::check_session{.key = keys.leader(), .session = session});
  return payload;
}

txn::operations tx_intent(const layout& keys, const intent& x) {
  auto payload = tx_lease(keys, x.session, x.instance);
  payload.push_back(txn::cas{.key = keys.inflight(x.run.task),
                             .value = encode(x.run),
                             .index = x.run_index});
  if (x.former)
    payload.push_back(txn::check_index{.key = keys.instance(x.former->id),
                                       .index = x.former->index});
  return tx_write(keys, x.session, std::move(payload));
}

txn::operations tx_lease(const layout& keys, const std::string& session,
                         const instance_record& instance) {
  return {txn::lock{.key = keys.instance(instance.id),
                    .value = encode(instance),
                    .session = session}};
}

txn::operations tx_done(const layout& keys, const completion& x) {
  auto key = keys.inflight(x.task);
  auto payload = txn::operations{txn::check_index{key, x.run_index},
                                 txn::erase_cas{key, x.run_index}};
  payload.insert(payload.end(), x.payload.begin(), x.payload.end());
  return tx_write(keys, x.session, std::move(payload));
}

txn::operations tx_acknowledge(const layout& keys, const inflight_record& run,
                               std::uint64_t index) {
  return {txn::cas{
    .key = keys.inflight(run.task), .value = encode(run), .index = index}};
}

txn::operations tx_release(const layout& keys, const std::string& session,
                           const leader_record& leader) {
  return tx_write(keys, session,
                  {txn::unlock{.key = keys.leader(),
                               .value = encode(leader),
                               .session = session}});
}

} // namespace cts::ha
