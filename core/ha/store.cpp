#include "core/ha/store_parts.hpp"

namespace cts::ha::store {

// -- one thing at a time ------------------------------------------------------

void log(turn& t, severity how, std::string sentence,
         std::vector<std::pair<std::string, std::string>> fields) {
  t.out.push_back(write_log{.severity = how,
                            .sentence = std::move(sentence),
                            .fields = std::move(fields)});
}

void ask(turn& t, question what, std::string key, bool recurse) {
  t.s.question = what;
  t.s.awaited = ++t.s.ids;
  t.out.push_back(
    read_keys{.id = t.s.awaited, .key = std::move(key), .recurse = recurse});
}

void send(turn& t) {
  t.s.question = question::none;
  t.s.awaited = ++t.s.ids;
  t.s.attempt->refusals.clear();
  t.out.push_back(
    send_transaction{.id = t.s.awaited, .operations = t.s.attempt->operations});
}

void send(turn& t, purpose why, txn::operations payload) {
  auto proof = proof_of(payload);
  t.s.attempt
    = attempt{.purpose = why,
              .operations
              = tx_write(t.s.config.keys, t.s.term.session, std::move(payload)),
              .proof = std::move(proof)};
  send(t);
}

void rest(turn& t) {
  auto wait = t.s.config.retry_min;
  for (auto i = 0U; i < t.s.setbacks && wait < t.s.config.retry_max; ++i)
    wait *= 2;
  ++t.s.setbacks;
  t.s.awaited = 0;
  t.s.retry_at = t.now + std::min(wait, t.s.config.retry_max);
  t.out.push_back(arm_timer{t.s.retry_at});
}

std::optional<proof> proof_of(const txn::operations& xs) {
  for (const auto& x : xs) {
    if (const auto* cas = std::get_if<txn::cas>(&x))
      return proof{.key = cas->key, .value = cas->value};
    if (const auto* set = std::get_if<txn::set>(&x))
      return proof{.key = set->key, .value = set->value};
  }
  for (const auto& x : xs)
    if (const auto* erase = std::get_if<txn::erase_cas>(&x))
      return proof{.key = erase->key};
  return std::nullopt;
}

error denial(const state& s, const std::string& words) {
  return fail(errc::refused,
              "Consul denies access to the stored state: ", words,
              "; the ACL token needs key_prefix \"", s.config.keys.base(),
              "\" { policy = \"write\" }");
}

namespace {

void close(turn& t) {
  abandon(t);
  t.s.phase = phase::closed;
  t.s.loading.reset();
  t.s.attempt.reset();
  t.s.awaited = 0;
  t.s.question = question::none;
}

/// What comes next, unless an answer is awaited or it is too early.
void go_on(turn& t) {
  if (t.s.phase == phase::open)
    give_up_late(t);
  if (t.s.phase == phase::closed || t.s.awaited != 0 || t.now < t.s.retry_at)
    return;
  if (t.s.attempt && t.s.question == question::proof)
    return ask(t, question::proof, t.s.attempt->proof->key);
  if (t.s.attempt)
    return send(t);
  if (t.s.phase == phase::loading)
    return load_next(t);
  if (!t.s.refreshes.empty())
    return ask(t, question::refresh, t.s.refreshes.back());
  if (!t.s.waiting.empty())
    return write_next(t);
  if (t.now >= t.s.compaction_at)
    ask(t, question::compaction, t.s.config.keys.base(), true);
}

/// The step's result, after what comes next was begun.
transition<state, effect> finished(turn& t) {
  // What begins next may end at once, as when it fails.
  auto before = t.out.size();
  do {
    before = t.out.size();
    go_on(t);
  } while (t.out.size() != before);
  return {std::move(t.s), std::move(t.out)};
}

// -- transactions -------------------------------------------------------------

/// All keys that one transaction wrote have the same index.
std::uint64_t index_of(const txn::committed& x) {
  auto out = std::uint64_t{0};
  for (const auto& entry : x.entries)
    out = std::max(out, entry.modify_index);
  return out;
}

void committed(turn& t, std::uint64_t index) {
  t.s.setbacks = 0;
  t.s.denied = false;
  auto why = t.s.attempt->purpose;
  t.s.attempt.reset();
  if (why == purpose::publication)
    load_committed(t);
  else if (why == purpose::changes)
    changes_committed(t, index);
  else
    ++t.s.waiting.front().pieces_written;
}

void deny(turn& t, const std::string& words) {
  auto problem = denial(t.s, words);
  if (t.s.phase == phase::loading)
    return load_failed(t, problem);
  if (!t.s.denied)
    log(t, severity::error, problem.message);
  t.s.denied = true;
  t.out.emplace_back(report_denied{.epoch = t.s.term.epoch, .words = words});
  changes_denied(t, words);
}

void truly_refused(turn& t) {
  if (t.s.phase == phase::loading)
    return load_failed(t, fail(errc::conflict,
                               "somebody else changed the stored state: ",
                               t.s.attempt->refusals.front().message));
  if (t.s.attempt->purpose == purpose::piece) {
    t.s.attempt.reset();
    return rest(t);
  }
  changes_refused(t);
}

bool is_lock_lost(const txn::refusal& x) {
  return x.operation == 0
         && (x.why == txn::reason::session_mismatch
             || x.why == txn::reason::invalid_session
             || x.why == txn::reason::missing_key);
}

void refused(turn& t, const txn::refused& no) {
  for (const auto& each : no.reasons)
    if (each.why == txn::reason::permission_denied)
      return deny(t, each.message);
  for (const auto& each : no.reasons)
    if (is_lock_lost(each))
      return lose(t);
  if (no.reasons.empty())
    return rest(t);
  t.s.attempt->refusals = no.reasons;
  // An earlier copy, thought lost, may have taken place meanwhile.
  if (t.s.attempt->proof)
    return ask(t, question::proof, t.s.attempt->proof->key);
  truly_refused(t);
}

void unanswered(turn& t, const error& problem) {
  if (t.s.loading && t.now - t.s.loading->since >= t.s.config.load_patience)
    return load_failed(
      t, fail(errc::unavailable,
              "the stored state cannot be written: ", problem.message));
  rest(t);
}

/// Whether the key says that the transaction took place, and at which index.
std::optional<std::uint64_t> proven(const proof& x,
                                    const consul::kv_entries& entries) {
  if (!x.value)
    return entries.empty() ? std::optional<std::uint64_t>{0} : std::nullopt;
  if (entries.empty() || entries.front().value != *x.value)
    return std::nullopt;
  return entries.front().modify_index;
}

void read_proof(turn& t, const consul::kv_entries& entries) {
  if (auto index = proven(*t.s.attempt->proof, entries))
    return committed(t, *index);
  if (!t.s.attempt->refusals.empty())
    return truly_refused(t);
  // It did not take place (yet): the same again is safe.
}

} // namespace

void lose(turn& t) {
  t.out.push_back(report_lost{t.s.term.epoch});
  if (t.s.phase == phase::loading)
    t.out.push_back(report_failed{
      fail(errc::conflict, "this instance does not lead any more")});
  close(t);
}

// -- events -------------------------------------------------------------------

transition<state, effect> step(state s, load_requested event, time_point now) {
  auto out = effects{};
  auto t = turn{s, out, now};
  close(t);
  s.phase = phase::loading;
  s.term = std::move(event.term);
  s.tasks.clear();
  ++s.revision;
  s.retry_at = now;
  s.setbacks = 0;
  s.denied = false;
  s.loading = loading{.since = now, .at = event.at};
  s.compaction_at = now + s.config.compaction_first;
  return finished(t);
}

transition<state, effect> step(state s, close_requested event, time_point now) {
  auto out = effects{};
  auto t = turn{s, out, now};
  if (s.phase == phase::closed || event.epoch < s.term.epoch)
    return {std::move(s), {}};
  if (s.phase == phase::loading)
    out.push_back(report_failed{fail(errc::conflict, "the term is over")});
  close(t);
  return {std::move(s), std::move(out)};
}

transition<state, effect> step(state s, change_requested event,
                               time_point now) {
  auto out = effects{};
  auto t = turn{s, out, now};
  auto made = job{
    .request = event.request, .what = std::move(event.what), .at = event.at};
  if (s.phase != phase::open) {
    done(t, made, fail(errc::conflict, "this instance does not lead"));
    return {std::move(s), std::move(out)};
  }
  const auto* run = std::get_if<record_run>(&made.what);
  if (run != nullptr && run->permit && run->permit->epoch != s.term.epoch) {
    done(t, made, fail(errc::conflict, "the permit is of another term"));
    return {std::move(s), std::move(out)};
  }
  if (run == nullptr && s.waiting.size() >= waiting_max) {
    done(t, made, fail(errc::limit, "too many writes wait for Consul"));
    return {std::move(s), std::move(out)};
  }
  if (std::holds_alternative<put_task>(made.what)
      || std::holds_alternative<drop_task>(made.what)) {
    made.due = now + s.config.write_patience;
    out.push_back(arm_timer{made.due});
  }
  s.waiting.push_back(std::move(made));
  return finished(t);
}

transition<state, effect> step(state s, transaction_answered event,
                               time_point now) {
  auto out = effects{};
  auto t = turn{s, out, now};
  if (event.id != s.awaited || !s.attempt)
    return {std::move(s), {}};
  s.awaited = 0;
  if (!event.answer && txn::is_ambiguous(event.answer.error())) {
    // Whether it took place is read before anything is sent again.
    s.question = s.attempt->proof ? question::proof : question::none;
    unanswered(t, event.answer.error());
  } else if (!event.answer) {
    unanswered(t, event.answer.error());
  } else if (const auto* yes = std::get_if<txn::committed>(&*event.answer)) {
    committed(t, index_of(*yes));
  } else {
    refused(t, std::get<txn::refused>(*event.answer));
  }
  return finished(t);
}

transition<state, effect> step(state s, keys_read event, time_point now) {
  auto out = effects{};
  auto t = turn{s, out, now};
  if (event.id != s.awaited || s.question == question::none)
    return {std::move(s), {}};
  s.awaited = 0;
  auto what = std::exchange(s.question, question::none);
  if (s.phase == phase::loading && what != question::proof) {
    load_read(t, what, event.answer);
  } else if (!event.answer) {
    s.question = what == question::proof ? what : question::none;
    unanswered(t, event.answer.error());
  } else if (what == question::proof) {
    read_proof(t, *event.answer);
  } else if (what == question::refresh) {
    refreshed(t, *event.answer);
  } else {
    compact(t, *event.answer);
  }
  return finished(t);
}

transition<state, effect> step(state s, timer_elapsed, time_point now) {
  auto out = effects{};
  auto t = turn{s, out, now};
  return finished(t);
}

} // namespace cts::ha::store
