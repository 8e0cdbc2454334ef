#include "drivers/terraform/sections.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace cts::terraform {

namespace {

std::string filter_text(std::string_view filter) {
  while (filter.starts_with('\n'))
    filter.remove_prefix(1);
  while (filter.ends_with('\n'))
    filter.remove_suffix(1);
  return with_single_backslashes(std::string{filter});
}

void sort_by_name(std::vector<service_query>& queries) {
  auto name = [](const service_query& x) { return std::string_view{x.name}; };
  std::ranges::stable_sort(queries, {}, name);
  auto repeated = std::ranges::unique(queries, {}, name);
  queries.erase(repeated.begin(), repeated.end());
}

services_section section_of(const config::services_query& query, bool feeds) {
  auto all = service_query{
    .datacenter = query.datacenter,
    .ns = query.ns,
    .filter = filter_text(query.filter),
    .cts_user_defined_meta = query.cts_user_defined_meta,
  };
  auto section = services_section{.feeds = feeds};
  if (query.regexp) {
    section.regexp = with_single_backslashes(*query.regexp);
    section.queries.push_back(std::move(all));
    return section;
  }
  for (const auto& name : query.names) {
    section.queries.push_back(all);
    section.queries.back().name = name;
  }
  sort_by_name(section.queries);
  return section;
}

kv_section section_of(const config::consul_kv_query& query, bool feeds) {
  return {.path = query.path,
          .recurse = query.recurse,
          .datacenter = query.datacenter,
          .ns = query.ns,
          .feeds = feeds};
}

service_query query_of(const std::string& id,
                       const std::vector<config::service>& services) {
  auto found = std::ranges::find_if(services, [&id](const auto& x) {
    return (x.id.empty() ? x.name : x.id) == id;
  });
  if (found == services.end())
    return {.name = id};
  return {.name = found->name,
          .datacenter = found->datacenter,
          .ns = found->ns,
          .filter = filter_text(found->filter),
          .cts_user_defined_meta = found->cts_user_defined_meta};
}

/// Adds the section of a condition, if it has one.
struct condition_section {
  std::vector<section>& out;

  void operator()(const config::no_condition&) const {}
  void operator()(const config::schedule_condition&) const {}

  void operator()(const config::services_condition& x) const {
    out.emplace_back(section_of(x.query, x.use_as_module_input));
  }

  void operator()(const config::consul_kv_condition& x) const {
    out.emplace_back(section_of(x.query, x.use_as_module_input));
  }

  void operator()(const config::catalog_services_condition& x) const {
    out.emplace_back(catalog_section{
      .regexp = with_single_backslashes(x.regexp),
      .datacenter = x.datacenter,
      .ns = x.ns,
      .node_meta = x.node_meta,
      .feeds = x.use_as_module_input,
    });
  }
};

} // namespace

std::vector<section> sections_of(const config::task& task,
                                 const std::vector<config::service>& services) {
  auto out = std::vector<section>{};
  if (!task.services.empty()) {
    auto listed = services_section{};
    for (const auto& id : task.services)
      listed.queries.push_back(query_of(id, services));
    sort_by_name(listed.queries);
    out.emplace_back(std::move(listed));
  }
  std::visit(condition_section{out}, task.condition);
  auto add
    = [&out](const auto& query) { out.emplace_back(section_of(query, true)); };
  for (const auto& input : task.module_inputs)
    std::visit(add, input);
  return out;
}

std::string with_single_backslashes(std::string text) {
  for (auto at = text.find("\\\\"); at != std::string::npos;
       at = text.find("\\\\", at + 1))
    text.erase(at, 1);
  return text;
}

} // namespace cts::terraform
