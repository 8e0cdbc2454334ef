#include "core/config/finalize_parts.hpp"

#include <algorithm>

namespace cts::config {

namespace {

using kind = hcl::node::kind;

template <class... Parts>
error refuse(const Parts&... parts) {
  return fail(errc::configuration, parts...);
}

/// The body of a block, or null if it is none.
const hcl::node* body_of(const hcl::node& from) {
  if (from.what == kind::object)
    return &from;
  auto one = from.what == kind::list && from.blocks && from.elements.size() == 1
             && from.elements.front().what == kind::object;
  return one ? &from.elements.front() : nullptr;
}

std::string sorted_names(const hcl::node& from) {
  auto names = std::vector<std::string>{};
  for (const auto& each : from.members)
    names.push_back(each.name);
  std::sort(names.begin(), names.end());
  auto text = std::string{};
  for (const auto& name : names)
    text += (text.empty() ? "" : ",") + name;
  return text;
}

result<std::map<std::string, std::string>>
task_env_of(const hcl::node& arguments) {
  auto to = std::map<std::string, std::string>{};
  const auto* written = arguments.find("task_env");
  if (written == nullptr || written->value.what == kind::null)
    return to;
  const auto* variables = body_of(written->value);
  if (variables == nullptr)
    return refuse("unexpected task_env block format: task_env should be a map "
                  "of strings");
  for (const auto& each : variables->members) {
    if (each.value.what != kind::string)
      return refuse("unexpected task_env block format: value for \"", each.name,
                    "\" should be a string");
    to.emplace(each.name, each.value.text);
  }
  return to;
}

} // namespace

result<terraform_provider> provider_of(const hcl::node& from) {
  if (from.members.empty())
    return refuse("missing provider name for the terraform_provider block");
  if (from.members.size() > 1)
    return refuse("unexpected terraform_provider block labels: ",
                  sorted_names(from));
  const auto& label = from.members.front();
  const auto* arguments = body_of(label.value);
  if (arguments == nullptr)
    return refuse("unexpected terraform_provider block format");
  auto task_env = task_env_of(*arguments);
  if (!task_env)
    return task_env.error();
  auto to = terraform_provider{.name = label.name};
  const auto* alias = arguments->find("alias");
  if (alias != nullptr && alias->value.what != kind::null) {
    if (alias->value.what != kind::string)
      return refuse("terraform_provider \"", label.name,
                    "\": alias must be a string");
    to.alias = alias->value.text;
  }
  to.arguments = object_of(*arguments);
  to.arguments.erase("alias");
  to.arguments.erase("task_env");
  to.task_env = std::move(*task_env);
  return to;
}

} // namespace cts::config
