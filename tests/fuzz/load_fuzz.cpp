#include "tests/fuzz/checks.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

// The whole way of a configuration: read, decoded, completed, checked, shown.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  auto bytes = std::string(reinterpret_cast<const char*>(data), size);
  for (auto name : {"x.hcl", "x.json"})
    if (auto wrong = cts::fuzz::check_load(name, bytes); !wrong.empty()) {
      std::fputs(wrong.c_str(), stderr);
      std::abort();
    }
  return 0;
}
