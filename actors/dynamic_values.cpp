#include "actors/dynamic_values.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "actors/guard_log.hpp"
#include "actors/timers.hpp"
#include "core/dynamic/rendering.hpp"
#include "core/vault/reader.hpp"

#include <caf/send.hpp>
#include <caf/system_messages.hpp>

#include <algorithm>

namespace cts {

namespace {

using namespace std::chrono_literals;
namespace rendering = dynamic::rendering;
namespace vault_reader = vault::reader;
using text_template::source;

/// How long the registry and a watcher may take to answer: both only look
/// something up.
constexpr auto lookup_deadline = 10s;

/// The pause before a watcher that died is asked for again.
constexpr auto resubscribe_pause = 1s;

constexpr auto vault_deadline = 5s;

constexpr auto default_vault = "https://127.0.0.1:8200";

using values_impl
  = cafx::extended<values_actor, caf::result<void>(timer_elapsed),
                   caf::result<void>(watch)>;

/// `path@datacenter`, without the slash that templates may begin it with.
dependency dependency_of(const source& x, const std::string& ns) {
  using kind = dependency::kind;
  auto at = std::min(x.path.rfind('@'), x.path.size());
  auto out = dependency{.name = x.path.substr(0, at), .ns = ns};
  out.what = x.what == source::kind::tree ? kind::kv_prefix : kind::kv_key;
  if (at < x.path.size())
    out.datacenter = x.path.substr(at + 1);
  if (out.name.starts_with('/'))
    out.name.erase(0, 1);
  return out;
}

/// The pairs below a prefix, by what follows it. Folders have no value.
value tree_of(const kv_pairs& pairs, std::string prefix) {
  if (!prefix.empty() && !prefix.ends_with('/'))
    prefix += '/';
  auto out = list{};
  for (const auto& pair : pairs)
    if (pair.key.starts_with(prefix) && !pair.key.ends_with('/'))
      out.push_back(value{object{{"Key", value{pair.key.substr(prefix.size())}},
                                 {"Path", value{pair.key}},
                                 {"Value", value{pair.value}}}});
  return value{std::move(out)};
}

value value_of(const source& what, const dependency& from,
               const snapshot_ptr& data) {
  const auto* pairs = data ? std::get_if<kv_pairs>(&data->data) : nullptr;
  if (what.what == source::kind::tree)
    return tree_of(pairs == nullptr ? kv_pairs{} : *pairs, from.name);
  if (pairs == nullptr || pairs->empty())
    return {};
  return value{pairs->front().value};
}

class dynamic_values {
public:
  using actor_type = values_impl;
  static inline constexpr const char* name = "dynamic_values";

  dynamic_values(values_impl::pointer self, dynamic_values_options options)
    : self_(self), options_(std::move(options)) {
    cafx::install_guards(self_, guard_log);
    self_->set_down_handler([this](caf::down_msg& msg) { on_down(msg); });
    machine_.environment = options_.environment;
    machine_.follows = options_.follows;
    const auto& vault = options_.vault;
    vault_ = {.token = vault.token,
              .wrapped = vault.unwrap_token && !vault.token.empty(),
              .renews = vault.renew_token && options_.follows};
  }

  values_impl::behavior_type make_behavior() {
    return {
      [this](render_values) { return render(); },
      [this](const dependency_changed& x) { fetch(x.what); },
      [this](const dependency_failed& x) { fail_key(x); },
      [this](timer_elapsed) {
        on(rendering::timer_elapsed{});
        on_vault(vault_reader::timer_elapsed{});
      },
      [this](const watch& x) { subscribe_to(x.what); },
    };
  }

private:
  caf::result<values_rendered> render() {
    if (machine_.reported)
      return values_rendered{
        std::make_shared<const dynamic::values>(*machine_.reported)};
    if (machine_.refused)
      return to_caf(fail(errc::conflict, "the dynamic values were refused"));
    auto promise = self_->make_response_promise<values_rendered>();
    askers_.emplace_back(promise);
    if (askers_.size() == 1)
      on(rendering::started{options_.templates});
    return promise;
  }

  template <class Event>
  void on(const Event& event) {
    feed(machine_, event, self_->clock().now(),
         [this](const auto& effect) { perform(effect); });
  }

  template <class Event>
  void on_vault(const Event& event) {
    feed(vault_, event, self_->clock().now(),
         [this](const auto& effect) { perform(effect); });
  }

  template <class Timer>
  void arm(const Timer& x) {
    self_->delayed_send(self_, x.due - self_->clock().now(), timer_elapsed{});
  }

  // -- effects of rendering ---------------------------------------------------

  void perform(const rendering::ask& effect) {
    using kind = source::kind;
    const auto& x = effect.what;
    if (x.what == kind::key || x.what == kind::tree)
      return watch_key(x);
    if (!options_.vault_http)
      return on(rendering::answered{
        x, fail(errc::configuration,
                "detected dynamic configuration using Vault: missing Vault "
                "configuration")});
    on_vault(vault_reader::read_requested{
      {.path = x.path, .names = x.what == kind::secrets}});
  }

  void perform(const rendering::report& effect) {
    auto known
      = values_rendered{std::make_shared<const dynamic::values>(effect.known)};
    if (askers_.empty() && options_.changed)
      options_.changed(known);
    for (auto& each : std::exchange(askers_, {}))
      each.deliver(known);
  }

  void perform(const rendering::refuse& effect) {
    const auto& what = effect.what;
    log::error(
      "ctrl",
      what.owner_key == "provider"
        ? "error loading dynamic configuration for provider"
        : "error loading dynamic configuration",
      {{what.owner_key, what.owner}, {"error", effect.reason.message}});
    for (auto& each : std::exchange(askers_, {}))
      each.fail(to_caf(effect.reason));
  }

