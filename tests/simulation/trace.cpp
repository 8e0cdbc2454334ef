#include "tests/simulation/trace.hpp"

#include <cstdio>

namespace cts::simulation {

std::string trace::text() const {
  auto out = std::string{};
  for (const auto& line : lines_)
    out += line + '\n';
  return out;
}

void trace::write(nanoseconds at, const std::string& text) {
  constexpr auto micros = 1'000'000;
  auto passed = at.count() / 1000;
  auto stamp = std::string(32, '\0');
  auto used = std::snprintf(stamp.data(), stamp.size(), "%4lld.%06lld ",
                            static_cast<long long>(passed / micros),
                            static_cast<long long>(passed % micros));
  stamp.resize(static_cast<std::size_t>(used));
  lines_.push_back(stamp + text);
  if (lines_.size() > lines_max_)
    lines_.pop_front();
}

} // namespace cts::simulation
