#include "core/ha/records.hpp"
#include "core/ha/records_parts.hpp"
#include "core/rfc3339.hpp"
#include "core/sha256.hpp"

namespace cts::ha {

// -- tasks --------------------------------------------------------------------

std::string encode(const task_record& x) {
  auto by
    = object{{"id", {x.updated_by}}, {"epoch", json_number(x.updated_in)}};
  auto known = object{{"v", json_number(1)},
                      {"name", {x.name}},
                      {"source", {x.source}},
                      {"order", json_number(x.order)},
                      {"rev", json_number(x.rev)},
                      {"enabled", {x.enabled}},
                      {"deleting", {x.deleting}},
                      {"config_sha256", {sha256_hex(json_text({x.config}))}},
                      {"updated_at", parts::time_value(x.updated_at)},
                      {"updated_by", {std::move(by)}}};
  auto out = merged(x.rest, std::move(known));
  // Not merged: what was configured goes as a whole.
  out["config"] = {x.config};
  return json_text({std::move(out)});
}

result<task_record> decode_task_record(std::string_view text) {
  auto from = parts::open(text);
  if (!from)
    return fail(errc::malformed, "task: ", from.error().message);
  auto out = task_record{};
  from->read("name", out.name);
  from->read("source", out.source);
  from->read("order", out.order);
  from->read("rev", out.rev);
  from->read("enabled", out.enabled);
  from->read("deleting", out.deleting);
  if (out.name.empty() || !from->has("config"))
    from->refuse("name or configuration is missing");
  from->read("config", out.config);
  from->take("config_sha256");
  parts::read_time(*from, "updated_at", out.updated_at);
  auto by = parts::below(*from, "updated_by");
  by.read("id", out.updated_by);
  by.read("epoch", out.updated_in);
  if (by.problem())
    from->refuse(by.problem()->message);
  auto rest = parts::close(*from, "task");
  if (!rest)
    return rest.error();
  out.rest = *std::move(rest);
  parts::keep(out.rest, "updated_by", by);
  return out;
}

// -- events -------------------------------------------------------------------

std::string encode(const events_record& x) {
  auto events = list{};
  for (const auto& event : x.events)
    events.push_back({parts::event_value(event)});
  return json_text({merged(x.rest, {{"v", json_number(1)},
                                    {"events", {std::move(events)}},
                                    {"runs", json_number(x.runs)},
                                    {"failures", json_number(x.failures)}})});
}

result<events_record> decode_events(std::string_view text) {
  auto from = parts::open(text);
  if (!from)
    return fail(errc::malformed, "events: ", from.error().message);
  auto out = events_record{};
  from->read("runs", out.runs);
  from->read("failures", out.failures);
  auto events = from->take("events");
  auto* items = std::get_if<list>(&events.data);
  if (items == nullptr)
    from->refuse("member 'events' is no list");
  for (auto i = std::size_t{0}; items != nullptr && i < items->size(); ++i)
    if (i < event_store::events_max)
      parts::read_event(std::move((*items)[i]), out.events.emplace_back(),
                        *from);
  auto rest = parts::close(*from, "events");
  if (!rest)
    return rest.error();
  out.rest = *std::move(rest);
  return out;
}

bool add_event(events_record& to, task_event event) {
  auto same = [&event](const task_event& x) {
    return !event.id.empty() && x.id == event.id;
  };
  if (std::any_of(to.events.begin(), to.events.end(), same))
    return false;
  ++to.runs;
  to.failures += event.success ? 0U : 1U;
  event.start_time = rfc3339::to_microseconds(event.start_time);
  event.end_time = rfc3339::to_microseconds(event.end_time);
  // What is no UTF-8 gets longer, so it is made valid before it is cut.
  if (event.error)
    event.error = valid_text(*event.error);
  auto cut = event_store{};
  cut.add(std::move(event));
  to.events.push_front(cut.all().begin()->second.front());
  if (to.events.size() > event_store::events_max)
    to.events.pop_back();
  return true;
}

// -- chunks -------------------------------------------------------------------

std::string encode(const chunked_record& x) {
  auto body = object{{"sha256", {x.sha256}},
                     {"size", json_number(x.size)},
                     {"pieces", json_number(x.pieces)},
                     {"dir", {x.directory}}};
  return json_text(
    {object{{"v", json_number(1)}, {"chunked", {std::move(body)}}}});
}

std::optional<chunked_record> decode_chunked(std::string_view text) {
  // Nearly all records are whole, and need not be read twice.
  if (text.find("chunked") == std::string_view::npos)
    return std::nullopt;
  auto from = parts::open(text);
  if (!from || !from->has("chunked"))
    return std::nullopt;
  auto body = parts::below(*from, "chunked");
  auto out = chunked_record{};
  body.read("sha256", out.sha256);
  body.read("size", out.size);
  body.read("pieces", out.pieces);
  body.read("dir", out.directory);
  if (from->problem() || body.problem())
    return std::nullopt;
  return out;
}

} // namespace cts::ha
