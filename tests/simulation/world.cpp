#include "tests/simulation/world.hpp"

#include <algorithm>

namespace cts::simulation {

namespace {

using namespace std::chrono_literals;

constexpr auto cluster_name = "sim";
constexpr auto cluster_path = "consul-terraform-sync/sim";

} // namespace

config::task task_named(const task_name& name) {
  auto out = config::task{.name = name, .module = "./m"};
  out.working_dir = "sync-tasks/" + name;
  out.condition = config::services_condition{.query = {.names = {name}}};
  out.buffer = {.enabled = true, .min = 1s, .max = 4s};
  return out;
}

std::string creation_of(const task_name& name) {
  return R"({"task":{"name":")" + name
         + R"(","module":"./m","condition":{"services":{"names":[")" + name
         + R"("]}}}})";
}

world::world(world_options options)
  : options_(std::move(options)), engine_(options_.seed, options_.trace_lines),
    outside_(engine_.add("world", exact_)),
    network_(engine_, outside_, options_.seed ^ 0x6E6574U),
    around_{.engine = engine_,
            .network = network_,
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
  out.consul.token = "never-to-be-seen";
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

void world::operate(std::string method, const std::string& target,
                    std::string body) {
  engine_.note([&] { return "operator: " + method + " " + target; });
  network_.exchange(consul_model::first_node,
                    {.id = ++operations_,
                     .method = std::move(method),
                     .url = "http://agent/v1" + target,
                     .body = std::move(body),
                     .deadline = 10s},
                    [](const result<http_reply>&) {});
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
