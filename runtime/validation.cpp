#include "runtime/validation.hpp"

#include "actors/consul_client.hpp"
#include "core/config/show.hpp"
#include "core/dynamic/templates.hpp"
#include "core/hcl/print.hpp"
#include "core/text_template/ast.hpp"
#include "runtime/config_files.hpp"
#include "runtime/http_options.hpp"
#include "runtime/surroundings.hpp"
#include "runtime/unsupported.hpp"

#include <filesystem>
#include <map>

namespace cts {

namespace {

using config::diagnostic;

constexpr auto configuration_error = 15;

/// What was found, in the order in which it is to be read.
struct findings {
  std::vector<diagnostic> all{};
  std::size_t errors = 0;

  std::size_t warnings() const { return all.size() - errors; }
};

void add(findings& to, std::vector<diagnostic> more) {
  for (auto& each : more) {
    to.errors += each.level == diagnostic::severity::error ? 1 : 0;
    to.all.push_back(std::move(each));
  }
}

void add(findings& to, config::stage found, const std::string& message) {
  add(to, {{.where_found = found, .message = message}});
}

using complaints = std::vector<config::complaint>;

/// The block that the template stands in.
std::string path_of_owner(const config::settings& x,
                          const dynamic::found_template& of) {
  for (auto i = std::size_t{0}; i < x.providers.size(); ++i)
    if (of.owner_key == "provider" && x.providers[i].id() == of.owner)
      return "terraform_provider[" + std::to_string(i) + "]";
  for (auto i = std::size_t{0}; i < x.tasks.size(); ++i)
    if (of.owner_key == "task_name" && x.tasks[i].name == of.owner)
      return "task[" + std::to_string(i) + "].variables";
  return {};
}

// What would end the start only when Consul has been reached.
void add_template_mistakes(complaints& to, const config::settings& x) {
  auto all = dynamic::templates_of(x);
  for (auto& each : dynamic::connection_templates_of(x))
    all.push_back(std::move(each));
  for (const auto& each : all)
    if (auto parsed = text_template::parse(each.text); !parsed)
      to.push_back({.path = path_of_owner(x, each),
                    .message = each.owner_key + "=" + each.owner + ": "
                               + parsed.error().message});
}

// Outside of the core's view: what this version lacks, and what the clients
// make of addresses and certificates.
complaints problems_of(const config::settings& x,
                       const config::surroundings& around) {
  auto to = obstacles(x, around.working_dir);
  add_template_mistakes(to, x);
  if (auto consul = consul_client_options_of(x.consul); !consul)
    to.push_back({"consul.address", consul.error().message});
  else if (auto http = http_options_of(x.consul, around.environment); !http)
    to.push_back({"consul.tls", http.error().message});
  return to;
}

/// The files and the process.
struct inputs {
  std::vector<config::source> files{};
  config::surroundings around{};
};

result<inputs> read_inputs(const std::vector<std::string>& paths) {
  auto files = read_config_files(paths);
  if (!files)
    return files.error();
  auto around = process_surroundings();
  if (!around)
    return around.error();
  return inputs{.files = std::move(*files), .around = std::move(*around)};
}

findings check(const std::vector<std::string>& paths) {
  auto found = findings{};
  auto read = read_inputs(paths);
  if (!read) {
    add(found, config::stage::build, read.error().message);
    return found;
  }
  read->around.further_checks
    = [around = read->around](const auto& x) { return problems_of(x, around); };
  auto outcome = config::load(read->files, read->around);
  if (auto* refused = std::get_if<config::failure>(&outcome)) {
    add(found, std::move(refused->errors));
    add(found, std::move(refused->warnings));
    return found;
  }
  add(found, std::move(std::get<config::loaded>(outcome).warnings));
  return found;
}

// -- for people ---------------------------------------------------------------

std::string count_of(std::size_t count, const char* noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string summary_of(const findings& x) {
  auto text = x.errors > 0 ? count_of(x.errors, "error") : std::string{};
  if (x.warnings() > 0)
    text += (text.empty() ? "" : ", ") + count_of(x.warnings(), "warning");
  return text;
}

std::string text_of(const std::vector<diagnostic>& all) {
  auto text = std::string{};
  for (const auto& each : all) {
    auto error = each.level == diagnostic::severity::error;
    text += std::string{error ? "Error: " : "Warning: "} + config::print(each)
            + "\n\n";
  }
  return text;
}

// -- for programs -------------------------------------------------------------

using hcl::add_member;
using hcl::integer_node;
using hcl::node;
using hcl::text_node;

node node_of(const diagnostic& x) {
  auto error = x.level == diagnostic::severity::error;
  auto to = node{};
  add_member(to, "severity", text_node(error ? "error" : "warning"));
  add_member(to, "stage", text_node(to_string(x.where_found)));
  add_member(to, "message", text_node(x.message));
  add_member(to, "hint", text_node(x.hint));
  add_member(to, "excerpt", text_node(x.excerpt));
  if (!x.range)
    return to;
  auto range = node{};
  add_member(range, "file", text_node(x.range->file));
  add_member(range, "line", integer_node(x.range->line));
  add_member(range, "column", integer_node(x.range->column));
  add_member(range, "end_column", integer_node(x.range->end_column));
  add_member(to, "range", std::move(range));
  return to;
}

std::string json_of(const findings& x, bool valid) {
  auto diagnostics = node{.what = node::kind::list, .members = {}};
  for (const auto& each : x.all)
    diagnostics.elements.push_back(node_of(each));
  auto root = node{};
  add_member(root, "valid", hcl::boolean_node(valid));
  add_member(root, "error_count", integer_node(x.errors));
  add_member(root, "warning_count", integer_node(x.warnings()));
  add_member(root, "diagnostics", std::move(diagnostics));
  return hcl::print_json(root);
}

/// The end of a command that shows what was found.
struct verdict {
  bool json = false;
  bool valid = false;
};

spoken_command report(const findings& found, const verdict& x) {
  auto code = x.valid ? 0 : configuration_error;
  if (x.json)
    return {.out = json_of(found, x.valid), .exit_code = code};
  auto summary = summary_of(found);
  auto text = text_of(found.all);
  if (x.valid)
    return {.out = text + "The configuration is valid"
                   + (summary.empty() ? "" : ": " + summary) + ".\n"};
  return {.out = text,
          .err = "==> the configuration is not valid: " + summary + "\n",
          .exit_code = code};
}

} // namespace

// Two tasks in one folder would apply each other's module.
std::vector<config::complaint> obstacles(const config::settings& x,
                                         const std::string& base) {
  auto out = unsupported_settings(x);
  auto owners = std::map<std::string, std::string>{};
  for (auto i = std::size_t{0}; i < x.tasks.size(); ++i) {
    const auto& task = x.tasks[i];
    auto path = (std::filesystem::path{base} / task.working_dir / "")
                  .lexically_normal()
                  .string();
    auto [owner, is_new] = owners.emplace(path, task.name);
    // A name that is used twice has been complained of.
    if (!is_new && owner->second != task.name)
      out.push_back({.path = "task[" + std::to_string(i) + "].working_dir",
                     .message = "tasks \"" + owner->second + "\" and \""
                                + task.name
                                + "\" use the same working directory " + path
                                + ": give each a directory of its own"});
  }
  return out;
}

spoken_command run_validate(const validate_command& order) {
  auto found = check(order.paths);
  auto valid = found.errors == 0 && !(order.strict && found.warnings() > 0);
  return report(found, {.json = order.json, .valid = valid});
}

spoken_command run_show(const show_command& order) {
  auto found = findings{};
  auto read = read_inputs(order.paths);
  if (!read) {
    add(found, config::stage::build, read.error().message);
    return report(found, {.json = order.json});
  }
  auto outcome = config::show(read->files, read->around);
  if (auto* refused = std::get_if<config::failure>(&outcome)) {
    add(found, std::move(refused->errors));
    add(found, std::move(refused->warnings));
    return report(found, {.json = order.json});
  }
  const auto& all = std::get<config::shown>(outcome);
  return {.out = order.json ? config::to_json(all) : config::to_hcl(all),
          .err = text_of(all.warnings)};
}

} // namespace cts
