#include "tests/fuzz/checks.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

// The languages of configuration: HCL 1, JSON, and HCL 2 in variable files.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  auto bytes = std::string(reinterpret_cast<const char*>(data), size);
  for (auto check : {cts::fuzz::check_hcl, cts::fuzz::check_json,
                     cts::fuzz::check_variables})
    if (auto wrong = check(bytes); !wrong.empty()) {
      std::fputs(wrong.c_str(), stderr);
      std::abort();
    }
  return 0;
}
