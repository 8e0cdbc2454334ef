#include "core/config/finalize_parts.hpp"
#include "core/config/validate_parts.hpp"

#include <re2/re2.h>

#include <algorithm>

// Templates: `{{ env "X" }}` is rendered in provider blocks only. Source: spec
// configuration, 2.10.1 and 3.9.

namespace cts::config {

namespace {

bool has_template(const std::string& text) {
  static const auto syntax
    = RE2{R"re(\{\{\s*(env|key|with secret)\s+\\?\".+\\?\"\s*\}\})re"};
  return text.find("{{") != text.npos && RE2::PartialMatch(text, syntax);
}

bool has_vault_template(const std::string& text) {
  static const auto syntax
    = RE2{R"re(\{\{\s*with secret\s+\\?\".+\\?\"\s*\}\})re"};
  return text.find("{{") != text.npos && RE2::PartialMatch(text, syntax);
}

/// The first text below `from` that `matches`, or null.
template <class Predicate>
const hcl::node* find_text(const hcl::node& from, const Predicate& matches) {
  if (from.what == hcl::node::kind::string && matches(from.text))
    return &from;
  for (const auto& each : from.elements)
    if (const auto* found = find_text(each, matches))
      return found;
  for (const auto& each : from.members)
    if (const auto* found = find_text(each.value, matches))
      return found;
  return nullptr;
}

/// Where the reference does not look, so that a template is literal text.
bool is_exempt(std::string_view path) {
  constexpr std::string_view exempt[] = {"consul.token",
                                         "consul.auth.password",
                                         "vault.token",
                                         "task.working_dir",
                                         "task.variables",
                                         "task.terraform_cloud_workspace",
                                         "driver.terraform-cloud.token"};
  return std::any_of(std::begin(exempt), std::end(exempt), [&](auto x) {
    return path == x
           || (path.starts_with(x) && path.substr(x.size()).starts_with('.'));
  });
}

class walk {
public:
  walk(const candidate& x, report& to) : candidate_{x}, to_{to} {}

  void run() { visit(candidate_.root, ""); }

private:
  void visit(const block& from, const std::string& path) {
    for (const auto& [name, each] : from.settings) {
      auto inner = path.empty() ? name : path + "." + name;
      if (inner == "terraform_provider")
        continue;
      if (const auto* blocks = std::get_if<std::vector<block>>(&each.data))
        for (const auto& nested_block : *blocks)
          visit(nested_block, inner);
      else
        check(each, inner);
    }
  }

  void check(const setting& x, const std::string& path) {
    auto place = x.where;
    auto found = false;
    if (const auto* text = std::get_if<std::string>(&x.data))
      found = has_template(*text);
    if (const auto* texts = std::get_if<std::vector<std::string>>(&x.data))
      found = std::any_of(texts->begin(), texts->end(), has_template);
    using text_map = std::map<std::string, std::string>;
    if (const auto* texts = std::get_if<text_map>(&x.data))
      found = std::any_of(texts->begin(), texts->end(), [](const auto& each) {
        return has_template(each.first) || has_template(each.second);
      });
    if (const auto* content = std::get_if<hcl::node>(&x.data))
      if (const auto* text = find_text(*content, has_template)) {
        found = true;
        place.at = text->where;
      }
    if (found)
      complain(place, path);
  }

  void complain(const place& where, const std::string& path) {
    auto rendered
      = candidate_.value.dynamic_values
        && (is_exempt(path) || path.starts_with("driver.terraform.backend"));
    if (rendered || path == "driver.terraform-cloud.token")
      return;
    if (is_exempt(path))
      return to_.warn(
        stage::validate,
        {.message = "'" + path
                    + "' holds template syntax, which is used as "
                      "literal text",
         .where = where,
         .hint = "set dynamic_values = true to have it rendered"});
    to_.error(stage::validate,
              {.message = "dynamic configuration using template syntax is only "
                          "supported for terraform_provider blocks",
               .where = where,
               .hint = "write the value of '" + path + "' itself"});
  }

  const candidate& candidate_;
  report& to_;
};

constexpr auto vault_missing
  = "detected dynamic configuration using Vault: missing Vault configuration";

void validate_vault_templates(const candidate& x, report& to) {
  if (x.value.vault.enabled)
    return;
  for (const auto& each : x.root.children("terraform_provider"))
    if (const auto* found = find_text(each.content, has_vault_template))
      to.error(stage::validate,
               {.message = vault_missing,
                .where = place{each.where.file, found->where},
                .hint = "add a vault block or set VAULT_ADDR"});
  if (x.value.cloud && has_vault_template(x.value.cloud->token))
    to.error(
      stage::validate,
      {.message = vault_missing,
       .where
       = nested(nested(x.root, "driver"), "terraform-cloud").place_of("token"),
       .hint = "add a vault block or set VAULT_ADDR"});
}

} // namespace

void validate_dynamic_values(const candidate& x, report& to) {
  validate_vault_templates(x, to);
  walk{x, to}.run();
}

} // namespace cts::config
