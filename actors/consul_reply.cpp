#include "actors/consul_reply.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

namespace cts {

namespace {

template <class Number>
std::optional<Number> positive_number(std::string_view text) {
  auto out = Number{0};
  auto end = text.data() + text.size();
  auto [at, problem] = std::from_chars(text.data(), end, out);
  if (problem != std::errc{} || at != end || out <= 0)
    return std::nullopt;
  return out;
}

std::string_view field(const http_reply& x, std::string_view name) {
  auto found
    = std::find_if(x.fields.begin(), x.fields.end(),
                   [name](const auto& field) { return field.first == name; });
  return found == x.fields.end() ? std::string_view{}
                                 : std::string_view{found->second};
}

} // namespace

consul::reply reply_of(http_reply& x) {
  auto out = consul::reply{
    .status = x.status,
    .index = positive_number<std::uint64_t>(field(x, "x-consul-index")),
    .filtered_by_acls = field(x, "x-consul-results-filtered-by-acls") == "true",
    .closing = field(x, "connection") == "close",
  };
  if (auto seconds = positive_number<std::int32_t>(field(x, "retry-after")))
    out.retry_after = std::chrono::seconds{*seconds};
  out.body = std::move(x.body);
  return out;
}

} // namespace cts
