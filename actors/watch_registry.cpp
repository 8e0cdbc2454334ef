#include "actors/watch_registry.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "actors/log.hpp"
#include "actors/watcher.hpp"

#include <caf/send.hpp>

#include <map>
#include <memory>
#include <string_view>
#include <utility>

namespace cts {

namespace {

constexpr auto component = std::string_view{"tasksmanager"};
constexpr auto subscribe_deadline = std::chrono::seconds{10};

class watch_registry {
public:
  using actor_type = watch_registry_actor;
  static inline constexpr const char* name = "watch_registry";

  watch_registry(watch_registry_actor::pointer self,
                 watch_registry_options options, consul_actor consul)
    : self_(self), options_(std::move(options)), consul_(std::move(consul)) {
    cafx::install_guards(
      self_, [](const std::string& text) { log::error(component, text); });
    self_->set_down_handler([this](caf::down_msg& x) { forget(x.source); });
  }

  ~watch_registry() {
    for (const auto& [what, watcher] : watchers_)
      caf::anon_send_exit(watcher, caf::exit_reason::user_shutdown);
  }

  watch_registry_actor::behavior_type make_behavior() {
    return {
      [this](const watch& x) {
        auto promise = self_->make_response_promise<watcher_actor>();
        join(std::make_shared<const watch>(x),
             std::make_shared<answer>(promise), 1);
        return promise;
      },
    };
  }

private:
  using answer = cafx::answer<watcher_actor>;

  /// A watcher that ends just now cannot be joined; the second try starts one.
  static constexpr int tries_max = 3;

  void join(const std::shared_ptr<const watch>& x,
            const std::shared_ptr<answer>& asker, int tries) {
    auto watcher = watcher_of(x->what);
    self_->request(watcher, subscribe_deadline, subscribe{x->who})
      .then([asker, watcher] { asker->deliver(watcher); },
            [=, this](caf::error& reason) {
              // One that is slow lives on, and with it who it serves.
              if (reason == caf::sec::request_receiver_down)
                forget(watcher.address());
              if (tries < tries_max)
                join(x, asker, tries + 1);
              else
                asker->fail(to_caf(to_core(reason)));
            });
  }

  watcher_actor watcher_of(const dependency& what) {
    if (auto found = watchers_.find(what); found != watchers_.end())
      return found->second;
    auto watcher = make_watcher(self_,
                                {.what = what,
                                 .wait = options_.wait,
                                 .hold_filtered = options_.hold_filtered,
                                 .seed = options_.random(),
                                 .meter = options_.meter},
                                consul_);
    self_->monitor(watcher);
    watchers_.emplace(what, watcher);
    if (watchers_.size() == dependencies_warn_above + 1)
      log::warn(component, " watching more than "
                             + std::to_string(dependencies_warn_above)
                             + " dependencies could DDoS your Consul cluster: "
                             + std::to_string(watchers_.size()));
    return watcher;
  }

  void forget(const caf::actor_addr& ended) {
    std::erase_if(watchers_, [&ended](const auto& entry) {
      return entry.second.address() == ended;
    });
  }

  watch_registry_actor::pointer self_;
  watch_registry_options options_;
  consul_actor consul_;
  std::map<dependency, watcher_actor> watchers_;
};

} // namespace

watch_registry_actor make_watch_registry(caf::local_actor* parent,
                                         watch_registry_options options,
                                         consul_actor consul) {
  return cafx::spawn_state<watch_registry>(parent, std::move(options),
                                           std::move(consul));
}

} // namespace cts
