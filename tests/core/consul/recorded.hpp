#pragma once

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace cts::consul {

/// The body of an answer that a real agent (1.8.7) gave.
inline std::string recorded(const std::string& name) {
  auto path = std::string{CTS_SOURCE_DIR} + "/tests/core/consul/recorded/"
              + name + ".json";
  auto in = std::ifstream{path, std::ios::binary};
  if (!in)
    throw std::runtime_error{"no recorded answer " + path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace cts::consul
