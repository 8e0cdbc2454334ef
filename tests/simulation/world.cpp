#include "tests/simulation/world.hpp"

#include "tests/simulation/record_text.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>

namespace cts::simulation {

namespace {

using namespace std::chrono_literals;

constexpr auto cluster_name = "sim";
constexpr auto cluster_path = "consul-terraform-sync/sim";
constexpr auto terraform_keys = "consul-terraform-sync/terraform-env:";

} // namespace

config::task task_named(const task_name& name) {
  auto out = config::task{.name = name, .module = "./m"};
  out.working_dir = "sync-tasks/" + name;
  out.providers = {"cloud"};
  out.condition = config::services_condition{.query = {.names = {name}}};
  out.buffer = {.enabled = true, .min = 1s, .max = 4s};
  return out;
}

std::string creation_of(const task_name& name) {
  return R"({"task":{"name":")" + name
         + R"(","module":"./m","condition":{"services":{"names":[")" + name
         + R"("]}}}})";
}

bool has_secret(std::string_view text) {
  return std::ranges::any_of(secrets, [&](const char* x) {
    return text.find(x) != std::string_view::npos;
  });
}

world::world(world_options options)
  : options_(std::move(options)), engine_(options_.seed, options_.trace_lines),
    outside_(engine_.add("world", exact_)),
    network_(engine_, outside_, options_.seed ^ 0x6E6574U),
    peers_(engine_, options_.seed ^ 0x70656572U,
           [this](const auto& name) { return target_of(name); }),
    around_{.engine = engine_,
            .network = network_,
            .peers = peers_,
            .habits = options_.habits,
            .settings = [this](const auto& name) { return settings_of(name); },
            .tamper = options_.tamper,
            .on_process =
              [this](const auto& x) {
                if (observers_.process)
                  observers_.process(x);
              },
            .on_provider =
              [this](const auto& x) {
                if (observers_.provider)
                  observers_.provider(x);
              }} {
  auto seeds = random_stream{options_.seed ^ 0x6D616368U};
  for (auto i = std::size_t{0}; i < options_.machines; ++i)
    machines_.push_back(std::make_unique<machine>(
      around_, "cts-" + std::to_string(i), seeds.next()));
}

world::~world() {
  log::set_sink({});
}

void world::observe(observers who) {
  observers_ = std::move(who);
  network_.observe(observers_.consul);
  network_.observe_sent(observers_.sent);
  if (engine_.trace().is_on() || observers_.log)
    log::set_sink([this](const log::line& x) { write_line(x); });
}

void world::write_line(const log::line& x) {
  auto where = std::string{};
  if (const auto* one = engine_.current())
    where = one->name();
  if (observers_.log)
    observers_.log(where, x);
  engine_.note([&] {
    auto text = where + " | " + std::string{x.component} + ": "
                + std::string{x.sentence};
    for (const auto& field : x.fields)
      text += " " + std::string{field.key} + "=" + field.value;
    return text;
  });
}

peer_target world::target_of(const std::string& name) {
  return find(name) == nullptr ? peer_target{} : at(name).as_peer();
}

machine& world::at(const std::string& name) {
  return **std::ranges::find_if(
    machines_, [&](const auto& x) { return x->name() == name; });
}

const machine* world::find(const std::string& name) const {
  auto found = std::ranges::find(machines_, name,
                                 [](const auto& x) { return x->name(); });
  return found == machines_.end() ? nullptr : found->get();
}

void world::boot_all() {
  for (auto& x : machines_)
    x->boot();
}

std::string world::base() const {
  return std::string{cluster_path} + "/";
}

config::settings world::settings_of(const std::string& name) const {
  auto out = config::settings{.id = name};
  out.driver.path = "/opt";
  out.driver.path_configured = true;
  out.driver.backend = {.type = "consul"};
  out.driver.backend.arguments["path"]
    = value{std::string{"consul-terraform-sync/terraform"}};
  out.driver.backend.arguments["address"] = value{out.consul.address};
  out.consul.block_wait = 30s;
  out.consul.token = secrets[0];
  auto provider = config::terraform_provider{.name = "cloud"};
  provider.task_env["CLOUD_TOKEN"] = secrets[1];
  provider.arguments["token"] = value{std::string{secrets[2]}};
  out.providers.push_back(provider);
  for (const auto& task : options_.tasks)
    out.tasks.push_back(task_named(task));
  if (options_.high_availability) {
    out.high_availability
      = config::high_availability{.cluster_name = cluster_name,
                                  .session_ttl = options_.session_ttl,
                                  .address = name + ".example",
                                  .path = cluster_path};
    // Hanging runs must not outlast a history.
    auto& failover = out.high_availability->failover;
    failover.drain_timeout = 15s;
    failover.lease
      = std::clamp<nanoseconds>(2 * options_.session_ttl, 20s, 60s);
    if (options_.exclusive)
      failover.exclusive = "instance";
  }
  if (options_.adjust)
    options_.adjust(out, name);
  return out;
}

void world::ask(std::string method, const std::string& target, std::string body,
                const std::function<void(const std::string&)>& next) {
  engine_.note([&] { return "operator: " + method + " " + target; });
  network_.exchange(consul_model::first_node,
                    {.id = ++operations_,
                     .method = std::move(method),
                     .url = "http://agent/v1" + target,
                     .body = std::move(body),
                     .deadline = 10s},
                    [next](const result<http_reply>& x) {
                      if (x && x->status == 200)
                        next(x->body);
                    });
}

void world::operate(std::string method, const std::string& target,
                    std::string body) {
  ask(std::move(method), target, std::move(body), [](const std::string&) {});
}

// -- Terraform by hand --------------------------------------------------------

void world::lock_state(const task_name& task) {
  if (strangers_.contains(task))
    return;
  ask("PUT", "/session/create",
      R"({"Name":"Consul API Lock","LockDelay":"0s"})",
      [this, task, asked = unlocks_](const std::string& body) {
        auto session = text_in(read_record(body), "ID");
        // Too late.
        if (asked != unlocks_)
          return operate("PUT", "/session/destroy/" + session);
        strangers_[task] = session;
        acquire(task, session);
      });
}

void world::acquire(const task_name& task, const std::string& session) {
  auto key = "/kv/" + std::string{terraform_keys} + task;
  ask("PUT", key + "/.lock?acquire=" + session + "&flags=3304740253564472344",
      "lock", [this, key, session](const std::string& body) {
        if (body.starts_with("true"))
          operate("PUT", key + "/.lockinfo",
                  R"({"ID":")" + session
                    + R"(","Operation":"OperationTypeApply","Who":)"
                    + R"("alice@laptop","Created":"2026-01-01T00:00:00Z"})");
      });
}

void world::unlock_states() {
  ++unlocks_;
  for (const auto& [name, session] : strangers_) {
    auto key = "/kv/" + std::string{terraform_keys} + name;
    operate("DELETE", key + "/.lockinfo");
    // Whoever gets no answer tries again later.
    ask("PUT", "/session/destroy/" + session, {},
        [this, task = name](const std::string&) { strangers_.erase(task); });
  }
}

void world::register_service(const task_name& task, const std::string& id) {
  operate("PUT", "/agent/service/register",
          R"({"ID":")" + id + R"(","Name":")" + task
            + R"(","Address":"10.0.0.1","Port":80})");
}

void world::deregister_service(const std::string& id) {
  operate("PUT", "/agent/service/deregister/" + id);
}

} // namespace cts::simulation
