#pragma once

#include "core/ha/store.hpp"

#include <algorithm>

// What the files of the store share; nobody else includes this.
namespace cts::ha::store {

template <class... Cases>
struct overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
overloaded(Cases...) -> overloaded<Cases...>;

/// One event being answered.
struct turn {
  state& s;
  effects& out;
  time_point now{};
};

// -- store.cpp: transactions and reads, one at a time -------------------------

void log(turn& t, severity how, std::string sentence,
         std::vector<std::pair<std::string, std::string>> fields = {});
void ask(turn& t, question what, std::string key, bool recurse = false);
/// Sends the attempt, as it is.
void send(turn& t);
void send(turn& t, purpose why, txn::operations payload);
/// Waits longer after each setback.
void rest(turn& t);
/// The lock is not ours.
void lose(turn& t);
/// What an operator does about a refused token.
error denial(const state& s, const std::string& words);
/// The first key whose value tells whether the operations took place.
std::optional<proof> proof_of(const txn::operations& xs);

// -- store_load.cpp -----------------------------------------------------------

void load_next(turn& t);
void load_read(turn& t, question what,
               const result<consul::kv_entries>& answer);
void load_committed(turn& t);
void load_failed(turn& t, error problem);

// -- store_publish.cpp --------------------------------------------------------

/// Cuts operations into payloads of transactions.
std::deque<txn::operations> packed(const layout& keys, txn::operations from);
/// What fills an empty generation: these tasks, and `meta` that names it.
publication publish_configured(const state& s, const meta_record& meta,
                               std::uint64_t meta_index);
publication publish_again(const state& s, const meta_record& meta,
                          std::uint64_t meta_index);

// -- store_write.cpp ----------------------------------------------------------

/// Sends what waits.
void write_next(turn& t);
void changes_committed(turn& t, std::uint64_t index);
/// `t.s.attempt->refusals` are true refusals.
void changes_refused(turn& t);
void changes_denied(turn& t, const std::string& words);
void refreshed(turn& t, const consul::kv_entries& entries);
/// Answers all jobs: the lock is lost.
void abandon(turn& t);
/// Answers those whose patience is over.
void give_up_late(turn& t);
void done(turn& t, job& x, std::optional<error> problem);

// -- store_plan.cpp -----------------------------------------------------------

/// What a job writes, and what memory is like afterwards.
struct plan {
  planned change{};
  txn::operations payload{};
  /// A record that must be written in pieces first.
  std::optional<chunked_text> pieces{};
};

task_name task_of(const change& x);
/// Fails with `limit`.
result<plan> plan_of(const state& s, const job& x);
/// What is to be swept after `before` became `after`.
std::vector<sweep> sweeps_after(const state& s, const stored_task& before,
                                const std::optional<stored_task>& after);

// -- store_compact.cpp --------------------------------------------------------

void compact(turn& t, const consul::kv_entries& entries);

// -- store_drift.cpp ----------------------------------------------------------

void warn_of_drift(turn& t);

} // namespace cts::ha::store
