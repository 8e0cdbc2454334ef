#pragma once

#include "core/consul/txn.hpp"
#include "core/ha/elector.hpp"
#include "core/ha/layout.hpp"
#include "core/ha/records.hpp"

#include <span>

/// What the machines of the elector read in keys and in refusals. Source: spec
/// chapter high-availability, 3 and 2.3 K7.
namespace cts::ha::elector {

/// Absent: there is no such key.
election::lock_view lock_view_of(const std::optional<consul::kv_entry>& x);

/// `meta` with what goes back into it. `strangers`: there are keys below the
/// base that need a `meta`.
struct read_meta_record {
  election::meta_view view{};
  std::optional<meta_record> record{};
};
read_meta_record meta_of(const layout& keys,
                         const std::optional<consul::kv_entry>& x,
                         bool strangers);

/// Whether one of the keys cannot be without a `meta`.
bool has_strangers(const layout& keys, const consul::kv_entries& xs);

/// A record that cannot be understood still has a holder.
membership::holder holder_of(const consul::kv_entry& x);

/// `record` is what the entry holds.
member_record member_of(const consul::kv_entry& x,
                        const instance_record& record);
/// Nothing if the record cannot be understood.
std::optional<member_record> member_of(const consul::kv_entry& x);

/// One that cannot be understood is a run of an unknown owner: its lease is as
/// long as one can be.
run_record run_of(const layout& keys, const consul::kv_entry& x);
run_records runs_of(const layout& keys, const consul::kv_entries& xs);

/// The one of this key.
std::optional<consul::kv_entry> entry_of(const consul::kv_entries& xs,
                                         const std::string& key);

/// What the refusals of an intent or an extension come to.
lease::refusal lease_refusal_of(const layout& keys,
                                const consul::txn::operations& asked,
                                const consul::txn::refused& x);
election::refusal election_refusal_of(const consul::txn::refused& x);

/// Consul's words, one after the other.
std::string words_of(const consul::txn::refused& x);

} // namespace cts::ha::elector
