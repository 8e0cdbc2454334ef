#include "drivers/terraform/sections.hpp"
#include "drivers/terraform/unicode.hpp"
#include "drivers/terraform/value_text.hpp"
#include "drivers/terraform/workspace.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <tuple>

namespace cts::terraform {

namespace {

void write_map(document& out, std::string_view name,
               const std::map<std::string, std::string>& entries) {
  out.begin(name);
  out.append("{");
  if (!entries.empty())
    out.end_line();
  for (const auto& [key, text] : entries)
    out.assign(key_text(key), string_text(text));
  out.append("}");
  out.end_line();
}

std::string list_text(const std::vector<std::string>& texts) {
  auto out = std::string{"["};
  for (const auto& text : texts) {
    if (out.size() > 1)
      out += ", ";
    out += string_text(text);
  }
  return out + ']';
}

std::string instance_key(const service_instance& x) {
  auto key = std::string{};
  for (const auto* part : {&x.id, &x.node, &x.ns, &x.node_datacenter}) {
    if (!key.empty() && !part->empty())
      key += '.';
    key += *part;
  }
  return key;
}

void write_instance(document& out, const service_instance& x,
                    const std::map<std::string, std::string>& user_meta) {
  out.begin(string_text(instance_key(x)));
  out.append("{");
  out.end_line();
  out.assign("id", string_text(x.id));
  out.assign("name", string_text(x.name));
  out.assign("kind", string_text(x.kind));
  out.assign("address", string_text(x.address));
  out.assign("port", std::to_string(x.port));
  write_map(out, "meta", x.meta);
  out.assign("tags", list_text(x.tags));
  out.assign("namespace", string_text(x.ns));
  out.assign("status", string_text(x.status));
  out.assign("node", string_text(x.node));
  out.assign("node_id", string_text(x.node_id));
  out.assign("node_address", string_text(x.node_address));
  out.assign("node_datacenter", string_text(x.node_datacenter));
  write_map(out, "node_tagged_addresses", x.node_tagged_addresses);
  write_map(out, "node_meta", x.node_meta);
  write_map(out, "cts_user_defined_meta", user_meta);
  out.line("},");
}

/// Whether `expression` occurs in `name`. The configuration has been checked,
/// so an expression that does not compile matches nothing.
class name_filter {
public:
  explicit name_filter(const std::string& expression)
    : expression_(expression, RE2::Quiet) {}

  bool operator()(const std::string& name) const {
    return expression_.ok() && RE2::PartialMatch(name, expression_);
  }

private:
  RE2 expression_;
};

std::string without_leading_slash(const std::string& path) {
  return path.starts_with('/') ? path.substr(1) : path;
}

/// The data of the first snapshot whose dependency `fits`; null if none.
template <class Data, class Fits>
const Data* find_data(const task_inputs& inputs, const Fits& fits) {
  for (const auto& [what, snapshot] : inputs)
    if (snapshot && fits(what))
      if (const auto* data = std::get_if<Data>(&snapshot->data))
        return data;
  return nullptr;
}

using instance_list = std::vector<const service_instance*>;

void add_instances(instance_list& out, const snapshot_ptr& from) {
  if (!from)
    return;
  if (const auto* data = std::get_if<service_instances>(&from->data))
    for (const auto& x : *data)
      out.push_back(&x);
}

/// All instances of a query, by node, then id.
instance_list instances_of(const services_section& section,
                           const service_query& query,
                           const task_inputs& inputs) {
  auto matches = name_filter{section.regexp.value_or("")};
  auto fits = [&](const dependency& what) {
    auto named = section.regexp ? matches(what.name) : what.name == query.name;
    return what.what == dependency::kind::service && named
           && what.datacenter == query.datacenter && what.ns == query.ns
           && with_single_backslashes(what.filter) == query.filter;
  };
  auto out = instance_list{};
  for (const auto& [what, snapshot] : inputs)
    if (fits(what))
      add_instances(out, snapshot);
  std::ranges::stable_sort(out, {}, [](const service_instance* x) {
    return std::tie(x->node, x->id);
  });
  return out;
}

/// Writes the data of a section.
struct section_writer {
  document& out;
  const task_inputs& inputs;

  result<void> operator()(const services_section& x) const {
    out.line("services = {");
    for (const auto& query : x.queries)
      for (const auto* instance : instances_of(x, query, inputs))
        write_instance(out, *instance, query.cts_user_defined_meta);
    out.line("}");
    return {};
  }

  result<void> operator()(const catalog_section& x) const {
    auto matches = name_filter{x.regexp};
    auto fits = [&x](const dependency& what) {
      return what.what == dependency::kind::catalog_services
             && what.datacenter == x.datacenter && what.ns == x.ns
             && what.node_meta == x.node_meta;
    };
    out.line("catalog_services = {");
    if (const auto* all = find_data<catalog_services>(inputs, fits))
      for (const auto& [name, tags] : *all)
        if (matches(name))
          out.line(string_text(name) + " = " + list_text(tags));
    out.line("}");
    return {};
  }

  result<void> operator()(const kv_section& x) const {
    auto kind
      = x.recurse ? dependency::kind::kv_prefix : dependency::kind::kv_key;
    auto fits = [&x, kind](const dependency& what) {
      return what.what == kind && what.datacenter == x.datacenter
             && what.ns == x.ns
             && without_leading_slash(what.name)
                  == without_leading_slash(x.path);
    };
    out.line("consul_kv = {");
    const auto* pairs = find_data<kv_pairs>(inputs, fits);
    for (const auto& [key, text] : pairs ? *pairs : kv_pairs{}) {
      if (!is_valid_utf8(key) || !is_valid_utf8(text))
        return fail(errc::malformed, "consul_kv key ", string_text(key),
                    " is not valid UTF-8");
      out.line(string_text(key) + " = " + string_text(text));
    }
    out.line("}");
    return {};
  }
};

bool feeds(const section& x) {
  return std::visit([](const auto& kind) { return kind.feeds; }, x);
}

/// The header as the template's evaluation leaves it: a section that only
/// detects changes eats the white space before it.
std::string header_before(const std::vector<section>& sections,
                          const config::task& task) {
  auto header = file_header(task);
  if (sections.empty() || feeds(sections.front()))
    return header;
  header.erase(header.find_last_not_of(" \t\r\n") + 1);
  return header + '\n';
}

} // namespace

result<file_content> input_file(const config::task& task,
                                const std::vector<config::service>& services,
                                const task_inputs& inputs) {
  auto out = document{};
  auto has_services = false;
  auto sections = sections_of(task, services);
  for (const auto& x : sections) {
    if (!feeds(x))
      continue;
    out.blank();
    auto written = std::visit(section_writer{out, inputs}, x);
    if (!written)
      return written.error();
    has_services = has_services || std::holds_alternative<services_section>(x);
  }
  if (!has_services) {
    out.blank();
    out.line("services = {");
    out.line("}");
  }
  return file_content{.name = "terraform.tfvars",
                      .bytes = header_before(sections, task) + out.text()};
}

} // namespace cts::terraform
