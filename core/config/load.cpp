#include "core/config/load.hpp"

#include "core/config/decode.hpp"
#include "core/config/finalize.hpp"
#include "core/config/validate.hpp"

namespace cts::config {

// Mistakes in several files are reported together. But a configuration that
// could not be read as a whole is not checked: half of what would be found
// follows from what is missing.
std::variant<loaded, failure> load(const std::vector<source>& files,
                                   const surroundings& around) {
  auto reports = report{files};
  auto give_up = [&] {
    return failure{.errors = reports.take_errors(),
                   .warnings = reports.take_warnings()};
  };
  auto root = block{};
  for (auto i = std::uint32_t{0}; i < files.size(); ++i)
    merge(root, decode(files[i], i, reports));
  if (reports.failed())
    return give_up();
  auto value = finalize(root, around, reports);
  validate({.root = root, .value = value, .around = around}, reports);
  if (reports.failed())
    return give_up();
  return loaded{.value = std::move(value), .warnings = reports.take_warnings()};
}

} // namespace cts::config