  void perform(const rendering::warn& effect) {
    log::warn("ctrl", "a dynamic value cannot be renewed, the former one stays",
              {{"error", effect.reason}});
  }

  void perform(const rendering::arm_timer& effect) { arm(effect); }

  void perform(const rendering::stop_watching&) {
    for (const auto& [what, watcher] : watchers_) {
      self_->demonitor(watcher.address());
      caf::anon_send(watcher, unsubscribe{me()});
    }
    watchers_.clear();
    wanted_.clear();
  }

  // -- Consul KV --------------------------------------------------------------

  subscriber_actor me() const { return subscriber_actor{self_}; }

  void watch_key(const source& x) {
    auto what = dependency_of(x, options_.key_namespace);
    wanted_[what].insert(x);
    subscribe_to(what);
  }

  void subscribe_to(const dependency& what) {
    if (!wanted_.contains(what))
      return;
    if (watchers_.contains(what))
      return fetch(what);
    self_->request(options_.registry, lookup_deadline, watch{what, me()})
      .then(
        [this, what](const watcher_actor& x) {
          self_->monitor(x);
          watchers_[what] = x;
          fetch(what);
        },
        [this, what](caf::error&) { try_later(what); });
  }

  void try_later(const dependency& what) {
    self_->delayed_send(self_, resubscribe_pause, watch{what, {}});
  }

  void on_down(const caf::down_msg& msg) {
    for (const auto& [what, watcher] : watchers_)
      if (watcher.address() == msg.source) {
        auto gone = what;
        watchers_.erase(gone);
        return try_later(gone);
      }
  }

  void fetch(const dependency& what) {
    auto found = watchers_.find(what);
    if (found == watchers_.end())
      return;
    self_->request(found->second, lookup_deadline, get_snapshot{})
      .then([this](const dependency_snapshot& x) { arrived(x); },
            [this, what](caf::error&) { try_later(what); });
  }

  void arrived(const dependency_snapshot& x) {
    auto found = wanted_.find(x.what);
    if (x.version == 0 || found == wanted_.end())
      return;
    auto sources = found->second;
    for (const auto& each : sources)
      on(rendering::answered{each, value_of(each, x.what, x.data)});
  }

  void fail_key(const dependency_failed& x) {
    auto found = wanted_.find(x.what);
    if (found == wanted_.end())
      return;
    auto code = x.permanent ? errc::refused : errc::unavailable;
    auto sources = found->second;
    for (const auto& each : sources)
      on(rendering::answered{each, fail(code, x.message)});
  }

  // -- Vault ------------------------------------------------------------------

  void perform(const vault_reader::send& effect) {
    const auto& vault = options_.vault;
    auto address = vault.address.empty() ? default_vault : vault.address;
    if (address.ends_with('/'))
      address.pop_back();
    auto wanted = http_request{.id = ++requests_,
                               .method = effect.request.method,
                               .url = address + effect.request.target,
                               .fields = {{"X-Vault-Request", "true"}},
                               .deadline = vault_deadline};
    if (!effect.token.empty())
      wanted.fields.emplace_back("X-Vault-Token", effect.token);
    if (!vault.ns.empty())
      wanted.fields.emplace_back("X-Vault-Namespace", vault.ns);
    auto answered = [this, ticket = effect.ticket](result<vault::reply> x) {
      on_vault(vault_reader::answered{ticket, std::move(x)});
    };
    self_->request(options_.vault_http, vault_deadline + 5s, wanted)
      .then(
        [answered](const http_reply& x) {
          answered(vault::reply{.status = x.status, .body = x.body});
        },
        [answered](caf::error& reason) {
          auto why = to_core(reason);
          answered(fail(why.code, "vault: ", why.message));
        });
  }

  void perform(const vault_reader::report& effect) {
    auto kind
      = effect.subject.names ? source::kind::secrets : source::kind::secret;
    on(rendering::answered{
      {kind, effect.subject.path}, effect.found, effect.lease});
  }

  void perform(const vault_reader::warn_of_token& effect) {
    log::warn("ctrl", "the Vault token is not kept alive",
              {{"error", effect.reason}});
  }

  void perform(const vault_reader::arm_timer& effect) { arm(effect); }

  values_impl::pointer self_;
  dynamic_values_options options_;
  rendering::state machine_{};
  vault_reader::state vault_{};
  std::vector<cafx::answer<values_rendered>> askers_{};
  /// Which sources a dependency answers.
  std::map<dependency, std::set<source>> wanted_{};
  std::map<dependency, watcher_actor> watchers_{};
  std::uint64_t requests_ = 0;
};

dynamic_values_options
options_of(const config::settings& settings,
           const std::map<std::string, std::string>& environment) {
  return {.environment = environment,
          .key_namespace = settings.consul.kv_namespace,
          .vault = settings.vault};
}

} // namespace

dynamic_values_options
dynamic_values_of(const config::settings& settings,
                  const std::map<std::string, std::string>& environment) {
  auto out = options_of(settings, environment);
  out.templates = dynamic::templates_of(settings);
  out.follows = settings.dynamic_values;
  return out;
}

dynamic_values_options
connection_values_of(const config::settings& settings,
                     const std::map<std::string, std::string>& environment) {
  auto out = options_of(settings, environment);
  out.templates = dynamic::connection_templates_of(settings);
  return out;
}

values_actor make_dynamic_values(caf::local_actor* parent,
                                 dynamic_values_options options) {
  return cafx::spawn_state<dynamic_values>(parent, std::move(options));
}

} // namespace cts
