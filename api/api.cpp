#include "api/api.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "actors/log.hpp"
#include "api/error_reply.hpp"
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
  bool logged = false;
  time_point arrived{};
  cafx::answer<api_reply> answer{};
};

/// Answers requests. What a restart loses: the requests that wait for the task
/// manager or the state store; the server answers them with 503.
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
    if (begun.missing == needs{})
      return finished(begun, reply_to(begun.asked, begun.known));
    auto promise = self_->make_response_promise<api_reply>();
    begun.answer = cafx::answer<api_reply>{promise};
    const auto missing = begun.missing;
    const auto number = ++last_number_;
    open_.emplace(number, std::move(begun));
    if (missing.tasks)
      ask_tasks(number);
    if (missing.events)
      ask_events(number);
    return promise;
  }

  exchange begin(const api_request& request) {
    auto begun = exchange{};
    begun.asked = find_route(request.method, request.target);
    begun.missing = needs_of(begun.asked);
    begun.known.request_id = next_request_id();
    begun.known.method = request.method;
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

  void ask_tasks(std::uint64_t number) {
    self_->request(sources_.tasks, options_.patience, get_tasks{})
      .then([this, number](const task_views& tasks) { learn(number, tasks); },
            [this, number](const caf::error& reason) {
              give_up(number, "the task manager", reason);
            });
  }

  void ask_events(std::uint64_t number) {
    self_->request(sources_.events, options_.patience, get_events{})
      .then([this, number](const events_snapshot& all) { learn(number, all); },
            [this, number](const caf::error& reason) {
              give_up(number, "the state store", reason);
            });
  }

  void learn(std::uint64_t number, const task_views& tasks) {
    const auto found = open_.find(number);
    if (found == open_.end())
      return;
    found->second.known.tasks = tasks;
    found->second.missing.tasks = false;
    close_if_complete(found);
  }

  void learn(std::uint64_t number, const events_snapshot& events) {
    const auto found = open_.find(number);
    if (found == open_.end())
      return;
    found->second.known.events = events;
    found->second.missing.events = false;
    close_if_complete(found);
  }

  void give_up(std::uint64_t number, const char* whom,
               const caf::error& reason) {
    const auto found = open_.find(number);
    if (found == open_.end())
      return;
    const auto text = std::string{whom} + " did not answer ("
                      + to_core(reason).message + "); try again later";
    close(found, error_reply(503, text, found->second.known.request_id));
  }

  using exchanges = std::map<std::uint64_t, exchange>;

  void close_if_complete(exchanges::iterator which) {
    const auto& waiting = which->second;
    if (waiting.missing == needs{})
      close(which, reply_to(waiting.asked, waiting.known));
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
