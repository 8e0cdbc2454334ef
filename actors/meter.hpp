#pragma once

#include "actors/contract.hpp"
#include "core/metrics.hpp"

#include <caf/send.hpp>

#include <memory>
#include <string>

namespace cts {

// -- who measures tells the meter ---------------------------------------------

struct run_measured {
  metrics::run_ended what{};
};

/// The input of a task was rendered.
struct render_measured {};

/// The API has answered a request.
struct request_measured {
  duration took{};
};

/// What became of the watch of a dependency. `answered` and `ended` of one that
/// has ended change nothing.
enum class watch_news : std::uint8_t { began, answered, ended };

struct watch_measured {
  std::string what{};
  watch_news news = watch_news::began;
};

/// The elector's account, as it is now.
struct election_measured {
  metrics::election_tally tally{};
};

/// A phase of the newest promotion is over: `load` (from the election to the
/// loaded state), `once` (from there until each task ran or has to wait).
struct promotion_measured {
  std::string phase{};
  duration took{};
};

// -- the API asks the meter ---------------------------------------------------

struct get_measures {};

struct measures {
  std::shared_ptr<const metrics::state> state{};
  /// When that was so.
  time_point at{};
};

/// Collects what the instance measures of itself.
using meter_actor = cafx::iface<
  caf::result<void>(run_measured), caf::result<void>(render_measured),
  caf::result<void>(request_measured), caf::result<void>(watch_measured),
  caf::result<void>(election_measured), caf::result<void>(promotion_measured),
  caf::result<measures>(get_measures)>;

/// A restart loses what was counted, as a restart of the process does.
meter_actor make_meter(caf::local_actor* parent);

/// Tells `to`, which may be empty.
template <class Message>
void measure(const meter_actor& to, Message&& x);

CAFX_FIELDS(render_measured)
CAFX_FIELDS(request_measured, took)
CAFX_FIELDS(watch_measured, what, news)
CAFX_FIELDS(promotion_measured, phase, took)
CAFX_FIELDS(get_measures)

} // namespace cts

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::run_measured)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::election_measured)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cts::measures)

CAF_BEGIN_TYPE_ID_BLOCK(cts_meter, caf::first_custom_type_id + 440)

CAF_ADD_TYPE_ID(cts_meter, (cts::run_measured))
CAF_ADD_TYPE_ID(cts_meter, (cts::render_measured))
CAF_ADD_TYPE_ID(cts_meter, (cts::request_measured))
CAF_ADD_TYPE_ID(cts_meter, (cts::watch_measured))
CAF_ADD_TYPE_ID(cts_meter, (cts::election_measured))
CAF_ADD_TYPE_ID(cts_meter, (cts::promotion_measured))
CAF_ADD_TYPE_ID(cts_meter, (cts::get_measures))
CAF_ADD_TYPE_ID(cts_meter, (cts::measures))

CAF_END_TYPE_ID_BLOCK(cts_meter)

namespace cts {

template <class Message>
void measure(const meter_actor& to, Message&& x) {
  if (to)
    caf::anon_send(to, std::forward<Message>(x));
}

} // namespace cts
