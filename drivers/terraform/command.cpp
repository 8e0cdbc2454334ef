#include "drivers/terraform/command.hpp"

namespace cts::terraform {

namespace {

using arguments = std::vector<std::string>;

arguments init_arguments(const command_options& how) {
  auto is_old = !at_least(how.version, 0, 15);
  auto out = arguments{"init", "-no-color"};
  if (how.migrates)
    out.emplace_back("-force-copy");
  out.emplace_back("-input=false");
  if (is_old)
    out.emplace_back("-lock-timeout=0s");
  out.insert(out.end(), {"-backend=true", "-get=true", "-upgrade=false"});
  if (is_old)
    out.insert(out.end(),
               {"-lock=true", "-get-plugins=true", "-verify-plugins=true"});
  return out;
}

std::string parallelism_of(const command_options& how) {
  return "-parallelism=" + std::to_string(how.parallelism);
}

arguments apply_arguments(const command_options& how) {
  auto out = arguments{"apply", "-no-color", "-auto-approve", "-input=false"};
  if (how.lock_timeout > 0)
    out.push_back("-lock-timeout=" + std::to_string(how.lock_timeout) + 's');
  out.insert(out.end(), {"-lock=true", parallelism_of(how), "-refresh=true"});
  return out;
}

} // namespace

const char* to_string(command x) {
  switch (x) {
    case command::init: return "init";
    case command::workspace_new: return "workspace new";
    case command::workspace_select: return "workspace select";
    case command::validate: return "validate";
    case command::plan: return "plan";
    case command::apply: return "apply";
    case command::state_pull: return "state pull";
    case command::state_push: return "state push";
  }
  return "";
}

std::vector<std::string> arguments_of(command x, const command_options& how) {
  switch (x) {
    case command::init: return init_arguments(how);
    case command::workspace_new:
      return {"workspace", "new", "-no-color", how.workspace};
    case command::workspace_select:
      return {"workspace", "select", "-no-color", how.workspace};
    case command::validate: return {"validate", "-no-color", "-json"};
    case command::plan:
      return {"plan",
              "-no-color",
              "-input=false",
              "-detailed-exitcode",
              "-lock-timeout=" + std::to_string(how.lock_timeout) + 's',
              "-lock=true",
              parallelism_of(how),
              "-refresh=true"};
    case command::apply: return apply_arguments(how);
    case command::state_pull: return {"state", "pull"};
    case command::state_push: return {"state", "push", "errored.tfstate"};
  }
  return {};
}

int lock_timeout_of(const config::terraform_driver& driver) {
  constexpr auto seconds = 60;
  auto ignored = driver.backend.type == "consul" || driver.classic_commands;
  return ignored ? 0 : seconds;
}

} // namespace cts::terraform
