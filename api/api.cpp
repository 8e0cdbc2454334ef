#include "api/api.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "actors/log.hpp"
#include "api/cluster.hpp"
#include "api/error_reply.hpp"
#include "api/mutation.hpp"
#include "api/reading.hpp"
#include "api/route.hpp"
#include "core/machine.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <utility>

namespace cts::api {

namespace {

constexpr auto component = "api";

/// A request on its way to its reply.
struct exchange {
  route asked{};
  needs missing{};
  knowledge known{};
  std::string body{};
  /// Of a request to create a task.
  task_request wish{};
  bool logged = false;
  time_point arrived{};
  cafx::answer<api_reply> answer{};
};

/// Answers requests. What a restart loses: the requests that wait for another
/// actor; the server answers them with 503, and a mutation goes on.
class api_state {
public:
  using actor_type = api_actor;
  static inline constexpr const char* name = "api";

  api_state(api_actor::pointer self, api_options options, api_sources sources)
    : self_(self), options_(std::move(options)), sources_(std::move(sources)) {
    cafx::install_guards(self_, [](const std::string& text) {
      log::error(component, "unexpected event", {{"detail", text}});
    });
  }

  api_actor::behavior_type make_behavior() {
    return {[this](const api_request& request) { return start(request); }};
  }

private:
  caf::result<api_reply> start(const api_request& request) {
    auto begun = begin(request);
    if (auto wrong = read_body(begun, request))
      return finished(begun, error_reply(*wrong, begun.known.request_id));
    const auto waits
      = sources_.elector && depends_on_leader(begun.asked, begun.logged);
    const auto answered = begun.missing == needs{} && !changes(begun.asked);
    if (!waits && answered)
      return finished(begun, reply_to(begun.asked, begun.known));
    auto promise = self_->make_response_promise<api_reply>();
    begun.answer = cafx::answer<api_reply>{promise};
    const auto number = ++last_number_;
    open_.emplace(number, std::move(begun));
    if (waits)
      ask_leadership(number);
    else
      proceed(number);
    return promise;
  }

  /// What of a mutation is refused whoever is asked, a follower included.
  static std::optional<refused> read_body(exchange& begun,
                                          const api_request& request) {
    begun.body = request.body;
    if (!std::holds_alternative<create_task>(begun.asked))
      return std::nullopt;
    auto read = read_task_request(request);
    if (auto* wrong = std::get_if<refused>(&read)) {
      log::error(
        "api.createtask", "bad request",
        {{"request_id", begun.known.request_id}, {"error", wrong->message}});
      return std::move(*wrong);
    }
    begun.wish = std::get<task_request>(std::move(read));
    return std::nullopt;
  }

  /// Without a cluster there is nobody who could step down.
  bool changes(const route& asked) const {
    return is_mutation(asked)
           && (sources_.elector || !std::holds_alternative<step_down>(asked));
  }

  exchange begin(const api_request& request) {
    auto begun = exchange{};
    begun.asked = find_route(request.method, request.target);
    begun.missing = needs_of(begun.asked);
    begun.missing.cluster = begun.missing.cluster && sources_.elector;
    begun.known.request_id = next_request_id();
    begun.known.zone = options_.zone;
    begun.logged = is_logged(request.method, request.target);
    begun.arrived = self_->clock().now();
    if (begun.logged)
      log::debug(component, "received request",
                 {{"request_id", begun.known.request_id},
                  {"time", log_time_text(options_.clock(), options_.zone)},
                  {"remote_ip", request.remote},
                  {"uri", request.target},
                  {"method", request.method},
                  {"host", request.host}});
    return begun;
  }

  std::string next_request_id() {
    // In this order with every compiler.
    const auto high = options_.random();
    return make_uuid(high, options_.random());
  }

  // -- what must be known -----------------------------------------------------

  void ask_leadership(std::uint64_t number) {
    self_->request(sources_.elector, options_.patience, get_leadership{})
      .then([this, number](const leadership_view& x) { learn(number, x); },
            [this, number](const caf::error& reason) {
              give_up(number, "the elector", reason);
            });
  }

