#include "runtime/unsupported.hpp"

namespace cts {

namespace {

bool has_template(const value& x) {
  if (const auto* text = std::get_if<std::string>(&x.data))
    return text->find("{{") != std::string::npos;
  if (const auto* items = std::get_if<list>(&x.data)) {
    for (const auto& item : *items)
      if (has_template(item))
        return true;
  }
  if (const auto* members = std::get_if<object>(&x.data)) {
    for (const auto& [name, member] : *members)
      if (has_template(member))
        return true;
  }
  return false;
}

bool has_template(const config::terraform_provider& x) {
  for (const auto& [name, text] : x.task_env)
    if (text.find("{{") != std::string::npos)
      return true;
  return has_template(value{x.arguments});
}

} // namespace

std::vector<std::string> unsupported_settings(const config::settings& x) {
  auto out = std::vector<std::string>{};
  if (x.high_availability)
    out.emplace_back("high_availability is not supported by this version yet: "
                     "remove the block to run a single instance");
  if (x.cloud)
    out.emplace_back("driver \"terraform-cloud\" is not supported by this "
                     "version yet: use driver \"terraform\"");
  if (x.syslog.enabled)
    out.emplace_back("syslog is not supported by this version yet: logs go to "
                     "standard error, from where a service manager takes "
                     "them");
  for (const auto& task : x.tasks)
    if (std::holds_alternative<config::schedule_condition>(task.condition))
      out.push_back("task \"" + task.name
                    + "\": condition \"schedule\" is not supported by this "
                      "version yet");
  for (const auto& provider : x.providers)
    if (has_template(provider))
      out.push_back("terraform_provider \"" + provider.id()
                    + "\": dynamic values ({{ ... }}) are not supported by "
                      "this version yet: set the value, or leave it to the "
                      "provider's own environment variables");
  return out;
}

} // namespace cts
