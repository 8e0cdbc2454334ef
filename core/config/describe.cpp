#include "core/config/load.hpp"

namespace cts::config {

std::string describe(const settings&) {
  return {};
}

} // namespace cts::config