  void learn(std::uint64_t number, const leadership_view& leadership) {
    const auto found = open_.find(number);
    if (found == open_.end())
      return;
    const auto& waiting = found->second;
    if (auto instead
        = withheld(waiting.asked, leadership, waiting.known.request_id))
      return close(found, *std::move(instead));
    proceed(number);
  }

  void proceed(std::uint64_t number) {
    const auto missing = open_.at(number).missing;
    if (missing == needs{})
      return close_if_complete(open_.find(number));
    if (missing.tasks)
      ask_tasks(number);
    if (missing.events)
      ask_events(number);
    if (missing.cluster)
      ask_cluster(number);
  }

  void ask_tasks(std::uint64_t number) {
    self_->request(sources_.tasks, options_.patience, get_tasks{})
      .then(
        [this, number](const task_views& tasks) {
          learn(number, [&](exchange& waiting) {
            waiting.known.tasks = tasks;
            waiting.missing.tasks = false;
          });
        },
        [this, number](const caf::error& reason) {
          give_up(number, "the task manager", reason);
        });
  }

  void ask_events(std::uint64_t number) {
    self_->request(sources_.events, options_.patience, get_events{})
      .then(
        [this, number](const events_snapshot& all) {
          learn(number, [&](exchange& waiting) {
            waiting.known.events = all;
            waiting.missing.events = false;
          });
        },
        [this, number](const caf::error& reason) {
          give_up(number, "the state store", reason);
        });
  }

  void ask_cluster(std::uint64_t number) {
    self_->request(sources_.elector, options_.patience, get_cluster{})
      .then(
        [this, number](const cluster_view& cluster) {
          learn(number, [&](exchange& waiting) {
            waiting.known.cluster = cluster;
            waiting.missing.cluster = false;
          });
        },
        [this, number](const caf::error& reason) {
          close(number, 500,
                "the members of the cluster cannot be read: "
                  + to_core(reason).message);
        });
  }

  template <class Take>
  void learn(std::uint64_t number, const Take& take) {
    const auto found = open_.find(number);
    if (found == open_.end())
      return;
    take(found->second);
    close_if_complete(found);
  }

  void give_up(std::uint64_t number, const char* whom,
               const caf::error& reason) {
    close(number, 503,
          std::string{whom} + " did not answer (" + to_core(reason).message
            + "); try again later");
  }

  void close(std::uint64_t number, int status, const std::string& text) {
    const auto found = open_.find(number);
    if (found != open_.end())
      close(found, error_reply(status, text, found->second.known.request_id));
  }

  using exchanges = std::map<std::uint64_t, exchange>;

  void close_if_complete(exchanges::iterator which) {
    const auto& waiting = which->second;
    if (waiting.missing != needs{})
      return;
    if (changes(waiting.asked))
      carry_out(which->first, waiting);
    else
      close(which, reply_to(waiting.asked, waiting.known));
  }

  // -- mutations --------------------------------------------------------------

  void carry_out(std::uint64_t number, const exchange& waiting) {
    const auto& id = waiting.known.request_id;
    if (const auto* create = std::get_if<create_task>(&waiting.asked))
      carry_out(number, waiting, *create);
    else if (const auto* update = std::get_if<update_task>(&waiting.asked))
      carry_out(number, waiting, *update);
    else if (const auto* removal = std::get_if<delete_task>(&waiting.asked))
      send(number, sources_.tasks, cts::delete_task{removal->name},
           [id] { return deleted(id); });
    else
      send(number, sources_.elector, cts::step_down{},
           [id] { return stepped_down(id); });
  }

