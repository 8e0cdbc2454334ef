#include "core/config/load.hpp"
#include "core/hcl/node.hpp"
#include "core/hcl/parser.hpp"

#include <benchmark/benchmark.h>

#include <string>

// How long does it take to read a large configuration? 10,000 tasks are about
// 5 MB; the time must grow with the number of tasks and not faster.

namespace {

std::string tasks(std::int64_t count) {
  auto text = std::string{};
  for (auto i = std::int64_t{0}; i < count; ++i) {
    auto number = std::to_string(i);
    text += "task {\n  name        = \"task_" + number
            + "\"\n  description = \"keeps pool " + number
            + " of the load balancers in step with its services\"\n"
              "  module      = \"acme/edge-pool/lb\"\n"
              "  version     = \"2.4.1\"\n  providers   = [\"lb\"]\n\n"
              "  # one service for each task\n  condition \"services\" {\n"
              "    names      = [\"web-"
            + number + "\", \"api-" + number
            + "\"]\n    datacenter = \"dc1\"\n"
              "    filter     = \"Service.Tags contains \\\"public\\\"\"\n"
              "    cts_user_defined_meta {\n      pool = \""
            + number
            + "\"\n    }\n  }\n\n  module_input \"consul-kv\" {\n"
              "    path    = \"pools/"
            + number
            + "\"\n    recurse = true\n  }\n\n"
              "  buffer_period {\n    min = \"5s\"\n  }\n}\n\n";
  }
  return text;
}

void report(benchmark::State& state, const std::string& text) {
  auto runs = static_cast<std::int64_t>(state.iterations());
  state.SetBytesProcessed(runs * static_cast<std::int64_t>(text.size()));
  state.SetItemsProcessed(runs * state.range(0));
}

void parse_tasks(benchmark::State& state) {
  auto text = tasks(state.range(0));
  for (auto _ : state)
    benchmark::DoNotOptimize(cts::hcl::parse(text));
  report(state, text);
}

void load_tasks(benchmark::State& state) {
  auto text = "terraform_provider \"lb\" { }\n" + tasks(state.range(0));
  for (auto _ : state) {
    auto outcome = cts::config::load({{"x.hcl", text}}, {});
    if (!std::holds_alternative<cts::config::loaded>(outcome))
      state.SkipWithError("the configuration is refused");
    benchmark::DoNotOptimize(outcome);
  }
  report(state, text);
}

} // namespace

BENCHMARK(parse_tasks)
  ->Arg(100)
  ->Arg(1'000)
  ->Arg(10'000)
  ->Unit(benchmark::kMillisecond);
BENCHMARK(load_tasks)
  ->Arg(100)
  ->Arg(1'000)
  ->Arg(10'000)
  ->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
