#include "actors/watcher.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/consul_messages.hpp"
#include "actors/errors.hpp"
#include "actors/log.hpp"
#include "core/blocking_query.hpp"
#include "core/consul/query.hpp"

#include <functional>
#include <map>
#include <optional>
#include <random>
#include <sstream>
#include <string_view>
#include <utility>

namespace cts {

namespace {

namespace bq = blocking_query;

using watcher_impl = cafx::extended<watcher_actor, caf::result<void>(poll_due)>;

constexpr auto component = std::string_view{"hcat"};

/// For the client to answer that the deadline is over.
constexpr auto grace = std::chrono::seconds{10};

std::string text_of(duration span) {
  auto out = std::ostringstream{};
  out << std::chrono::duration<double>{span}.count() << 's';
  return std::move(out).str();
}

template <class To>
To whole(duration span) {
  return std::chrono::ceil<To>(span);
}

std::size_t hash_of(const consul::reply& x) {
  return std::hash<std::string_view>{}(x.body)
         ^ static_cast<std::size_t>(x.status);
}

class watcher {
public:
  using actor_type = watcher_impl;
  static inline constexpr const char* name = "watcher";

  watcher(watcher_impl::pointer self, watcher_options options,
          consul_actor consul)
    : self_(self), what_(std::move(options.what)), consul_(std::move(consul)),
      meter_(std::move(options.meter)), request_(consul::request_for(what_)),
      hold_filtered_(options.hold_filtered), query_{.config
                                                    = {.wait = options.wait}},
      random_(static_cast<std::minstd_rand::result_type>(options.seed)) {
    cafx::install_guards(
      self_, [](const std::string& text) { log::error(component, text); });
    self_->set_down_handler([this](caf::down_msg& x) { forget(x.source); });
  }

  /// The long poll would occupy the agent for as long as it may last.
  ~watcher() {
    tell_meter(watch_news::ended);
    if (query_.asking)
      caf::anon_send(consul_, cancel_query{query_id_});
    if (!refreshers_.empty())
      caf::anon_send(consul_, cancel_query{refresh_id_});
  }

  watcher_impl::behavior_type make_behavior() {
    tell_meter(watch_news::began);
    if (request_)
      on(bq::timer_elapsed{});
    return {
      [this](const subscribe& x) { add(x.who); },
      [this](const unsubscribe& x) { remove(x.who); },
      [this](get_snapshot) { return fetch(); },
      [this](const refresh_snapshot& x) { return refresh(x); },
      [this](poll_due) { on(bq::timer_elapsed{}); },
    };
  }

private:
  struct subscriber {
    subscriber_actor who;
    /// It was told of a change and has not fetched it yet.
    bool told = false;
  };

  // -- subscribers ------------------------------------------------------------

  void add(const subscriber_actor& who) {
    if (!who)
      return;
    auto [place, is_new]
      = subscribers_.try_emplace(who.address(), subscriber{.who = who});
    if (is_new)
      self_->monitor(who);
    if (query_.published)
      tell(place->second);
    if (!request_)
      caf::anon_send(who, failed(request_.error().message, true));
    else if (query_.failing)
      caf::anon_send(who,
                     failed(query_.failing->text, query_.failing->permanent));
  }

  void remove(const subscriber_actor& who) {
    if (!who || !subscribers_.contains(who.address()))
      return;
    self_->demonitor(who.address());
    forget(who.address());
  }

  void forget(const caf::actor_addr& who) {
    subscribers_.erase(who);
    if (subscribers_.empty())
      self_->quit();
  }

  dependency_snapshot fetch() {
    auto asker = caf::actor_cast<caf::actor_addr>(self_->current_sender());
    if (auto found = subscribers_.find(asker); found != subscribers_.end())
      found->second.told = false;
    return newest();
  }

  dependency_snapshot newest() const {
    return {.what = what_, .version = version_, .data = query_.published};
  }

  void tell(subscriber& x) {
    x.told = true;
    caf::anon_send(x.who, dependency_changed{what_});
  }

  dependency_failed failed(std::string message, bool permanent) const {
    return {
      .what = what_, .message = std::move(message), .permanent = permanent};
  }

  // -- the query --------------------------------------------------------------

  template <class Event>
  void on(const Event& event) {
    feed(query_, event, self_->clock().now(),
         [this](const auto& effect) { this->perform(effect); });
  }

  void perform(const bq::send_query& x) {
    auto request = *request_;
    if (x.index > 0)
      request.query.emplace("index", std::to_string(x.index));
    auto wait = whole<milliseconds>(x.wait).count();
    request.query.emplace("wait", std::to_string(wait) + "ms");
    query_id_ = next_id();
    auto deadline = whole<milliseconds>(x.deadline);
    self_
      ->request(consul_, deadline + grace,
                consul_query{.id = query_id_,
                             .request = std::move(request),
                             .deadline = deadline})
      .then([this](const consul::reply& reply) { receive(reply); },
            [this](const caf::error& reason) {
              on(bq::query_failed{
                .text = to_string(what_) + ": " + to_core(reason).message,
                .unreachable = to_core(reason).code == errc::unavailable,
                .jitter = jitter()});
            });
  }

  std::uint64_t next_id() { return self_->id() << 32U | ++queries_; }

  void receive(const consul::reply& x) {
    auto decoded = decode(x);
    if (decoded)
      tell_meter(watch_news::answered);
    if (decoded)
      return on(bq::reply_arrived{.index = x.index,
                                  .closing = x.closing,
                                  .filtered_by_acls = x.filtered_by_acls,
                                  .data = *std::move(decoded),
                                  .jitter = jitter()});
    on(bq::query_failed{.text = decoded.error().message,
                        .permanent = consul::is_permanent(x) || is_held(x),
                        .index_lost = x.status < 400 || x.status >= 500,
                        .retry_after = x.retry_after,
                        .jitter = jitter()});
  }

