#include "drivers/terraform/sections.hpp"
#include "drivers/terraform/workspace.hpp"

namespace cts::terraform {

namespace {

/// `text` as a string literal of Go's template language.
std::string go_literal(std::string_view text) {
  auto out = std::string{"\""};
  for (auto c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out + '"';
}

/// The arguments of a template function, each once, blanks between them.
class arguments {
public:
  arguments& add(std::string_view prefix, std::string_view text) {
    if (!text_.empty())
      text_ += ' ';
    text_ += go_literal(std::string{prefix} + std::string{text});
    return *this;
  }

  arguments& add_if_any(std::string_view prefix, std::string_view text) {
    return text.empty() ? *this : add(prefix, text);
  }

  const std::string& text() const { return text_; }

private:
  std::string text_;
};

constexpr auto instance_lines = R"(
  {{- range $s := $srv}}
  "{{ joinStrings "." .ID .Node .Namespace .NodeDatacenter }}" = {
{{ HCLService $s | indent 4 }}
  },
  {{- end}}
{{- end}})";

constexpr auto detecting_service_lines = R"(
  {{- range $s := $srv}}
  {{- /* Empty template. Detects changes in Services */ -}}
  {{- end}}
{{- end}})";

std::string service_block(const services_section& section,
                          const service_query& query) {
  auto q = arguments{};
  if (section.regexp)
    q.add("regexp=", *section.regexp);
  else
    q.add("", query.name);
  q.add_if_any("dc=", query.datacenter)
    .add_if_any("ns=", query.ns)
    .add_if_any("", query.filter);
  auto function = section.regexp ? "servicesRegex " : "service ";
  return std::string{"\n{{- with $srv := "} + function + q.text() + " }}"
         + (section.feeds ? instance_lines : detecting_service_lines);
}

/// The template text of a section.
struct template_text {
  std::string operator()(const services_section& x) const {
    auto text = std::string{};
    for (const auto& query : x.queries)
      text += service_block(x, query);
    return x.feeds ? "\nservices = {" + text + "\n}\n" : text + "\n";
  }

  std::string operator()(const catalog_section& x) const {
    auto q = arguments{};
    q.add("regexp=", x.regexp)
      .add_if_any("dc=", x.datacenter)
      .add_if_any("ns=", x.ns);
    for (const auto& [key, text] : x.node_meta)
      q.add("node-meta=", key + ':' + text);
    auto head = "\n{{- with $catalogServices := catalogServicesRegistration "
                + q.text() + " }}\n  {{- range $cs := $catalogServices }}\n";
    if (!x.feeds)
      return head
             + "    {{- /* Empty template. Detects changes in "
               "catalog-services */ -}}\n{{- end}}{{- end}}\n";
    return "\ncatalog_services = {" + head
           + "  \"{{ $cs.Name }}\" = {{ HCLServiceTags $cs.Tags }}\n"
             "{{- end}}{{- end}}\n}\n";
  }

  std::string operator()(const kv_section& x) const {
    auto q = arguments{};
    q.add("", x.path).add_if_any("dc=", x.datacenter).add_if_any("ns=", x.ns);
    auto function = x.recurse ? "keys " : "keyExistsGet ";
    auto head
      = std::string{"\n{{- with $kv := "} + function + q.text() + " }}\n";
    if (!x.feeds)
      return head + detecting_lines(x.recurse) + "{{- end}}\n";
    auto range
      = x.recurse ? "  {{- range $k := $kv }}\n" : "  {{- if .Exists }}\n";
    return "\nconsul_kv = {" + head + range
           + "  \"{{ .Path }}\" = \"{{ .Value }}\"\n"
             "  {{- end}}\n{{- end}}\n}\n";
  }

  static std::string detecting_lines(bool recurse) {
    auto comment = std::string{
      "  {{- /* Empty template. Detects changes in Consul KV */ -}}\n"};
    if (!recurse)
      return comment;
    return "  {{- range $k, $v := $kv }}\n" + comment + "  {{- end}}\n";
  }
};

bool renders_services(const section& x) {
  const auto* services = std::get_if<services_section>(&x);
  return services != nullptr && services->feeds;
}

} // namespace

std::string template_file(const root_module& module) {
  auto text = file_header(module.task);
  auto services = false;
  for (const auto& x : sections_of(module.task, module.settings.services)) {
    text += std::visit(template_text{}, x);
    services = services || renders_services(x);
  }
  return services ? text : text + "\nservices = {\n}\n";
}

} // namespace cts::terraform
