#include "drivers/terraform/sections.hpp"
#include "tests/drivers/golden_cases.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace cts::golden {

namespace {

namespace json = boost::json;

std::string string_at(const json::object& x, const char* key) {
  return json::value_to<std::string>(x.at(key));
}

std::map<std::string, std::string> map_at(const json::object& x,
                                          const char* key) {
  return json::value_to<std::map<std::string, std::string>>(x.at(key));
}

service_instance instance_of(const json::object& entry) {
  const auto& service = entry.at("Service").as_object();
  const auto& node = entry.at("Node").as_object();
  auto out = service_instance{
    .id = string_at(service, "ID"),
    .name = string_at(service, "Service"),
    .kind = string_at(service, "Kind"),
    .address = string_at(service, "Address"),
    .port = service.at("Port").as_int64(),
    .meta = map_at(service, "Meta"),
    .tags = json::value_to<std::vector<std::string>>(service.at("Tags")),
    .ns = string_at(service, "Namespace"),
    .status = "passing",
    .node = string_at(node, "Node"),
    .node_id = string_at(node, "ID"),
    .node_address = string_at(node, "Address"),
    .node_datacenter = string_at(node, "Datacenter"),
    .node_tagged_addresses = map_at(node, "TaggedAddresses"),
    .node_meta = map_at(node, "Meta"),
  };
  if (out.address.empty())
    out.address = out.node_address;
  std::ranges::sort(out.tags);
  return out;
}

template <class Data>
snapshot_ptr snapshot_of(Data data) {
  return std::make_shared<const snapshot>(snapshot{std::move(data)});
}

/// Adds what one section of the task asks for.
struct input_adder {
  const json::object& consul;
  task_inputs& out;

  void operator()(const terraform::services_section& x) const {
    for (const auto& query : x.queries)
      for (const auto& [name, entries] : consul.at("health").as_object())
        if (x.regexp || name == query.name)
          add_service(query, std::string{name}, entries.as_array());
  }

  void add_service(const terraform::service_query& query,
                   const std::string& name, const json::array& entries) const {
    auto instances = service_instances{};
    for (const auto& entry : entries)
      instances.push_back(instance_of(entry.as_object()));
    out[{.what = dependency::kind::service,
         .name = name,
         .datacenter = query.datacenter,
         .ns = query.ns,
         .filter = query.filter}]
      = snapshot_of(std::move(instances));
  }

  void operator()(const terraform::catalog_section& x) const {
    auto services = json::value_to<catalog_services>(consul.at("catalog"));
    for (auto& [name, tags] : services)
      std::ranges::sort(tags);
    out[{.what = dependency::kind::catalog_services,
         .datacenter = x.datacenter,
         .ns = x.ns,
         .node_meta = x.node_meta}]
      = snapshot_of(std::move(services));
  }

  void operator()(const terraform::kv_section& x) const {
    auto pairs = kv_pairs{};
    for (const auto& entry : consul.at("kv").as_array()) {
      auto key = string_at(entry.as_object(), "Key");
      if (x.recurse ? key.starts_with(x.path) : key == x.path)
        pairs.push_back({key, string_at(entry.as_object(), "Value")});
    }
    auto kind
      = x.recurse ? dependency::kind::kv_prefix : dependency::kind::kv_key;
    out[{.what = kind, .name = x.path, .datacenter = x.datacenter, .ns = x.ns}]
      = snapshot_of(std::move(pairs));
  }
};

} // namespace

task_inputs inputs_of(const std::string& consul_json,
                      const config::settings& settings) {
  auto parsed = json::parse(consul_json);
  auto out = task_inputs{};
  auto add = input_adder{parsed.as_object(), out};
  for (const auto& x :
       terraform::sections_of(settings.tasks.front(), settings.services))
    std::visit(add, x);
  return out;
}

} // namespace cts::golden
