#include "actors/log.hpp"

#include <utility>

namespace cts::log {

namespace {

sink& current_sink() {
  static auto target = sink{};
  return target;
}

} // namespace

void set_sink(sink target) {
  current_sink() = std::move(target);
}

void write(level at, std::string_view component, std::string_view sentence,
           const fields& values) {
  if (const auto& target = current_sink())
    target({.level = at,
            .component = component,
            .sentence = sentence,
            .fields = values});
}

} // namespace cts::log