  /// Most answers repeat the one before; those are not read again.
  result<snapshot_ptr> decode(const consul::reply& x) {
    if (is_held(x))
      return fail(errc::refused, to_string(what_),
                  ": the ACL token does not see everything, and "
                  "consul.on_acl_filtered = \"hold\" keeps what was known");
    auto hash = hash_of(x);
    if (decoded_ && hash == decoded_hash_)
      return decoded_;
    auto decoded = consul::decode(what_, x);
    if (!decoded)
      return decoded.error();
    decoded_hash_ = hash;
    decoded_ = std::make_shared<const snapshot>(*std::move(decoded));
    return decoded_;
  }

  // A key that is not there (404) may be one that is hidden.
  bool is_held(const consul::reply& x) const {
    return hold_filtered_ && x.filtered_by_acls
           && (x.status < 400 || x.status == 404);
  }

  // -- refreshing -------------------------------------------------------------

  struct refresher {
    caf::actor_addr who{};
    cafx::answer<dependency_snapshot> answer{};
  };

  caf::result<dependency_snapshot> refresh(const refresh_snapshot& x) {
    if (!request_)
      return to_caf(request_.error());
    auto who = caf::actor_cast<caf::actor_addr>(self_->current_sender());
    auto promise = self_->make_response_promise<dependency_snapshot>();
    refreshers_.push_back({.who = who, .answer = cafx::answer{promise}});
    if (refreshers_.size() > 1)
      return promise;
    auto request = *request_;
    request.query.emplace("consistent", "");
    refresh_id_ = next_id();
    self_
      ->request(consul_, x.deadline + grace,
                consul_query{.id = refresh_id_,
                             .request = std::move(request),
                             .deadline = x.deadline})
      .then([this](const consul::reply& reply) { refreshed(reply); },
            [this](const caf::error& reason) {
              refuse_refreshers(fail(to_core(reason).code, to_string(what_),
                                     ": ", to_core(reason).message));
            });
    return promise;
  }

  void refreshed(const consul::reply& x) {
    auto decoded = decode(x);
    if (!decoded)
      return refuse_refreshers(decoded.error());
    // The askers get it with the answer and need not be told.
    note_refreshers(true);
    on(bq::refreshed{.index = x.index, .data = *std::move(decoded)});
    note_refreshers(false);
    for (auto& asker : std::exchange(refreshers_, {}))
      asker.answer.deliver(newest());
  }

  void note_refreshers(bool told) {
    for (const auto& asker : refreshers_)
      if (auto found = subscribers_.find(asker.who);
          found != subscribers_.end())
        found->second.told = told;
  }

  void refuse_refreshers(const error& reason) {
    for (auto& asker : std::exchange(refreshers_, {}))
      asker.answer.fail(to_caf(reason));
  }

  // -- effects ----------------------------------------------------------------

  void perform(bq::publish) {
    ++version_;
    for (auto& [address, x] : subscribers_)
      if (!x.told)
        tell(x);
  }

  // That the agent is away, the client says once for all.
  void perform(const bq::report_failure& x) {
    auto fields = std::vector<log::field>{{"dependency", to_string(what_)},
                                          {"error", x.text}};
    if (x.unreachable)
      log::debug(component, "watch is failing", fields);
    else
      log::warn(component, "watch is failing", fields);
    for (const auto& [address, one] : subscribers_)
      caf::anon_send(one.who, failed(x.text, x.permanent));
  }

  void perform(const bq::note_attempt& x) {
    log::debug(component, "couldn't connect with Consul. Waiting to retry",
               {{"dependency", to_string(what_)},
                {"wait_duration", text_of(x.wait)},
                {"attempt_number", std::to_string(x.number)},
                {"error", x.text}});
  }

  void perform(const bq::report_recovery& x) {
    auto fields = std::vector<log::field>{{"dependency", to_string(what_)},
                                          {"after", text_of(x.after)}};
    if (x.was_unreachable)
      log::debug(component, "watch has recovered", fields);
    else
      log::info(component, "watch has recovered", fields);
  }

  void perform(bq::report_filtered) {
    log::warn(component,
              "the ACL token does not see everything, results are filtered",
              {{"dependency", to_string(what_)}});
  }

  void perform(bq::arm_timer x) {
    self_->delayed_send(self_, x.due - self_->clock().now(), poll_due{});
  }

  void tell_meter(watch_news news) {
    measure(meter_, watch_measured{.what = to_string(what_), .news = news});
  }

  double jitter() {
    return std::uniform_real_distribution<double>{0, 1}(random_);
  }

  watcher_impl::pointer self_;
  dependency what_;
  consul_actor consul_;
  meter_actor meter_;
  result<consul::request> request_;
  bool hold_filtered_;
  bq::state query_;
  std::minstd_rand random_;
  /// The newest answer that was read, whether published or not.
  snapshot_ptr decoded_{};
  std::size_t decoded_hash_ = 0;
  std::uint64_t version_ = 0;
  std::uint64_t query_id_ = 0;
  std::uint64_t refresh_id_ = 0;
  std::uint32_t queries_ = 0;
  /// Who waits for the read under way.
  std::vector<refresher> refreshers_{};
  std::map<caf::actor_addr, subscriber> subscribers_;
};

} // namespace

watcher_actor make_watcher(caf::local_actor* parent, watcher_options options,
                           consul_actor consul) {
  return cafx::spawn_state<watcher>(parent, std::move(options),
                                    std::move(consul));
}

} // namespace cts
