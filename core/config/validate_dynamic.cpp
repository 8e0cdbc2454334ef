#include "core/config/finalize_parts.hpp"
#include "core/config/template_text.hpp"
#include "core/config/validate_parts.hpp"

#include <algorithm>

// Templates: `{{ env "X" }}` is rendered in provider blocks only. Source: spec
// configuration, 2.10.1 and 3.9.

namespace cts::config {

namespace {

bool has_template(const std::string& text) {
  return is_template(text);
}

bool has_vault_template(const std::string& text) {
  return asks_vault(text);
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

/// Whether one of the texts below `x` is what `matches` looks for.
bool any_text(const value& x, bool (*matches)(const std::string&)) {
  if (const auto* text = std::get_if<std::string>(&x.data))
    return matches(*text);
  auto in_member
    = [&](const auto& each) { return any_text(each.second, matches); };
  if (const auto* members = std::get_if<object>(&x.data))
    return std::any_of(members->begin(), members->end(), in_member);
  if (const auto* items = std::get_if<list>(&x.data))
    return std::any_of(items->begin(), items->end(), [&](const auto& each) {
      return any_text(each, matches);
    });
  if (const auto* blocks = std::get_if<repeated_block>(&x.data))
    return std::any_of(
      blocks->bodies.begin(), blocks->bodies.end(), [&](const auto& body) {
        return std::any_of(body.begin(), body.end(), in_member);
      });
  return false;
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

/// With `dynamic_values` more is rendered than provider blocks.
void validate_further_templates(const candidate& x, report& to) {
  auto complain = [&to](const place& where) {
    to.error(stage::validate, {.message = vault_missing,
                               .where = where,
                               .hint = "add a vault block or set VAULT_ADDR"});
  };
  const auto& agent = nested(x.root, "consul");
  if (has_vault_template(x.value.consul.token))
    complain(agent.place_of("token"));
  if (has_vault_template(x.value.consul.auth.password))
    complain(nested(agent, "auth").place_of("password"));
  if (any_text(value{x.value.driver.backend.arguments}, has_vault_template))
    complain(nested(nested(x.root, "driver"), "terraform").place_of("backend"));
  const auto& blocks = x.root.children("task");
  for (auto i = std::size_t{0}; i < x.value.tasks.size(); ++i)
    if (any_text(value{x.value.tasks[i].variables}, has_vault_template))
      complain(blocks[i].where);
}

/// Files of variables are no part of the configuration's tree.
void warn_of_literal_templates(const candidate& x, report& to) {
  const auto& blocks = x.root.children("task");
  for (auto i = std::size_t{0}; i < x.value.tasks.size(); ++i)
    if (!x.value.tasks[i].variable_files.empty()
        && any_text(value{x.value.tasks[i].variables}, has_template)
        && blocks[i].find("variables") == nullptr)
      to.warn(stage::validate,
              {.message = "a file of 'task.variable_files' holds template "
                          "syntax, which is used as literal text",
               .where = blocks[i].place_of("variable_files"),
               .hint = "set dynamic_values = true to have it rendered"});
}

void validate_vault_templates(const candidate& x, report& to) {
  if (x.value.vault.enabled || nested(x.root, "vault").broken)
    return;
  if (x.value.dynamic_values)
    validate_further_templates(x, to);
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
  if (!x.value.dynamic_values)
    warn_of_literal_templates(x, to);
  walk{x, to}.run();
}

} // namespace cts::config
