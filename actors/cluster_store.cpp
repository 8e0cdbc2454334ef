#include "actors/cluster_store.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "actors/guard_log.hpp"
#include "core/config/task_object.hpp"
#include "core/ha/json.hpp"
#include "core/ha/state_copy.hpp"
#include "core/ha/store.hpp"

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>

namespace cts {

namespace {

using namespace std::chrono_literals;
namespace store = ha::store;
namespace copy = ha::state_copy;

constexpr auto component = "ha";
constexpr auto write_deadline = 5s;
constexpr auto read_deadline = 10s;
constexpr auto margin = 1s;
/// As many observers may follow.
constexpr auto observers_max = std::size_t{16};

object config_of(const config::task& task, const config::settings& known) {
  auto parsed = ha::parse_json(config::encode_task(task, known));
  auto* members = parsed ? std::get_if<object>(&parsed->data) : nullptr;
  return members == nullptr ? object{} : std::move(*members);
}

store::settings settings_of(const cluster_store_options& from) {
  auto out = store::settings{.keys = from.keys,
                             .instance = from.settings->id,
                             .boot = from.boot,
                             .writer = "cts/" + from.version,
                             .reset = from.reset};
  for (const auto& task : from.settings->tasks)
    out.configured.push_back({.name = task.name,
                              .enabled = task.enabled,
                              .config = config_of(task, *from.settings)});
  return out;
}

kept_task kept_of(const ha::stored_task& from, const config::settings& known) {
  const auto& record = from.record;
  auto out = kept_task{.enabled = record.enabled,
                       .deleting = record.deleting,
                       .problem = from.problem,
                       .configured = record.source == "config"};
  auto task = config::task{};
  if (out.problem.empty()) {
    auto read = config::decode_task(ha::json_text({record.config}), known);
    if (read)
      task = *std::move(read);
    else
      out.problem = read.error().message;
  }
  task.name = record.name;
  out.configuration = std::make_shared<const config::task>(std::move(task));
  return out;
}

class cluster_store {
public:
  using actor_type = cluster_store_impl;
  static inline constexpr const char* name = "cluster_store";

  cluster_store(cluster_store_impl::pointer self, cluster_store_options options,
                consul_actor consul)
    : self_(self), options_(std::move(options)), consul_(std::move(consul)),
      store_{settings_of(options_)}, copy_{options_.keys} {
    cafx::install_guards(self_, guard_log);
  }

  cluster_store_impl::behavior_type make_behavior() {
    return {
      [this](const record_event& x) {
        return change(store::record_run{.event = x.event, .permit = x.permit});
      },
      [this](get_events) { return events_snapshot{events()}; },
      [this](const keep_task& x) { return keep(x.task); },
      [this](const forget_task& x) { return change(store::drop_task{x.task}); },
      [this](const load_state& x) { return load(x.term); },
      [this](const close_state& x) { close(x.epoch); },
      [this](const settle_run& x) { return settle(x); },
      [this](const follow_state& x) { follow(x.who); },
      [this](const elector_known& x) { options_.elector = x.who; },
      [this](store_timer) { on(store::timer_elapsed{}); },
      [this](copy_timer) { on_copy(copy::timer_elapsed{}); },
    };
  }

private:
  using done_result = caf::result<void>;

  template <class Event>
  void on(const Event& event) {
    feed(store_, event, self_->clock().now(),
         [this](const auto& effect) { perform(effect); });
  }

  template <class Event>
  void on_copy(const Event& event) {
    feed(copy_, event, self_->clock().now(),
         [this](const auto& effect) { perform(effect); });
  }

  // -- what is asked ----------------------------------------------------------

  done_result change(store::change what) {
    auto promise = self_->make_response_promise<caf::unit_t>();
    auto request = ++requests_;
    answers_.emplace(request, cafx::done_answer{promise});
    on(store::change_requested{
      .request = request, .what = std::move(what), .at = options_.clock()});
    return promise;
  }

  done_result keep(const kept_task& x) {
    auto put = store::put_task{.name = x.configuration->name,
                               .enabled = x.enabled,
                               .deleting = x.deleting,
                               .configured = x.configured};
    // Of a task with a problem only the name is known.
    if (x.problem.empty())
      put.config = config_of(*x.configuration, *options_.settings);
    return change(std::move(put));
  }

  done_result settle(const settle_run& x) {
    if (x.epoch != store_.term.epoch)
      return to_caf(fail(errc::conflict, "the term is over"));
    auto record = ha::decode_inflight(x.record);
    if (!record)
      return to_caf(record.error());
    return change(store::take_over_run{
      .name = x.task, .index = x.index, .event = record->result});
  }

  caf::result<state_loaded> load(const ha::leadership& term) {
    auto promise = self_->make_response_promise<state_loaded>();
    loading_ = cafx::answer<state_loaded>{promise};
    on_copy(copy::rest_requested{});
    on(store::load_requested{.term = term, .at = options_.clock()});
    return promise;
  }

  void close(ha::epoch epoch) {
    on(store::close_requested{epoch});
    go_on_following();
  }

  void follow(const state_observer_actor& who) {
    if (observers_.size() < observers_max)
      observers_.push_back(who);
    if (copy_.complete)
      caf::anon_send(who, state_copied{kept(copy_.tasks)});
    go_on_following();
  }

  /// Not while we lead: then we know better.
  void go_on_following() {
    if (store_.phase == store::phase::closed && !observers_.empty())
      on_copy(copy::follow_requested{});
  }

  // -- what is answered -------------------------------------------------------

  kept_tasks kept(const ha::stored_tasks& from) const {
    auto out = kept_tasks{};
    for (const auto* task : ha::in_order(from))
      out.push_back(kept_of(*task, *options_.settings));
    return out;
  }