  void carry_out(std::uint64_t number, const exchange& waiting,
                 const create_task& asked) {
    const auto& id = waiting.known.request_id;
    if (is_known(waiting.wish.name, waiting.known))
      return close(open_.find(number), name_taken(waiting.wish.name, id));
    auto task = task_of(waiting.wish, *options_.settings, asked.run);
    if (const auto* wrong = std::get_if<refused>(&task)) {
      note_failure(waiting, wrong->message);
      return close(open_.find(number), error_reply(*wrong, id));
    }
    const auto& wanted = std::get<wanted_task>(task);
    for (const auto& warning : wanted.warnings)
      log::warn("api.createtask", warning, {{"request_id", id}});
    if (auto why = problem_for_driver(*wanted.configuration)) {
      note_failure(waiting, *why);
      const auto status = asked.run == task_run::inspect ? 400 : 500;
      return close(number, status, *why);
    }
    send(
      number, sources_.tasks,
      cts::create_task{.configuration = wanted.configuration, .run = asked.run},
      [wanted, wish = waiting.wish, id](const task_mutated& x) {
        return created(wanted, wish, x, id);
      });
  }

  std::optional<std::string>
  problem_for_driver(const config::task& task) const {
    if (!options_.unsupported)
      return std::nullopt;
    auto sentences = options_.unsupported(task);
    if (sentences.empty())
      return std::nullopt;
    return std::move(sentences.front());
  }

  void carry_out(std::uint64_t number, const exchange& waiting,
                 const update_task& asked) {
    const auto& id = waiting.known.request_id;
    const auto enabled = read_enabled(waiting.body);
    if (const auto* wrong = std::get_if<refused>(&enabled))
      return close(open_.find(number), error_reply(*wrong, id));
    const auto order = change_task{
      .task = asked.name, .enabled = std::get<bool>(enabled), .run = asked.run};
    const auto* what = order.enabled ? "enabling task" : "disabling task";
    if (order.run == task_run::inspect)
      what = "generating inspect plan if task becomes enabled";
    log::info("api.updatetask", what,
              {{"request_id", id}, {"task_name", order.task}});
    send(number, sources_.tasks, order,
         [](const task_mutated& x) { return changed(x); });
  }

  /// Asks `whom` to carry out `order`; `reply` makes the reply of the answer.
  template <class Actor, class Order, class Reply>
  void send(std::uint64_t number, const Actor& whom, const Order& order,
            Reply reply) {
    auto done = [this, number, reply](const auto&... answer) {
      const auto found = open_.find(number);
      if (found != open_.end())
        close(found, reply(answer...));
    };
    auto refuse = [this, number](const caf::error& reason) {
      const auto found = open_.find(number);
      if (found == open_.end())
        return;
      const auto why = to_core(reason);
      note_failure(found->second, why.message);
      close(found,
            failed(found->second.asked, why, found->second.known.request_id));
    };
    if constexpr (std::is_invocable_v<Reply>)
      self_->request(whom, options_.mutation_patience, order)
        .then([done] { done(); }, refuse);
    else
      self_->request(whom, options_.mutation_patience, order)
        .then([done](const task_mutated& x) { done(x); }, refuse);
  }

  static void note_failure(const exchange& failed, const std::string& why) {
    const auto* create = std::get_if<create_task>(&failed.asked);
    if (create != nullptr)
      log::error("api.createtask",
                 create->run == task_run::inspect ? "error inspecting new task"
                                                  : "error creating task",
                 {{"request_id", failed.known.request_id},
                  {"task_name", failed.wish.name},
                  {"error", why}});
  }

  void close(exchanges::iterator which, api_reply reply) {
    auto ended = std::move(which->second);
    open_.erase(which);
    auto logged_reply = finished(ended, std::move(reply));
    ended.answer.deliver(std::move(logged_reply));
  }

  api_reply finished(const exchange& ended, api_reply reply) const {
    if (!ended.logged)
      return reply;
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
      self_->clock().now() - ended.arrived);
    log::debug(component, "request complete",
               {{"request_id", ended.known.request_id},
                {"duration", std::to_string(took.count()) + "us"},
                {"status_code", std::to_string(reply.status)}});
    return reply;
  }

  api_actor::pointer self_;
  api_options options_;
  api_sources sources_;
  std::uint64_t last_number_ = 0;
  // Bounded by the connections that the server allows.
  exchanges open_{};
};

} // namespace

api_actor make_api(caf::local_actor* parent, api_options options,
                   api_sources sources) {
  return cafx::spawn_state<api_state>(parent, std::move(options),
                                      std::move(sources));
}

} // namespace cts::api
