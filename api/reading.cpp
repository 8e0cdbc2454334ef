#include "api/reading.hpp"

#include "api/cluster.hpp"
#include "api/error_reply.hpp"
#include "api/metrics.hpp"
#include "api/representation.hpp"

#include <algorithm>

namespace cts::api {

namespace {

using event_map = std::map<task_name, task_events>;

const event_map& events_of(const knowledge& known) {
  static const auto none = event_map{};
  return known.events && known.events->events ? *known.events->events : none;
}

const task_events& events_of(const knowledge& known, const task_name& name) {
  static const auto none = task_events{};
  const auto& all = events_of(known);
  const auto found = all.find(name);
  return found == all.end() ? none : found->second;
}

const task_views& views_of(const knowledge& known) {
  static const auto none = task_views{};
  return known.tasks ? *known.tasks : none;
}

const task_view* find_task(const knowledge& known, const task_name& name) {
  const auto& tasks = views_of(known).tasks;
  const auto found
    = std::find_if(tasks.begin(), tasks.end(), [&name](const auto& task) {
        return task.configuration->name == name;
      });
  return found == tasks.end() ? nullptr : &*found;
}

bool is_shown(const read_task_status& asked, const task_status_view& task) {
  return (!asked.name || *asked.name == task.task.configuration->name)
         && (!asked.only || *asked.only == status_of(task.events));
}

/// One overload per route.
struct replier {
  const knowledge& known;

  api_reply operator()(preflight) const { return {}; }

  api_reply operator()(const read_health& asked) const {
    if (!asked.verbose)
      return json_reply(200, "{}\n");
    return json_reply(200, health_body(views_of(known), events_of(known)));
  }

  api_reply operator()(read_ready) const {
    auto waiting = std::string{};
    for (const auto& name :
         waiting_for_first_run(views_of(known), events_of(known)))
      waiting += (waiting.empty() ? "" : ", ") + name;
    if (waiting.empty())
      return json_reply(200, "{}\n");
    return error_reply(503, "these tasks have not run yet: " + waiting,
                       known.request_id);
  }

  api_reply operator()(read_status) const {
    return json_reply(200, status_body(views_of(known), events_of(known)));
  }

  api_reply operator()(const read_task_status& asked) const {
    if (asked.name && find_task(known, *asked.name) == nullptr)
      return unknown_task(*asked.name, known.request_id);
    auto shown = std::vector<task_status_view>{};
    for (const auto& task : views_of(known).tasks) {
      const auto status = task_status_view{
        .task = task, .events = events_of(known, task.configuration->name)};
      if (is_shown(asked, status))
        shown.push_back(status);
    }
    return json_reply(
      200, task_status_body(shown, {.include_events = asked.include_events,
                                    .verbose = asked.verbose,
                                    .zone = known.zone}));
  }

  api_reply operator()(const read_cluster& asked) const {
    if (known.cluster)
      return json_reply(
        200, cluster_body(*known.cluster, asked.verbose, known.request_id));
    return no_cluster(known.request_id);
  }

  api_reply operator()(step_down) const { return no_cluster(known.request_id); }

  api_reply operator()(read_metrics) const {
    return {.status = 200,
            .fields = {{"Content-Type", metrics_type}},
            .body = metrics_text(views_of(known),
                                 known.measured.value_or(measures{}))};
  }

  // Held or answered without asking anybody.
  api_reply operator()(const read_peer&) const { return {.status = 500}; }

  api_reply operator()(list_tasks) const {
    return json_reply(200, task_list_body(views_of(known), known.request_id));
  }

  api_reply operator()(const read_task& asked) const {
    if (const auto* task = find_task(known, asked.name))
      return json_reply(200, task_body(*task, known.request_id));
    return unknown_task(asked.name, known.request_id);
  }

  // Mutations are carried out, not read.
  api_reply operator()(const create_task&) const { return {.status = 500}; }
  api_reply operator()(const update_task&) const { return {.status = 500}; }
  api_reply operator()(const delete_task&) const { return {.status = 500}; }

  api_reply operator()(const refused& why) const {
    return error_reply(why, known.request_id);
  }
};

struct needs_by_route {
  needs operator()(const read_status&) const { return {true, true}; }
  needs operator()(const read_task_status&) const { return {true, true}; }
  needs operator()(const list_tasks&) const { return {true, false}; }
  needs operator()(const read_task&) const { return {true, false}; }
  needs operator()(const preflight&) const { return {}; }
  needs operator()(const read_health& asked) const {
    return {asked.verbose, asked.verbose};
  }
  needs operator()(const read_ready&) const { return {true, true}; }
  needs operator()(const read_cluster&) const { return {.cluster = true}; }
  needs operator()(const read_peer&) const { return {}; }
  needs operator()(const read_metrics&) const {
    return {.tasks = true, .measures = true};
  }
  // Whether the name is taken is looked at before anything else.
  needs operator()(const create_task&) const { return {true, false}; }
  needs operator()(const update_task&) const { return {}; }
  needs operator()(const delete_task&) const { return {}; }
  needs operator()(const step_down&) const { return {}; }
  needs operator()(const refused&) const { return {}; }
};

} // namespace

needs needs_of(const route& asked) {
  return std::visit(needs_by_route{}, asked);
}

bool is_known(const task_name& name, const knowledge& known) {
  return find_task(known, name) != nullptr;
}

api_reply reply_to(const route& asked, const knowledge& known) {
  return std::visit(replier{known}, asked);
}

} // namespace cts::api
