#include "actors/input_gatherer.hpp"

#include <caf/send.hpp>
#include <caf/system_messages.hpp>

#include <algorithm>
#include <utility>

namespace cts {

namespace {

using namespace std::chrono_literals;

/// How long the registry and a watcher may take to answer: both only look
/// something up.
constexpr auto answer_deadline = 10s;

/// The pause before a watcher that died is asked for again.
constexpr auto resubscribe_pause = 1s;

} // namespace

input_gatherer::input_gatherer(condition_impl::pointer self,
                               condition_options options,
                               std::function<void()> changed)
  : self_(self), options_(std::move(options)),
    changed_(std::move(changed)), inputs_{.task = options_.task,
                                          .services = options_.services} {
  self_->set_down_handler([this](caf::down_msg& msg) { on_down(msg); });
}

void input_gatherer::start() {
  on(inputs::started{});
}

gathered_inputs input_gatherer::newest() const {
  return {.snapshots = inputs_.snapshots, .complete = inputs_.complete};
}

template <class Event>
void input_gatherer::on(const Event& event) {
  feed(inputs_, event, self_->clock().now(),
       [this](const auto& effect) { perform(effect); });
}

void input_gatherer::perform(const inputs::watch& effect) {
  subscribe_to(effect.what);
}

void input_gatherer::perform(const inputs::unwatch& effect) {
  renewal_.open.erase(effect.what);
  auto found = watchers_.find(effect.what);
  if (found == watchers_.end())
    return;
  self_->demonitor(found->second.address());
  caf::anon_send(found->second, unsubscribe{me()});
  watchers_.erase(found);
}

void input_gatherer::perform(const inputs::report_complete&) {
  caf::anon_send(options_.target, inputs_complete{});
}

void input_gatherer::perform(const inputs::report_change&) {
  changed_();
}

subscriber_actor input_gatherer::me() const {
  return subscriber_actor{self_};
}

// -- subscriptions ------------------------------------------------------------

void input_gatherer::subscribe_to(const dependency& what) {
  if (!inputs_.watched.contains(what) || watchers_.contains(what))
    return;
  self_->request(options_.registry, answer_deadline, watch{what, me()})
    .then([this, what](const watcher_actor& x) { keep(what, x); },
          [this, what](caf::error&) { try_later(what); });
}

void input_gatherer::keep(const dependency& what,
                          const watcher_actor& watcher) {
  if (!inputs_.watched.contains(what)) {
    caf::anon_send(watcher, unsubscribe{me()});
    return;
  }
  self_->monitor(watcher);
  watchers_[what] = watcher;
  fetch(what);
  if (renewal_.open.contains(what))
    read_again(what);
}

void input_gatherer::try_later(const dependency& what) {
  self_->delayed_send(self_, resubscribe_pause, watch{what, {}});
}

void input_gatherer::on_down(const caf::down_msg& msg) {
  auto gone
    = std::find_if(watchers_.begin(), watchers_.end(), [&msg](const auto& x) {
        return x.second.address() == msg.source;
      });
  if (gone == watchers_.end())
    return;
  auto what = gone->first;
  watchers_.erase(gone);
  try_later(what);
}

void input_gatherer::fetch(const dependency& what) {
  auto found = watchers_.find(what);
  if (found == watchers_.end())
    return; // not known yet: `keep` fetches
  self_->request(found->second, answer_deadline, get_snapshot{})
    .then([this](const dependency_snapshot& x) { arrived(x); },
          [this, what](caf::error&) { fetch_later(what); });
}

// If the watcher is gone, on_down acts; if it was slow, we ask again.
void input_gatherer::fetch_later(const dependency& what) {
  self_->delayed_send(self_, resubscribe_pause, dependency_changed{what});
}

void input_gatherer::arrived(const dependency_snapshot& x) {
  if (x.version > 0)
    on(inputs::snapshot_arrived{.what = x.what, .data = x.data});
  if (!askers_.empty())
    renew_what_is_watched();
}

void input_gatherer::report(const dependency_failed& x) {
  caf::anon_send(options_.target, input_failed{x.message, x.permanent});
}

// -- renewal ------------------------------------------------------------------

caf::result<gathered_inputs> input_gatherer::renew(const get_fresh_inputs& x) {
  auto promise = self_->make_response_promise<gathered_inputs>();
  askers_.emplace_back(promise);
  if (askers_.size() > 1)
    return promise;
  renewal_ = {.number = renewal_.number + 1,
              .over_at = self_->clock().now() + x.deadline};
  self_->delayed_send(self_, x.deadline, timer_elapsed{});
  renew_what_is_watched();
  return promise;
}

// Also what the catalog has just made known.
void input_gatherer::renew_what_is_watched() {
  for (const auto& what : inputs_.watched)
    if (renewal_.asked.insert(what).second) {
      renewal_.open.insert(what);
      read_again(what);
    }
  if (renewal_.open.empty())
    end_renewal();
}

void input_gatherer::read_again(const dependency& what) {
  auto found = watchers_.find(what);
  if (found == watchers_.end())
    return; // not known yet: `keep` calls again
  auto rest = std::max(1ms, std::chrono::duration_cast<milliseconds>(
                              renewal_.over_at - self_->clock().now()));
  auto done = [this, what, number = renewal_.number](bool good) {
    if (number == renewal_.number)
      read_done(what, good);
  };
  self_->request(found->second, rest + answer_deadline, refresh_snapshot{rest})
    .then(
      [this, done](const dependency_snapshot& x) {
        arrived(x);
        done(true);
      },
      [done](caf::error&) { done(false); });
}

void input_gatherer::read_done(const dependency& what, bool good) {
  if (askers_.empty())
    return;
  renewal_.failed = renewal_.failed || !good;
  renewal_.open.erase(what);
  renew_what_is_watched();
}

void input_gatherer::look_at_clock() {
  if (askers_.empty() || self_->clock().now() < renewal_.over_at)
    return;
  renewal_.failed = true;
  end_renewal();
}

void input_gatherer::end_renewal() {
  auto out = newest();
  out.fresh = !renewal_.failed;
  renewal_.open.clear();
  for (auto& asker : std::exchange(askers_, {}))
    asker.deliver(out);
}

} // namespace cts
