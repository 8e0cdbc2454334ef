#include "runtime/settings_source.hpp"

#include "core/config/load.hpp"
#include "core/dynamic/templates.hpp"
#include "runtime/config_files.hpp"
#include "runtime/log_sink.hpp"
#include "runtime/surroundings.hpp"
#include "runtime/validation.hpp"

#include <algorithm>
#include <cstdio>
#include <map>

namespace cts {

namespace {

constexpr auto configuration_error = 15;

using outcome = reported<prepared_start>;

int report(const std::string& step, const std::string& text) {
  log::error("cli", "error " + step + " configuration", {{"error", text}});
  return configuration_error;
}

void warn(const std::vector<config::diagnostic>& warnings) {
  for (const auto& x : warnings)
    log::warn(x.component, config::print(x));
}

// The first problem is the one that the reference would name; all of them
// follow, so that one start is enough to see them.
int report(const config::failure& problems) {
  const auto& first = problems.errors.front();
  if (first.where_found == config::stage::build && first.range)
    log::error("config", "failed decoding content from file",
               {{"file_path", first.range->file}});
  auto text = std::string{};
  for (const auto& x : problems.errors)
    text += (text.empty() ? "" : "\n") + config::print(x);
  if (first.where_found == config::stage::logging) {
    log::error("cli", "error setting up logging", {{"error", text}});
    return configuration_error;
  }
  return report(to_string(first.where_found), text);
}

// Variables that the reference's client library reads, whatever the files say
// about other things. Source: chapter monitoring 1.1.
void add_environment(consul_client_options& to,
                     const config::consul& configured,
                     const std::map<std::string, std::string>& variables) {
  auto value_of = [&variables](const char* name) {
    auto found = variables.find(name);
    return found == variables.end() ? std::string{} : found->second;
  };
  to.ns = value_of("CONSUL_NAMESPACE");
  to.partition = value_of("CONSUL_PARTITION");
  auto login = value_of("CONSUL_HTTP_AUTH");
  if (configured.auth.enabled || login.empty())
    return;
  auto colon = login.find(':');
  to.auth = {.enabled = true, .username = login.substr(0, colon)};
  if (colon != std::string::npos)
    to.auth.password = login.substr(colon + 1);
}

run_mode mode_of(const start_command& order) {
  if (order.inspect)
    return run_mode::inspect;
  return order.once ? run_mode::once : run_mode::daemon;
}

/// Leaves the named tasks, in the order of the command line.
result<void> select_tasks(config::settings& x,
                          const std::vector<std::string>& names) {
  if (names.empty())
    return {};
  auto selected = std::vector<config::task>{};
  for (const auto& name : names) {
    auto is_named = [&](const config::task& task) { return task.name == name; };
    auto found = std::ranges::find_if(x.tasks, is_named);
    if (found == x.tasks.end())
      return fail(errc::configuration, "task not found: ", name);
    if (std::ranges::none_of(selected, is_named))
      selected.push_back(*found);
  }
  x.tasks = std::move(selected);
  return {};
}

/// What the files say.
struct read_settings {
  config::settings settings{};
  config::surroundings around{};
};

reported<read_settings> read(const start_command& order) {
  auto files = read_config_files(order.paths);
  if (!files)
    return report("building", files.error().message);
  auto around = process_surroundings();
  if (!around)
    return report("building", around.error().message);
  around->further_checks = [base = around->working_dir](const auto& x) {
    return obstacles(x, base);
  };
  auto loaded = config::load(*files, *around);
  if (auto* problems = std::get_if<config::failure>(&loaded)) {
    warn(problems->warnings);
    return report(*problems);
  }
  auto& [settings, warnings] = std::get<config::loaded>(loaded);
  warn(warnings);
  return read_settings{std::move(settings), std::move(*around)};
}

int report_setup(const error& reason) {
  log::error("cli", "error setting up controller", {{"error", reason.message}});
  return configuration_error;
}

outcome prepare(const start_command& order, read_settings from) {
  auto& [settings, around] = from;
  if (order.reset_storage && !settings.high_availability)
    return report("validating",
                  "-reset-storage requires high_availability to be configured");
  if (auto known = select_tasks(settings, order.inspect_tasks); !known) {
    log::error("cli", "error inspecting tasks",
               {{"error", known.error().message}});
    return configuration_error;
  }
  auto out = prepared_start{.mode = mode_of(order),
                            .reset_storage = order.reset_storage,
                            .process_directory = around.working_dir,
                            .environment = around.environment};
  if (settings.vault.enabled) {
    auto vault = vault_http_options_of(settings.vault, around.environment);
    if (!vault)
      return report_setup(vault.error());
    out.vault = std::move(*vault);
  }
  auto is_known = dynamic::connection_templates_of(settings).empty();
  auto shared = std::make_shared<const config::settings>(std::move(settings));
  if (is_known)
    return connect(std::move(out), std::move(shared));
  out.settings = std::move(shared);
  return out;
}

} // namespace

outcome prepare_start(const start_command& order) {
  log_to_stderr(log::level::info); // until the configuration says otherwise
  if (order.without_command)
    std::fputs(deprecation_banner().c_str(), stderr);
  auto found = read(order);
  if (!found)
    return found.error();
  const auto& settings = found->settings;
  set_log_threshold(level_of(settings.log_level).value_or(log::level::info));
  log::info("cli", human_version());
  log::debug("cli", "configuration", {{"config", config::describe(settings)}});
  return prepare(order, std::move(*found));
}

outcome connect(prepared_start x,
                std::shared_ptr<const config::settings> settings) {
  auto consul = consul_client_options_of(settings->consul);
  if (!consul)
    return report_setup(consul.error());
  add_environment(*consul, settings->consul, x.environment);
  auto http = http_options_of(settings->consul, x.environment);
  if (!http)
    return report_setup(http.error());
  x.settings = std::move(settings);
  x.consul = std::move(*consul);
  x.http = std::move(*http);
  return x;
}

std::shared_ptr<const config::settings> read_again(const start_command& order) {
  auto found = read(order);
  if (found)
    return std::make_shared<const config::settings>(std::move(found->settings));
  log::error("cli", "the configuration is not reloaded, the former one stays");
  return nullptr;
}

} // namespace cts
