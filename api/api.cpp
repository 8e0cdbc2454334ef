#include "api/api_shell.hpp"

#include "actors/caf/state_actor.hpp"
#include "api/cluster.hpp"
#include "api/error_reply.hpp"

#include <utility>

namespace cts::api {

namespace {

constexpr auto component = "api";

/// So many peers are greeted at a time; there are never that many instances.
constexpr auto greetings_max = std::size_t{64};

/// How long a greeting is held.
constexpr auto heartbeat = std::chrono::seconds{1};

} // namespace

api_state::api_state(api_impl::pointer self, api_options options,
                     api_sources sources)
  : self_(self), options_(std::move(options)), sources_(std::move(sources)) {
  cafx::install_guards(self_, [](const std::string& text) {
    log::error(component, "unexpected event", {{"detail", text}});
  });
}

api_impl::behavior_type api_state::make_behavior() {
  return {
    [this](const api_request& request) { return start(request); },
    [this](const greeting_due& x) { end_greeting(x.number); },
  };
}

caf::result<api_reply> api_state::start(const api_request& request) {
  auto begun = begin(request);
  if (const auto* peer = std::get_if<read_peer>(&begun.asked))
    return greet(*peer, begun.known.request_id);
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
std::optional<refused> api_state::read_body(exchange& begun,
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
bool api_state::changes(const route& asked) const {
  return is_mutation(asked)
         && (sources_.elector || !std::holds_alternative<step_down>(asked));
}

exchange api_state::begin(const api_request& request) {
  auto begun = exchange{};
  begun.asked = find_route(request.method, request.target);
  begun.missing = needs_of(begun.asked);
  begun.missing.cluster = begun.missing.cluster && sources_.elector;
  begun.missing.measures = begun.missing.measures && sources_.meter;
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

std::string api_state::next_request_id() {
  // In this order with every compiler.
  const auto high = options_.random();
  return make_uuid(high, options_.random());
}

// -- greetings of peers -------------------------------------------------------

// Whoever watches this process holds a greeting open: its end is seen at once.
caf::result<api_reply> api_state::greet(const read_peer& asked,
                                        const std::string& request_id) {
  if (!sources_.elector)
    return no_cluster(request_id);
  if (!asked.hold)
    return greeting();
  if (greetings_.size() >= greetings_max)
    return error_reply(503, "too many peers watch this instance", request_id);
  auto promise = self_->make_response_promise<api_reply>();
  auto number = ++last_number_;
  greetings_.emplace(number, cafx::answer<api_reply>{promise});
  self_->delayed_send(self_, heartbeat, greeting_due{number});
  return promise;
}

api_reply api_state::greeting() const {
  return json_reply(200, greeting_body(options_.settings->id, options_.boot));
}

void api_state::end_greeting(std::uint64_t number) {
  if (auto held = greetings_.extract(number))
    held.mapped().deliver(greeting());
}

// -- what must be known -----------------------------------------------------

void api_state::ask_leadership(std::uint64_t number) {
  self_->request(sources_.elector, options_.patience, get_leadership{})
    .then([this, number](const leadership_view& x) { learn(number, x); },
          [this, number](const caf::error& reason) {
            give_up(number, "the elector", reason);
          });
}

void api_state::learn(std::uint64_t number, const leadership_view& leadership) {
  const auto found = open_.find(number);
  if (found == open_.end())
    return;
  const auto& waiting = found->second;
  if (auto instead
      = withheld(waiting.asked, leadership, waiting.known.request_id))
    return close(found, *std::move(instead));
  proceed(number);
}

void api_state::proceed(std::uint64_t number) {
  const auto missing = open_.at(number).missing;
  if (missing == needs{})
    return close_if_complete(open_.find(number));
  if (missing.tasks)
    ask_tasks(number);
  if (missing.events)
    ask_events(number);
  if (missing.cluster)
    ask_cluster(number);
  if (missing.measures)
    ask_measures(number);
}

void api_state::ask_tasks(std::uint64_t number) {
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

void api_state::ask_events(std::uint64_t number) {
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

void api_state::ask_cluster(std::uint64_t number) {
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

void api_state::ask_measures(std::uint64_t number) {
  self_->request(sources_.meter, options_.patience, get_measures{})
    .then(
      [this, number](const measures& x) {
        learn(number, [&](exchange& waiting) {
          waiting.known.measured = x;
          waiting.missing.measures = false;
        });
      },
      [this, number](const caf::error& reason) {
        give_up(number, "the meter", reason);
      });
}

template <class Take>
void api_state::learn(std::uint64_t number, const Take& take) {
  const auto found = open_.find(number);
  if (found == open_.end())
    return;
  take(found->second);
  close_if_complete(found);
}

void api_state::give_up(std::uint64_t number, const char* whom,
                        const caf::error& reason) {
  close(number, 503,
        std::string{whom} + " did not answer (" + to_core(reason).message
          + "); try again later");
}

void api_state::close(std::uint64_t number, int status,
                      const std::string& text) {
  const auto found = open_.find(number);
  if (found != open_.end())
    close(found, error_reply(status, text, found->second.known.request_id));
}

void api_state::close_if_complete(exchanges::iterator which) {
  const auto& waiting = which->second;
  if (waiting.missing != needs{})
    return;
  if (changes(waiting.asked))
    carry_out(which->first, waiting);
  else
    close(which, reply_to(waiting.asked, waiting.known));
}

void api_state::close(exchanges::iterator which, api_reply reply) {
  auto ended = std::move(which->second);
  open_.erase(which);
  auto logged_reply = finished(ended, std::move(reply));
  ended.answer.deliver(std::move(logged_reply));
}

api_reply api_state::finished(const exchange& ended, api_reply reply) const {
  const auto span = self_->clock().now() - ended.arrived;
  measure(sources_.meter, request_measured{span});
  if (!ended.logged)
    return reply;
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(span);
  log::debug(component, "request complete",
             {{"request_id", ended.known.request_id},
              {"duration", std::to_string(took.count()) + "us"},
              {"status_code", std::to_string(reply.status)}});
  return reply;
}

api_actor make_api(caf::local_actor* parent, api_options options,
                   api_sources sources) {
  return cafx::spawn_state<api_state>(parent, std::move(options),
                                      std::move(sources));
}

} // namespace cts::api
