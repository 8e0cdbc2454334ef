#pragma once

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/errors.hpp"
#include "actors/log.hpp"
#include "api/api.hpp"
#include "api/reading.hpp"
#include "api/route.hpp"
#include "api/task_request.hpp"
#include "core/machine.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <map>

// The API's class, for the files that answer for it; nobody else includes this.

namespace cts::api {

/// A peer's greeting has been held for as long as it should be.
struct greeting_due {
  std::uint64_t number = 0;
};

CAFX_FIELDS(greeting_due, number)

using api_impl = cafx::extended<api_actor, caf::result<void>(greeting_due)>;

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
  using actor_type = api_impl;
  static inline constexpr const char* name = "api";

  api_state(api_impl::pointer self, api_options options, api_sources sources);

  api_impl::behavior_type make_behavior();

private:
  using exchanges = std::map<std::uint64_t, exchange>;

  caf::result<api_reply> start(const api_request& request);
  exchange begin(const api_request& request);
  static std::optional<refused> read_body(exchange& begun,
                                          const api_request& request);
  bool changes(const route& asked) const;
  std::string next_request_id();

  // -- greetings of peers -----------------------------------------------------

  caf::result<api_reply> greet(const read_peer& asked,
                               const std::string& request_id);
  api_reply greeting() const;
  void end_greeting(std::uint64_t number);

  // -- what must be known -----------------------------------------------------

  void ask_leadership(std::uint64_t number);
  void learn(std::uint64_t number, const leadership_view& leadership);
  void proceed(std::uint64_t number);
  void ask_tasks(std::uint64_t number);
  void ask_events(std::uint64_t number);
  void ask_cluster(std::uint64_t number);
  void ask_measures(std::uint64_t number);
  template <class Take>
  void learn(std::uint64_t number, const Take& take);
  void give_up(std::uint64_t number, const char* whom,
               const caf::error& reason);
  void close(std::uint64_t number, int status, const std::string& text);
  void close_if_complete(exchanges::iterator which);
  void close(exchanges::iterator which, api_reply reply);
  api_reply finished(const exchange& ended, api_reply reply) const;

  // -- mutations (api_mutations.cpp) ------------------------------------------

  void carry_out(std::uint64_t number, const exchange& waiting);
  void carry_out(std::uint64_t number, const exchange& waiting,
                 const create_task& asked);
  void carry_out(std::uint64_t number, const exchange& waiting,
                 const update_task& asked);
  std::optional<std::string> problem_for_driver(const config::task& task) const;
  template <class Actor, class Order, class Reply>
  void send(std::uint64_t number, const Actor& whom, const Order& order,
            Reply reply);
  static void note_failure(const exchange& failed, const std::string& why);

  api_impl::pointer self_;
  api_options options_;
  api_sources sources_;
  std::uint64_t last_number_ = 0;
  // Bounded by the connections that the server allows.
  exchanges open_{};
  /// Those that are held open.
  std::map<std::uint64_t, cafx::answer<api_reply>> greetings_{};
};

} // namespace cts::api

CAF_BEGIN_TYPE_ID_BLOCK(cts_api, caf::first_custom_type_id + 700)

CAF_ADD_TYPE_ID(cts_api, (cts::api::greeting_due))

CAF_END_TYPE_ID_BLOCK(cts_api)