  std::shared_ptr<const std::map<task_name, task_events>> events() {
    // After a term its state stands for the copy until that is complete.
    const auto& tasks = copy_.complete ? copy_.tasks : store_.tasks;
    auto version = std::pair{copy_revision_, store_.revision};
    if (!events_ || version != events_version_) {
      auto made = std::map<task_name, task_events>{};
      for (const auto& [owner, task] : tasks)
        if (task.task_at.index != 0 && !task.events.events.empty())
          made.emplace(owner, task.events.events);
      events_ = std::make_shared<const std::map<task_name, task_events>>(
        std::move(made));
      events_version_ = version;
    }
    return events_;
  }

  void perform(const store::answer_change& effect) {
    auto found = answers_.extract(effect.request);
    if (found.empty())
      return;
    if (effect.problem)
      found.mapped().fail(to_caf(*effect.problem));
    else
      found.mapped().deliver(caf::unit);
  }

  void perform(const store::report_loaded&) {
    loading_.deliver(state_loaded{kept(store_.tasks)});
  }

  void perform(const store::report_failed& effect) {
    // A lost lock needs no giving back.
    if (effect.problem.code != errc::conflict)
      tell(tenure_failed{store_.term.epoch, effect.problem.message});
    loading_.fail(to_caf(effect.problem));
    go_on_following();
  }

  void perform(const store::close_run& effect) {
    tell(run_closed{effect.permit, effect.unrecorded});
  }

  void perform(const store::report_lost& effect) {
    tell(lost_lock{effect.epoch});
  }

  void perform(const store::report_denied& effect) {
    tell(write_denied{effect.epoch, effect.words});
  }

  template <class Message>
  void tell(Message x) {
    if (options_.elector)
      caf::anon_send(options_.elector, std::move(x));
  }

  void perform(const store::write_log& effect) {
    auto fields = log::fields{};
    for (const auto& [key, text] : effect.fields)
      fields.push_back({key, text});
    auto level = effect.severity == store::severity::info ? log::level::info
                 : effect.severity == store::severity::warning
                   ? log::level::warn
                   : log::level::error;
    log::write(level, component, effect.sentence, fields);
  }

  void perform(const copy::publish& effect) {
    ++copy_revision_;
    if (!effect.records)
      return;
    auto news = state_copied{kept(copy_.tasks)};
    for (const auto& who : observers_)
      caf::anon_send(who, news);
  }

  // -- Consul -----------------------------------------------------------------

  const std::string& ns() const {
    return options_.settings->high_availability->ns;
  }

  template <class OnReply>
  void ask(consul::request request, milliseconds deadline, OnReply on_reply) {
    auto query = consul_query{.id = options_.random(),
                              .request = std::move(request),
                              .deadline = deadline};
    self_->request(consul_, deadline + margin, query)
      .then([on_reply](
              const consul::reply& x) { on_reply(result<consul::reply>{x}); },
            [on_reply](caf::error& reason) {
              on_reply(result<consul::reply>{to_core(reason)});
            });
  }

  void perform(const store::send_transaction& effect) {
    auto request = consul::txn::request_for(effect.operations, ns());
    if (!request)
      return on(store::transaction_answered{effect.id, request.error()});
    ask(*std::move(request), write_deadline,
        [this, id = effect.id](const result<consul::reply>& x) {
          auto answer = result<consul::txn::outcome>{consul::txn::refused{}};
          if (x)
            answer = consul::txn::decode(*x);
          else
            answer = x.error();
          on(store::transaction_answered{id, std::move(answer)});
        });
  }

  static result<consul::kv_entries> keys_of(const result<consul::reply>& x) {
    if (!x)
      return x.error();
    return consul::decode_keys(*x);
  }

  void perform(const store::read_keys& effect) {
    ask(consul::read_keys(
          {.key = effect.key, .recurse = effect.recurse, .ns = ns()}),
        read_deadline, [this, id = effect.id](const auto& x) {
          on(store::keys_read{id, keys_of(x)});
        });
  }

  void perform(const copy::ask& effect) {
    auto read = consul::kv_read{.key = effect.key,
                                .recurse = effect.recurse,
                                .consistent = false,
                                .ns = ns()};
    if (effect.index != 0) {
      read.index = effect.index;
      read.wait = copy::query_wait;
    }
    ask(consul::read_keys(read), copy::query_deadline,
        [this, id = effect.id](const result<consul::reply>& x) {
          auto index = x ? x->index : std::nullopt;
          on_copy(copy::answered{id, keys_of(x), index});
        });
  }

  void perform(const store::arm_timer& effect) {
    self_->delayed_send(self_, effect.due - self_->clock().now(),
                        store_timer{});
  }

  void perform(const copy::arm_timer& effect) {
    self_->delayed_send(self_, effect.due - self_->clock().now(), copy_timer{});
  }

  cluster_store_impl::pointer self_;
  cluster_store_options options_;
  consul_actor consul_;
  store::state store_;
  copy::state copy_;
  std::uint64_t copy_revision_ = 0;
  std::uint64_t requests_ = 0;
  std::map<std::uint64_t, cafx::done_answer> answers_{};
  cafx::answer<state_loaded> loading_{};
  std::vector<state_observer_actor> observers_{};
  std::shared_ptr<const std::map<task_name, task_events>> events_{};
  std::pair<std::uint64_t, std::uint64_t> events_version_{};
};

} // namespace

cluster_store_impl make_cluster_store(caf::local_actor* parent,
                                      cluster_store_options options,
                                      consul_actor consul) {
  return cafx::spawn_state<cluster_store>(parent, std::move(options),
                                          std::move(consul));
}

} // namespace cts
