#include "core/config/finalize_parts.hpp"

namespace cts::config {

object finalize_variables(const block&, const surroundings&, report&) {
  return {};
}

} // namespace cts::config
