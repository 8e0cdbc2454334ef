#include "core/ha/records_parts.hpp"

#include "core/rfc3339.hpp"

namespace cts::ha::parts {

result<members> open(std::string_view text) {
  auto parsed = parse_json(text);
  if (!parsed)
    return parsed.error();
  auto* body = std::get_if<object>(&parsed->data);
  if (body == nullptr)
    return fail(errc::malformed, "no JSON object");
  auto out = members{std::move(*body)};
  auto version = 0;
  out.read("v", version);
  if (version < 1)
    out.refuse("member 'v' is no version");
  return out;
}

result<object> close(members& from, const char* what) {
  if (from.problem())
    return fail(errc::malformed, what, ": ", from.problem()->message);
  return std::move(from).rest();
}

void read_time(members& from, const char* name, wall_time& to) {
  auto text = std::string{};
  from.read(name, text);
  if (text.empty())
    return;
  if (auto time = rfc3339::parse(text))
    to = *time;
  else
    from.refuse(std::string{"member '"} + name + "' is no time");
}

void read_lease(members& from, const char* name,
                std::chrono::milliseconds& to) {
  // A lease beyond this is no lease; sums with it must not overflow.
  constexpr auto longest = std::chrono::milliseconds{std::chrono::hours{24}};
  auto count = std::uint64_t{0};
  from.read(name, count);
  if (count > static_cast<std::uint64_t>(longest.count()))
    from.refuse(std::string{"member '"} + name + "' is longer than a day");
  else
    to = std::chrono::milliseconds{count};
}

members below(members& from, const char* name) {
  auto body = object{};
  from.read(name, body);
  return members{std::move(body)};
}

void keep(object& rest, const char* name, members& inner) {
  if (auto left = std::move(inner).rest(); !left.empty())
    rest[name] = value{std::move(left)};
}

value time_value(wall_time x) {
  return {rfc3339::to_string(x)};
}

object event_value(const task_event& x) {
  auto out = object{{"id", {x.id}},
                    {"success", {x.success}},
                    {"start_time", time_value(x.start_time)},
                    {"end_time", time_value(x.end_time)},
                    {"task_name", {x.task}},
                    {"error", {}}};
  if (x.error)
    out["error"] = {object{{"message", {*x.error}}}};
  out["config"] = {object{{"providers", json_list(x.providers)},
                          {"services", json_list(x.services)},
                          {"source", {x.source}}}};
  return out;
}

void read_event(value from, task_event& to, members& problems) {
  auto* body = std::get_if<object>(&from.data);
  if (body == nullptr)
    return problems.refuse("an event is no object");
  auto event = members{std::move(*body)};
  event.read("id", to.id);
  event.read("success", to.success);
  read_time(event, "start_time", to.start_time);
  read_time(event, "end_time", to.end_time);
  event.read("task_name", to.task);
  if (event.has("error")) {
    auto reason = below(event, "error");
    reason.read("message", to.error.emplace());
    if (reason.problem())
      event.refuse(reason.problem()->message);
  }
  auto config = below(event, "config");
  config.read("providers", to.providers);
  config.read("services", to.services);
  config.read("source", to.source);
  for (const auto* part : {&event, &config})
    if (part->problem())
      problems.refuse("an event: " + part->problem()->message);
}

} // namespace cts::ha::parts
