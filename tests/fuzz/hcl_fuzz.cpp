#include "core/config/load.hpp"
#include "core/hcl/evaluate.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

// Whatever the bytes are: as HCL, as JSON and as a variable file they are
// accepted, or refused with a text that can be printed.

namespace {

void check(const std::string& name, const std::string& bytes) {
  auto outcome = cts::config::load({{name, bytes}}, {});
  if (auto* accepted = std::get_if<cts::config::loaded>(&outcome)) {
    if (cts::config::describe(accepted->value).empty())
      std::abort();
    return;
  }
  for (const auto& each : std::get<cts::config::failure>(outcome).errors)
    if (cts::config::print(each).empty())
      std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  auto bytes = std::string(reinterpret_cast<const char*>(data), size);
  check("x.hcl", bytes);
  check("x.json", bytes);
  auto values = cts::hcl::evaluate_file(bytes, "x.tfvars");
  return !values && values.error().message.empty() ? std::abort(), 1 : 0;
}
