#include "core/consul/health.hpp"

#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <tuple>

namespace cts::consul {

namespace {

using simdjson::dom::element;
using simdjson::dom::object;

/// The member, or nothing if it is absent or null.
std::optional<element> member(const object& from, std::string_view key) {
  auto found = from[key];
  if (found.error() == simdjson::NO_SUCH_FIELD || found.value().is_null())
    return std::nullopt;
  return found.value();
}

std::string text(const object& from, std::string_view key) {
  auto found = member(from, key);
  return found ? std::string{std::string_view{*found}} : std::string{};
}

std::map<std::string, std::string> text_map(const object& from,
                                            std::string_view key) {
  auto out = std::map<std::string, std::string>{};
  if (auto found = member(from, key))
    for (auto [name, value] : object{*found})
      out.emplace(name, value.is_null() ? std::string_view{}
                                        : std::string_view{value});
  return out;
}

std::vector<std::string> sorted_texts(const object& from,
                                      std::string_view key) {
  auto out = std::vector<std::string>{};
  if (auto found = member(from, key))
    for (auto value : simdjson::dom::array{*found})
      out.emplace_back(std::string_view{value});
  std::sort(out.begin(), out.end());
  return out;
}

/// How much a check says about the instance; the greatest wins.
enum class verdict : std::uint8_t {
  passing,
  warning,
  critical,
  maintenance,
  unknown
};

verdict verdict_of(const object& check) {
  auto id = text(check, "CheckID");
  if (id == "_node_maintenance" || id.starts_with("_service_maintenance:"))
    return verdict::maintenance;
  auto status = text(check, "Status");
  if (status == "passing")
    return verdict::passing;
  if (status == "warning")
    return verdict::warning;
  return status == "critical" ? verdict::critical : verdict::unknown;
}

std::string status_of(const object& entry) {
  auto worst = verdict::passing;
  if (auto checks = member(entry, "Checks"))
    for (auto check : simdjson::dom::array{*checks})
      worst = std::max(worst, verdict_of(object{check}));
  switch (worst) {
    case verdict::passing: return "passing";
    case verdict::warning: return "warning";
    case verdict::critical: return "critical";
    case verdict::maintenance: return "maintenance";
    case verdict::unknown: break;
  }
  return {};
}

service_instance instance_of(const object& entry) {
  auto service = object{entry["Service"]};
  auto node = object{entry["Node"]};
  auto out = service_instance{
    .id = text(service, "ID"),
    .name = text(service, "Service"),
    .kind = text(service, "Kind"),
    .address = text(service, "Address"),
    .meta = text_map(service, "Meta"),
    .tags = sorted_texts(service, "Tags"),
    .ns = text(service, "Namespace"),
    .status = status_of(entry),
    .node = text(node, "Node"),
    .node_id = text(node, "ID"),
    .node_address = text(node, "Address"),
    .node_datacenter = text(node, "Datacenter"),
    .node_tagged_addresses = text_map(node, "TaggedAddresses"),
    .node_meta = text_map(node, "Meta"),
  };
  if (auto port = member(service, "Port"))
    out.port = std::int64_t{*port};
  if (out.address.empty())
    out.address = out.node_address;
  return out;
}

std::string_view trim_newlines(std::string_view text) {
  auto first = text.find_first_not_of('\n');
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of('\n') - first + 1);
}

} // namespace

request health_request(const dependency& x) {
  auto out = request{.path = "/v1/health/service/" + encode_segment(x.name)};
  auto filter = trim_newlines(x.filter);
  if (filter.find("Checks.Status") == std::string_view::npos)
    out.query.emplace("passing", "1");
  if (!filter.empty())
    out.query.emplace("filter", filter);
  return out;
}

result<service_instances> decode_instances(std::string_view body) {
  auto out = service_instances{};
  try {
    auto parser = simdjson::dom::parser{};
    for (auto entry : simdjson::dom::array{parser.parse(body)})
      out.push_back(instance_of(object{entry}));
  } catch (const simdjson::simdjson_error& e) {
    return fail(errc::malformed, "instance ", out.size(), ": ", e.what());
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return std::tie(a.node, a.id) < std::tie(b.node, b.id);
  });
  return out;
}

} // namespace cts::consul
