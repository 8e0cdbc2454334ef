#include "core/vault/reader.hpp"

#include <algorithm>
#include <utility>

namespace cts::vault::reader {

namespace {

using effects = std::vector<effect>;
using kind = exchange::kind;

void send_now(state& s, effects& out, exchange x, vault::request wanted) {
  auto ticket = ++s.tickets;
  s.open[ticket] = std::move(x);
  out.push_back(send{ticket, std::move(wanted), s.token});
}

bool is_open(const state& s, const wish& x) {
  return std::any_of(s.open.begin(), s.open.end(), [&x](const auto& each) {
    return each.second.subject == x;
  });
}

void begin(state& s, effects& out, const wish& x) {
  if (!is_open(s, x))
    send_now(s, out, {kind::mount, x}, mount_request(x.path));
}

void begin_waiting(state& s, effects& out) {
  for (const auto& each : std::exchange(s.waiting, {}))
    begin(s, out, each);
  if (s.renews && !std::exchange(s.looked_up, true))
    send_now(s, out, {.what = kind::lookup}, lookup_request());
}

void fail_waiting(state& s, effects& out, const error& reason) {
  for (const auto& each : std::exchange(s.waiting, {}))
    out.push_back(report{each, reason});
}

void unwrapped(state& s, effects& out, const result<vault::reply>& answer) {
  auto token
    = answer ? decode_unwrapped(*answer) : result<std::string>{answer.error()};
  if (!token)
    return fail_waiting(s, out,
                        fail(token.error().code, "client set: vault unwrap: ",
                             token.error().message));
  s.token = std::move(*token);
  s.wrapped = false;
  begin_waiting(s, out);
}

// Renewed when two thirds of its life are over.
void plan_renewal(state& s, effects& out, const token_life& life,
                  time_point now) {
  s.renew_at.reset();
  if (life.ttl.count() == 0)
    return;
  if (!life.renewable) {
    out.push_back(warn_of_token{"the Vault token ends in "
                                + std::to_string(life.ttl.count())
                                + " s and cannot be renewed"});
    return;
  }
  s.renew_at = now + life.ttl * 2 / 3;
  out.push_back(arm_timer{*s.renew_at});
}

void renewed(state& s, effects& out, const result<token_life>& life,
             time_point now) {
  if (life)
    return plan_renewal(s, out, *life, now);
  out.push_back(warn_of_token{life.error().message});
  auto may_pass = life.error().code == errc::unavailable
                  || life.error().code == errc::timed_out;
  if (!may_pass)
    return;
  s.renew_at = now + renewal_pause;
  out.push_back(arm_timer{*s.renew_at});
}

template <class T>
result<T> decoded(const result<vault::reply>& answer,
                  result<T> (*decode)(const vault::reply&)) {
  return answer ? decode(*answer) : result<T>{answer.error()};
}

void mounted(state& s, effects& out, const wish& subject,
             const result<vault::reply>& answer) {
  auto at = decoded(answer, decode_mount);
  if (!at) {
    out.push_back(report{subject, at.error()});
    return;
  }
  auto wanted = subject.names ? list_request(subject.path, *at)
                              : read_request(subject.path, *at);
  send_now(s, out, {kind::read, subject}, std::move(wanted));
}

report report_of(const wish& subject, const result<vault::reply>& answer) {
  if (!answer)
    return {subject, answer.error()};
  if (subject.names) {
    auto names = decode_names(*answer, subject.path);
    if (!names)
      return {subject, names.error()};
    return {subject, value{std::move(*names)}};
  }
  auto found = decode_secret(*answer, subject.path);
  if (!found)
    return {subject, found.error()};
  return {subject, value{std::move(found->fields)}, found->lease};
}

} // namespace

answer step(state s, const read_requested& event, time_point) {
  auto out = effects{};
  s.waiting.insert(event.subject);
  if (!s.wrapped)
    begin_waiting(s, out);
  else if (s.open.empty())
    send_now(s, out, {.what = kind::unwrap}, unwrap_request());
  return {std::move(s), std::move(out)};
}

answer step(state s, const answered& event, time_point now) {
  auto out = effects{};
  auto found = s.open.find(event.ticket);
  if (found == s.open.end())
    return {std::move(s), {}};
  auto ended = std::move(found->second);
  s.open.erase(found);
  switch (ended.what) {
    case kind::unwrap: unwrapped(s, out, event.answer); break;
    case kind::lookup:
      renewed(s, out, decoded(event.answer, decode_lookup), now);
      break;
    case kind::renew:
      renewed(s, out, decoded(event.answer, decode_renewed), now);
      break;
    case kind::mount: mounted(s, out, ended.subject, event.answer); break;
    case kind::read:
      out.push_back(report_of(ended.subject, event.answer));
      break;
  }
  return {std::move(s), std::move(out)};
}

answer step(state s, const timer_elapsed&, time_point now) {
  auto out = effects{};
  if (s.renew_at && now >= *s.renew_at) {
    s.renew_at.reset();
    send_now(s, out, {.what = kind::renew}, renew_request());
  }
  return {std::move(s), std::move(out)};
}

} // namespace cts::vault::reader
