// How long does it take to write the input file of a task with many instances?
// The budget is 20 ms for 5,000 (chapter terraform-driver, 8.2).

#include "drivers/terraform/workspace.hpp"

#include <benchmark/benchmark.h>

namespace cts {
namespace {

service_instances instances(std::int64_t count) {
  auto out = service_instances{};
  for (auto i = std::int64_t{0}; i < count; ++i) {
    auto number = std::to_string(i);
    out.push_back(
      {.id = "api-" + number,
       .name = "api",
       .address = "10.0.3." + number,
       .port = 8080,
       .meta = {{"owner", "team-a"}, {"version", "1.2.3"}},
       .tags = {"blue", "primary"},
       .status = "passing",
       .node = "node-" + number,
       .node_id = "11111111-2222-3333-4444-555555555555",
       .node_address = "10.0.0." + number,
       .node_datacenter = "dc1",
       .node_tagged_addresses = {{"lan", "10.0.0.1"}, {"wan", "10.0.0.1"}},
       .node_meta = {{"consul-network-segment", ""}}});
  }
  return out;
}

void render(benchmark::State& state) {
  auto task = config::task{.name = "web", .module = "./m"};
  task.condition = config::services_condition{.query = {.names = {"api"}}};
  auto data = snapshot{instances(state.range(0))};
  auto inputs
    = task_inputs{{{.what = dependency::kind::service, .name = "api"},
                   std::make_shared<const snapshot>(std::move(data))}};
  for (auto step : state) {
    (void)step;
    auto file = terraform::input_file(task, {}, inputs);
    benchmark::DoNotOptimize(file);
  }
}

} // namespace

BENCHMARK(render)->Arg(5000)->Unit(benchmark::kMillisecond);

} // namespace cts

BENCHMARK_MAIN();
