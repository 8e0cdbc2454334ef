#include "api/route.hpp"

#include "api/target.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace cts::api {

namespace {

constexpr auto known_methods = std::array<std::string_view, 9>{
  "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS",
  "PATCH",   "POST",   "PUT", "TRACE"};

constexpr auto status_root = std::string_view{"/v1/status"};
constexpr auto task_status_root = std::string_view{"/v1/status/tasks"};
constexpr auto tasks_root = std::string_view{"/v1/tasks"};
constexpr auto step_down_path = std::string_view{"/v1/cluster/step-down"};
constexpr auto peer_path = std::string_view{"/v1/cluster/peer"};
constexpr auto metrics_path = std::string_view{"/v1/metrics"};

refused bad_request(std::string message) {
  return {.status = 400,
          .body = refusal_body::envelope,
          .message = std::move(message)};
}

/// The texts of section 4.4, the slip "in an" included.
refused wrong_method(std::string_view method, std::string_view api,
                     std::pair<std::string_view, std::string_view> methods) {
  const auto [told, allowed] = methods;
  auto message = "'" + std::string{method} + "' in an unsupported method. The ";
  message += std::string{api} + " API currently supports the method(s): '";
  message += std::string{told} + "'";
  return {.status = 405,
          .body = refusal_body::envelope,
          .message = std::move(message),
          .allow = std::string{allowed}};
}

refused empty_405(std::string_view allowed) {
  return {.status = 405,
          .body = refusal_body::empty,
          .message = {},
          .allow = std::string{allowed}};
}

/// Whether `path` is `root` or lies below it.
bool is_below(std::string_view path, std::string_view root) {
  return path.starts_with(root)
         && (path.size() == root.size() || path[root.size()] == '/');
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

/// `[a b]`, as the reference prints a list.
std::string list_text(const std::vector<std::string>& values) {
  auto text = std::string{"["};
  for (const auto& value : values)
    text += (text.size() > 1 ? " " : "") + value;
  return text + "]";
}

std::optional<task_status> status_named(const std::string& name) {
  for (auto status : {task_status::successful, task_status::errored,
                      task_status::critical, task_status::unknown})
    if (name == to_string(status))
      return status;
  return std::nullopt;
}

/// What follows `root` and a slash: nothing, a name, or more than that.
struct remainder {
  std::string name{};
  bool has_slash = false;
};

remainder after(std::string_view path, std::string_view root) {
  path.remove_prefix(std::min(root.size() + 1, path.size()));
  return {.name = percent_decoded(path).value_or(""),
          .has_slash = path.find('/') != std::string_view::npos};
}

refused unsupported_path(std::string_view path) {
  return bad_request(
    "unsupported path '" + percent_decoded(path).value_or("")
    + "'. request must be format 'path/{task-name}'. task name cannot have "
      "'/ ' and api does not support further resources");
}

/// Reads the parameter `status`; what is wrong with it, if anything.
std::optional<refused> take_status(const target& where, read_task_status& ask) {
  const auto values = values_of(where, "status");
  if (values.empty())
    return std::nullopt;
  if (values.size() > 1)
    return bad_request("cannot support more than one status query parameter, "
                       "got status values: "
                       + list_text(values));
  const auto name = lower_case(values.front());
  ask.only = status_named(name);
  if (ask.only)
    return std::nullopt;
  return bad_request("unsupported status parameter value. only supporting "
                     "status values successful, errored, critical, and "
                     "unknown but got "
                     + name);
}

/// Reads the parameter `include` likewise.
std::optional<refused> take_include(const target& where,
                                    read_task_status& ask) {
  const auto values = values_of(where, "include");
  if (values.empty())
    return std::nullopt;
  if (values.size() > 1)
    return bad_request("cannot support more than one include parameter, got "
                       "include values: "
                       + list_text(values));
  ask.include_events = values.front() == "events";
  if (ask.include_events)
    return std::nullopt;
  return bad_request("unsupported ?include parameter value. only supporting "
                     "'include=events' but got 'include="
                     + values.front() + "'");
}

bool is_verbose(const target& where) {
  return !values_of(where, "verbose").empty();
}

route task_status_route(std::string_view method, const target& where) {
  if (method != "GET")
    return wrong_method(method, "task status", {"GET", "GET"});
  const auto rest = after(where.path, task_status_root);
  if (rest.has_slash)
    return unsupported_path(where.path);
  auto ask = read_task_status{};
  if (!rest.name.empty())
    ask.name = rest.name;
  if (auto wrong = take_status(where, ask))
    return *std::move(wrong);
  if (auto wrong = take_include(where, ask))
    return *std::move(wrong);
  ask.verbose = is_verbose(where);
  return ask;
}

route status_route(std::string_view method, const target& where) {
  if (is_below(where.path, task_status_root))
    return task_status_route(method, where);
  if (method != "GET")
    return wrong_method(method, "overallStatus", {"GET", "GET"});
  if (where.path == "/v1/status/cluster")
    return read_cluster{.verbose = is_verbose(where)};
  // Whatever else follows is accepted, as in the reference.
  return read_status{};
}

std::optional<task_run> run_named(const std::string& text) {
  if (text == "now")
    return task_run::now;
  if (text == "inspect")
    return task_run::inspect;
  return std::nullopt;
}

route update_route(const target& where) {
  const auto rest = after(where.path, tasks_root);
  if (rest.has_slash)
    return unsupported_path(where.path);
  if (rest.name.empty())
    return bad_request("no task name was included in the api request. Updating "
                       "a task requires the task name: '/v1/tasks/:task_name'");
  const auto runs = values_of(where, "run");
  if (runs.size() > 1)
    return bad_request("cannot support more than one run query parameter, got "
                       "run values: "
                       + list_text(runs));
  if (runs.empty())
    return update_task{.name = rest.name};
  const auto text = lower_case(runs.front());
  if (const auto run = run_named(text))
    return update_task{.name = rest.name, .run = *run};
  return bad_request("unsupported run parameter value. only supporting run "
                     "values now and inspect but got "
                     + text);
}

refused invalid(std::string message) {
  return {.status = 400,
          .body = refusal_body::validator,
          .message = std::move(message)};
}

/// Source: section 10.1.
route create_route(const target& where) {
  constexpr auto prefix = "parameter \"run\" in query has an error: ";
  const auto runs = values_of(where, "run");
  if (runs.empty())
    return create_task{};
  if (runs.front().empty())
    return invalid(std::string{prefix} + "empty value is not allowed");
  const auto run = run_named(runs.front());
  if (!run)
    return invalid(std::string{prefix}
                   + "value is not one of the allowed values "
                     "[\"now\",\"inspect\"]");
  if (runs.size() > 1)
    return invalid("Invalid format for parameter run: multiple values for "
                   "single value parameter 'run'");
  return create_task{.run = *run};
}

route tasks_route(std::string_view method, const target& where) {
  if (method == "PATCH")
    return update_route(where);
  if (where.path == tasks_root) {
    if (method == "GET")
      return list_tasks{};
    if (method == "POST")
      return create_route(where);
    return wrong_method(method, "task", {"PATCH", "GET, POST"});
  }
  const auto rest = after(where.path, tasks_root);
  if (rest.has_slash || rest.name.empty())
    return wrong_method(method, "task", {"PATCH", "OPTIONS"});
  if (method == "GET")
    return read_task{.name = rest.name};
  if (method == "DELETE")
    return delete_task{.name = rest.name};
  return wrong_method(method, "task", {"PATCH", "GET, PATCH, DELETE"});
}

bool is_probe(std::string_view path) {
  return path == "/v1/health" || path == "/v1/ready";
}

route cluster_route(std::string_view method, const target& where) {
  if (where.path == step_down_path && method == "POST")
    return step_down{};
  if (where.path == step_down_path)
    return wrong_method(method, "cluster", {"POST", "POST"});
  if (where.path == peer_path && method == "GET")
    return read_peer{.hold = !values_of(where, "hold").empty()};
  if (where.path == peer_path)
    return wrong_method(method, "cluster", {"GET", "GET"});
  return refused{};
}

route probe_route(std::string_view method, const target& where) {
  if (method != "GET")
    return empty_405("GET");
  if (where.path == "/v1/ready")
    return read_ready{};
  return read_health{.verbose = is_verbose(where)};
}

} // namespace

route find_route(std::string_view method, std::string_view text) {
  if (method == "OPTIONS")
    return preflight{};
  if (std::find(known_methods.begin(), known_methods.end(), method)
      == known_methods.end())
    return empty_405("GET, PUT, PATCH, POST, DELETE");
  if (method == "CONNECT" && !text.starts_with('/'))
    return refused{};
  const auto where = parse_target(text);
  if (!where)
    return bad_request("the request target '" + std::string{text}
                       + "' is no valid path; write a percent sign as '%25'");
  if (is_probe(where->path))
    return probe_route(method, *where);
  if (is_below(where->path, status_root))
    return status_route(method, *where);
  if (is_below(where->path, tasks_root))
    return tasks_route(method, *where);
  if (where->path == metrics_path && method == "GET")
    return read_metrics{};
  if (where->path == metrics_path)
    return empty_405("GET");
  return cluster_route(method, *where);
}

bool is_mutation(const route& x) {
  return std::holds_alternative<create_task>(x)
         || std::holds_alternative<update_task>(x)
         || std::holds_alternative<delete_task>(x)
         || std::holds_alternative<step_down>(x);
}

bool is_logged(std::string_view method, std::string_view text) {
  const auto where = parse_target(text);
  return method != "OPTIONS" && where && where->path.starts_with("/v1/")
         && where->path != "/v1/" && !is_probe(where->path)
         && where->path != peer_path && where->path != metrics_path;
}

} // namespace cts::api
