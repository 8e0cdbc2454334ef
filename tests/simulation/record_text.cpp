#include "tests/simulation/record_text.hpp"

#include <boost/json/parse.hpp>

namespace cts::simulation {

namespace json = boost::json;

json::value read_record(std::string_view text) {
  auto problem = boost::system::error_code{};
  auto out = json::parse(text, problem);
  return problem ? json::value{} : out;
}

const json::value& member_of(const json::value& x, std::string_view name) {
  static const auto none = json::value{};
  const auto* members = x.if_object();
  const auto* found = members != nullptr ? members->if_contains(name) : nullptr;
  return found != nullptr ? *found : none;
}

std::string text_in(const json::value& x, std::string_view name) {
  const auto& found = member_of(x, name);
  return found.is_string() ? std::string{found.get_string()} : std::string{};
}

std::uint64_t number_in(const json::value& x, std::string_view name) {
  const auto& found = member_of(x, name);
  auto problem = boost::system::error_code{};
  auto out = found.is_number() ? found.to_number<std::uint64_t>(problem) : 0;
  return problem ? 0 : out;
}

} // namespace cts::simulation
