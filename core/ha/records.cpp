#include "core/ha/records.hpp"

#include "core/ha/records_parts.hpp"

namespace cts::ha {

namespace {

value version() {
  return json_number(1);
}

value signed_number(int x) {
  return {number{std::to_string(x)}};
}

std::string written(const object& rest, object known) {
  return json_text({merged(rest, std::move(known))});
}

value lease_value(std::chrono::milliseconds x) {
  return json_number(
    static_cast<std::uint64_t>(std::max<std::int64_t>(x.count(), 0)));
}

} // namespace

const char* to_string(lock_state x) {
  switch (x) {
    case lock_state::active: return "active";
    case lock_state::released: return "released";
    case lock_state::crashed: return "crashed";
  }
  return "unknown";
}

const char* to_string(run_state x) {
  switch (x) {
    case run_state::running: return "running";
    case run_state::stopping: return "stopping";
    case run_state::stopped: return "stopped";
  }
  return "unknown";
}

// -- meta ---------------------------------------------------------------------

std::string encode(const meta_record& x) {
  return written(x.rest, {{"v", signed_number(x.schema)},
                          {"min_reader", signed_number(x.min_reader)},
                          {"cluster", {x.cluster}},
                          {"epoch", json_number(x.epoch)},
                          {"gen", json_number(x.generation)},
                          {"leader", {x.leader}},
                          {"boot", {x.boot}},
                          {"created", parts::time_value(x.created)},
                          {"writer", {x.writer}}});
}

result<meta_record> decode_meta(std::string_view text) {
  auto parsed = parse_json(text);
  if (!parsed)
    return fail(errc::malformed, "meta: ", parsed.error().message);
  auto* body = std::get_if<object>(&parsed->data);
  auto from = members{body == nullptr ? object{} : std::move(*body)};
  auto out = meta_record{.schema = 0, .min_reader = 0};
  from.read("v", out.schema);
  from.read("min_reader", out.min_reader);
  if (out.schema < 1 || out.min_reader < 1)
    from.refuse("no version");
  from.read("cluster", out.cluster);
  from.read("epoch", out.epoch);
  from.read("gen", out.generation);
  from.read("leader", out.leader);
  from.read("boot", out.boot);
  parts::read_time(from, "created", out.created);
  from.read("writer", out.writer);
  auto rest = parts::close(from, "meta");
  if (!rest)
    return rest.error();
  out.rest = *std::move(rest);
  return out;
}

// -- leader -------------------------------------------------------------------

std::string encode(const leader_record& x) {
  return written(x.rest, {{"v", version()},
                          {"id", {x.id}},
                          {"boot", {x.boot}},
                          {"epoch", json_number(x.epoch)},
                          {"address", {x.address}},
                          {"port", signed_number(x.port)},
                          {"scheme", {x.scheme}},
                          {"service_name", {x.service_name}},
                          {"state", {std::string{to_string(x.state)}}},
                          {"clean", {x.clean}},
                          {"elected_at", parts::time_value(x.elected_at)},
                          {"reason", {x.reason}}});
}

result<leader_record> decode_leader(std::string_view text) {
  auto from = parts::open(text);
  if (!from)
    return fail(errc::malformed, "leader: ", from.error().message);
  auto out = leader_record{};
  from->read("id", out.id);
  from->read("boot", out.boot);
  from->read("epoch", out.epoch);
  from->read("address", out.address);
  from->read("port", out.port);
  from->read("scheme", out.scheme);
  from->read("service_name", out.service_name);
  parts::read_name(*from, "state", out.state, lock_state::crashed);
  from->read("clean", out.clean);
  parts::read_time(*from, "elected_at", out.elected_at);
  from->read("reason", out.reason);
  auto rest = parts::close(*from, "leader");
  if (!rest)
    return rest.error();
  out.rest = *std::move(rest);
  return out;
}

// -- instances ----------------------------------------------------------------

std::string encode(const instance_record& x) {
  auto warm = object{{"tasks", json_number(x.warm.tasks)},
                     {"ready", json_number(x.warm.ready)},
                     {"incompatible", json_list(x.warm.incompatible)}};
  return written(x.rest, {{"v", version()},
                          {"id", {x.id}},
                          {"boot", {x.boot}},
                          {"session", {x.session}},
                          {"seq", json_number(x.seq)},
                          {"lease_ms", lease_value(x.lease)},
                          {"role", {x.role}},
                          {"host", {x.host}},
                          {"host_boot_id", {x.host_boot_id}},
                          {"pid", json_number(x.pid)},
                          {"pid_start", json_number(x.pid_start)},
                          {"address", {x.address}},
                          {"port", signed_number(x.port)},
                          {"scheme", {x.scheme}},
                          {"service_name", {x.service_name}},
                          {"version", {x.version}},
                          {"schema_max", signed_number(x.schema_max)},
                          {"warm", {std::move(warm)}},
                          {"started_at", parts::time_value(x.started_at)}});
}

result<instance_record> decode_instance(std::string_view text) {
  auto from = parts::open(text);
  if (!from)
    return fail(errc::malformed, "instance: ", from.error().message);
  auto out = instance_record{};
  from->read("id", out.id);
  from->read("boot", out.boot);
  from->read("session", out.session);
  from->read("seq", out.seq);
  parts::read_lease(*from, "lease_ms", out.lease);
  from->read("role", out.role);
  from->read("host", out.host);
  from->read("host_boot_id", out.host_boot_id);
  from->read("pid", out.pid);
  from->read("pid_start", out.pid_start);
  from->read("address", out.address);
  from->read("port", out.port);
  from->read("scheme", out.scheme);
  from->read("service_name", out.service_name);
  from->read("version", out.version);
  from->read("schema_max", out.schema_max);
  parts::read_time(*from, "started_at", out.started_at);
  auto warm = parts::below(*from, "warm");
  warm.read("tasks", out.warm.tasks);
  warm.read("ready", out.warm.ready);
  warm.read("incompatible", out.warm.incompatible);
  if (warm.problem())
    from->refuse(warm.problem()->message);
  auto rest = parts::close(*from, "instance");
  if (!rest)
    return rest.error();
  out.rest = *std::move(rest);
  parts::keep(out.rest, "warm", warm);
  return out;
}

// -- runs in flight -----------------------------------------------------------

std::string encode(const inflight_record& x) {
  auto known
    = object{{"v", version()},
             {"task", {x.task}},
             {"epoch", json_number(x.epoch)},
             {"owner", {x.owner}},
             {"boot", {x.boot}},
             {"job", {x.job}},
             {"driver", {x.driver}},
             {"phase", {x.phase}},
             {"state", {std::string{to_string(x.state)}}},
             {"lease_ms", lease_value(x.lease)},
             {"who", {x.who}},
             {"started_at", parts::time_value(x.started_at)},
             {"backend",
              {object{{"type", {x.backend_type}}, {"lock_key", {x.lock_key}}}}},
             {"killed", {x.killed}},
             {"result", {}}};
  if (!x.workspace_id.empty() || !x.run_id.empty())
    known["tfc"]
      = {object{{"workspace_id", {x.workspace_id}}, {"run_id", {x.run_id}}}};
  if (x.result)
    known["result"] = {parts::event_value(*x.result)};
  return written(x.rest, std::move(known));
}

result<inflight_record> decode_inflight(std::string_view text) {
  auto from = parts::open(text);
  if (!from)
    return fail(errc::malformed, "run in flight: ", from.error().message);
  auto out = inflight_record{};
  from->read("task", out.task);
  from->read("epoch", out.epoch);
  from->read("owner", out.owner);
  from->read("boot", out.boot);
  from->read("job", out.job);
  from->read("driver", out.driver);
  from->read("phase", out.phase);
  parts::read_name(*from, "state", out.state, run_state::stopped);
  parts::read_lease(*from, "lease_ms", out.lease);
  from->read("who", out.who);
  parts::read_time(*from, "started_at", out.started_at);
  from->read("killed", out.killed);
  if (from->has("result"))
    parts::read_event(from->take("result"), out.result.emplace(), *from);
  else
    from->take("result");
  auto backend = parts::below(*from, "backend");
  backend.read("type", out.backend_type);
  backend.read("lock_key", out.lock_key);
  auto cloud = parts::below(*from, "tfc");
  cloud.read("workspace_id", out.workspace_id);
  cloud.read("run_id", out.run_id);
  for (const auto* part : {&backend, &cloud})
    if (part->problem())
      from->refuse(part->problem()->message);
  auto rest = parts::close(*from, "run in flight");
  if (!rest)
    return rest.error();
  out.rest = *std::move(rest);
  parts::keep(out.rest, "backend", backend);
  parts::keep(out.rest, "tfc", cloud);
  return out;
}

} // namespace cts::ha
