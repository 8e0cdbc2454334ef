#include "core/config/load.hpp"

#include "core/config/decode.hpp"
#include "core/config/finalize.hpp"
#include "core/config/understand.hpp"
#include "core/config/validate.hpp"

namespace cts::config {

// Mistakes in several files, and of several kinds, are reported together. But a
// file that cannot be read at all leaves nothing to check: most of what would
// be found follows from what is missing.
std::optional<understood> understand(const std::vector<source>& files,
                                     const surroundings& around, report& to) {
  auto layers = std::vector<block>{};
  for (auto i = std::uint32_t{0}; i < files.size(); ++i)
    if (auto layer = decode(files[i], i, to))
      layers.push_back(std::move(*layer));
  if (layers.size() < files.size())
    return std::nullopt;
  auto found = understood{.root = merged(std::move(layers))};
  found.value = finalize(found.root, around, to);
  validate({.root = found.root, .value = found.value, .around = around}, to);
  if (around.further_checks && !found.root.broken)
    for (const auto& each : around.further_checks(found.value))
      to.error(stage::validate, {.message = each.message,
                                 .where = place_at(found.root, each.path)});
  return to.failed() ? std::nullopt : std::optional{std::move(found)};
}

std::variant<loaded, failure> load(const std::vector<source>& files,
                                   const surroundings& around) {
  auto reports = report{files};
  auto found = understand(files, around, reports);
  if (!found)
    return reports.take_failure();
  return loaded{.value = std::move(found->value),
                .warnings = reports.take_warnings()};
}

} // namespace cts::config
