#include "runtime/command_line.hpp"

#include "runtime/command_words.hpp"

#include <algorithm>
#include <optional>
#include <span>

namespace cts {

namespace {

namespace po = boost::program_options;

constexpr auto program = "consul-terraform-sync";

constexpr auto config_dir
  = option_text{"config-dir", false,
                "Folder whose .hcl and .json files are read, in name order.\n"
                "        May be given several times"};
constexpr auto config_file = option_text{
  "config-file", false,
  "An .hcl or .json configuration file. May be given several times"};

constexpr option_text start_options[] = {
  config_dir,
  config_file,
  {"inspect", true,
   "Show what each task would change, change nothing, and exit"},
  {"inspect-task", false,
   "Like -inspect, for the task of this name. May be given several times"},
  {"once", true, "Run every task once, without buffer periods, and exit"},
  {"reset-storage", true,
   "Whenever this instance becomes leader, discard the cluster's\n"
   "        stored tasks and events and begin with the tasks of this\n"
   "        configuration. Needs high_availability"},
};

constexpr option_text validate_options[] = {
  config_dir,
  config_file,
  {"format", false, "text, or json, which is the same as -json", "text"},
  {"json", true, "Write an object for programs instead of text for people"},
  {"strict", true, "Let warnings count as errors"},
};

constexpr option_text show_options[] = {
  config_dir,
  config_file,
  {"format", false, "hcl, or json, which is the same as -json", "hcl"},
  {"json", true,
   "Write JSON: the configuration, and where each value comes from"},
};

constexpr option_text cluster_options[] = {
  {"ca-cert", false,
   "PEM file of the authority to verify the API with (CTS_CACERT)"},
  {"ca-path", false, "Folder of such PEM files (CTS_CAPATH)"},
  {"client-cert", false,
   "PEM file of the client's certificate (CTS_CLIENT_CERT)"},
  {"client-key", false, "PEM file of the client's key (CTS_CLIENT_KEY)"},
  {"follow-leader", true, "Ask the leader if another instance was asked",
   "true"},
  {"http-addr", false, "Scheme, host and port of the API (CTS_ADDRESS)",
   "http://localhost:8558"},
  {"json", true, "Write the API's answer instead of text for people"},
  {"port", false, "Deprecated: use -http-addr", "8558"},
  {"ssl-verify", true, "Verify the API's certificate (CTS_SSL_VERIFY)", "true"},
};

/// A command as the help shows it.
struct command_text {
  const char* name;
  /// What it cannot do without a configuration.
  const char* aim;
  /// Empty, or what it does.
  const char* summary;
  std::span<const option_text> options;
};

constexpr auto start_text
  = command_text{"start", "start consul-terraform-sync", "", start_options};
constexpr auto validate_text = command_text{
  "validate", "validate the configuration",
  "Checks a configuration without a network. Exit code 0: it is valid, 15: it\n"
  "is not. Settings that this version cannot fulfil are errors, too.\n\n",
  validate_options};
constexpr auto show_text = command_text{
  "config show", "show the configuration",
  "Shows the effective configuration, and where each value comes from: file\n"
  "and line, environment variable, another setting, or default. Secrets are\n"
  "masked. Exit code 15: the configuration is not valid.\n\n",
  show_options};

constexpr auto status_text = command_text{
  "cluster status", "show the status of the cluster",
  "Shows the instances of the cluster. Each of them can be asked. Exit code\n"
  "11: it did not answer.\n\n",
  cluster_options};
constexpr auto step_down_text = command_text{
  "cluster step-down", "step down",
  "Has the leader hand leadership over to another instance. It does not\n"
  "lead again for 10 s while another one lives. Exit code 11: it failed.\n\n",
  cluster_options};

std::string option_blocks(std::span<const option_text> known) {
  auto out = std::string{};
  for (const auto& x : known) {
    out += "    -" + std::string{x.name};
    if (x.standard != nullptr)
      out += " [Default: " + std::string{x.standard} + "]\n";
    else
      out += x.is_switch ? " [Default: false]\n" : "\n";
    out += "        " + std::string{x.meaning} + "\n\n";
  }
  out.pop_back();
  return out;
}

std::string help_of(const command_text& x) {
  return "Usage CLI: " + std::string{program} + " " + x.name
         + " [-help] [options]\n\n" + x.summary + "Options:\n"
         + option_blocks(x.options);
}

std::string program_help() {
  return "Usage CLI: " + std::string{program}
         + " <command> [-help] [options]\n\nCommands:\n    cluster status\n    "
           "cluster "
           "step-down\n    config show\n    start\n    validate\n\nOptions:\n"
         + option_blocks(start_options);
}

start_command parse_start(const std::vector<std::string>& words) {
  auto out = start_command{};
  for (const auto& x : parse_options(start_options, words)) {
    if (x.string_key == "once")
      out.once = x.value.front() == "1";
    else if (x.string_key == "inspect")
      out.inspect = x.value.front() == "1";
    else if (x.string_key == "inspect-task")
      out.inspect_tasks.push_back(x.value.front());
    else if (x.string_key == "reset-storage")
      out.reset_storage = x.value.front() == "1";
    else
      out.paths.push_back(x.value.front());
  }
  out.inspect = out.inspect || !out.inspect_tasks.empty();
  return out;
}

/// Whether `-format` or `-json` asks for JSON. Throws `bad_words`.
bool wants_json(const po::option& x, const std::string& other) {
  const auto& value = x.value.front();
  if (x.string_key == "json")
    return value == "1";
  if (value != "json" && value != other)
    throw bad_words{"invalid value \"" + value + "\" for flag -format: must be "
                    + other + " or json"};
  return value == "json";
}

validate_command parse_validate(const std::vector<std::string>& words) {
  refuse_arguments(validate_options, words);
  auto out = validate_command{};
  for (const auto& x : parse_options(validate_options, words)) {
    if (x.string_key == "json" || x.string_key == "format")
      out.json = wants_json(x, "text");
    else if (x.string_key == "strict")
      out.strict = x.value.front() == "1";
    else
      out.paths.push_back(x.value.front());
  }
  return out;
}

show_command parse_show(const std::vector<std::string>& words) {
  refuse_arguments(show_options, words);
  auto out = show_command{};
  for (const auto& x : parse_options(show_options, words)) {
    if (x.string_key == "json" || x.string_key == "format")
      out.json = wants_json(x, "hcl");
    else
      out.paths.push_back(x.value.front());
  }
  return out;
}

// Nothing for people who mistyped: each option has a place.
void take_client_option(client_options& to, const po::option& x) {
  const auto& value = x.value.front();
  if (x.string_key == "http-addr")
    to.http_addr = value;
  else if (x.string_key == "ssl-verify")
    to.ssl_verify = value == "1";
  else if (x.string_key == "port")
    to.port = value;
  else if (x.string_key == "ca-cert")
    to.ca_cert = value;
  else if (x.string_key == "ca-path")
    to.ca_path = value;
  else if (x.string_key == "client-cert")
    to.client_cert = value;
  else if (x.string_key == "client-key")
    to.client_key = value;
}

cluster_command parse_cluster(const std::vector<std::string>& words) {
  auto out = cluster_command{};
  for (const auto& x : parse_options(cluster_options, words)) {
    if (x.string_key == "json")
      out.json = x.value.front() == "1";
    else if (x.string_key == "follow-leader")
      out.follow_leader = x.value.front() == "1";
    else
      take_client_option(out.client, x);
  }
  const auto& port = out.client.port;
  if (port.find_first_not_of("0123456789") != std::string::npos)
    throw bad_words{"invalid value \"" + port
                    + "\" for flag -port: parse error"};
  return out;
}

bool has(const std::vector<std::string>& words,
         std::initializer_list<const char*> wanted) {
  auto end = std::ranges::find(words, "--");
  return std::any_of(words.begin(), end, [&](const auto& word) {
    return std::ranges::any_of(wanted,
                               [&](const char* x) { return word == x; });
  });
}

spoken_command bad_options(const bad_words& x, const command_text& of) {
  return {.out = x.text + "\n    " + help_of(of), .exit_code = 14};
}

// What `parse` makes of the words behind the name of the command.
template <class Parse>
command with_paths(const command_text& x, Parse parse,
                   const std::vector<std::string>& words) {
  if (has(words, {"-h", "-help", "--help"}))
    return spoken_command{.out = help_of(x)};
  try {
    auto parsed = parse(words);
    if (!parsed.paths.empty())
      return parsed;
  } catch (const bad_words& wrong) {
    return bad_options(wrong, x);
  }
  return spoken_command{
    .out = "    no config file provided\n    For additional help try '"
           + std::string{program} + " " + x.name + " --help'\n",
    .err = "==> unable to " + std::string{x.aim} + "\n",
    .exit_code = 13,
  };
}

// `config` alone is a question, with another word behind it a mistake.
command config_help(const std::vector<std::string>& words) {
  auto text = help_of(show_text) + "\n" + help_of(validate_text);
  if (words.size() == 1 || has(words, {"-h", "-help", "--help"}))
    return spoken_command{.out = text};
  return spoken_command{.err = text, .exit_code = 127};
}

command cluster(const std::vector<std::string>& words) {
  auto step_down = words.size() > 1 && words[1] == "step-down";
  const auto& text = step_down ? step_down_text : status_text;
  auto is_known = step_down || (words.size() > 1 && words[1] == "status");
  if (!is_known || has(words, {"-h", "-help", "--help"})) {
    auto all = help_of(status_text) + "\n" + help_of(step_down_text);
    if (is_known)
      return spoken_command{.out = help_of(text)};
    if (words.size() == 1 || words[1].starts_with('-'))
      return spoken_command{.out = all};
    return spoken_command{.err = all, .exit_code = 127};
  }
  try {
    auto out = parse_cluster({words.begin() + 2, words.end()});
    if (step_down)
      out.what = cluster_command::action::step_down;
    return out;
  } catch (const bad_words& wrong) {
    return bad_options(wrong, text);
  }
}

command without_command(const std::vector<std::string>& words) {
  if (has(words, {"-v", "-version", "--version"}))
    return spoken_command{.out = std::string{program} + " " + human_version()
                                 + "\nCompatible with Terraform >= 0.13.0, "
                                   "< 2.0.0\n"};
  if (has(words, {"-h", "-help", "--help"}))
    return spoken_command{.out = program_help()};
  auto parsed = parse_start(words);
  parsed.without_command = true;
  if (!parsed.paths.empty())
    return parsed;
  return spoken_command{.out = "    " + program_help() + "\n", .exit_code = 13};
}

} // namespace

command parse_command_line(const std::vector<std::string>& words) {
  if (words.empty() || words.front().starts_with('-')) {
    try {
      return without_command(words);
    } catch (const bad_words& x) {
      return bad_options(x, start_text);
    }
  }
  if (words.front() == "cluster")
    return cluster(words);
  auto rest = std::vector<std::string>{words.begin() + 1, words.end()};
  auto name = words.front();
  if (name == "config" && !rest.empty()) {
    name += " " + rest.front();
    rest.erase(rest.begin());
  }
  if (name == "start")
    return with_paths(start_text, parse_start, rest);
  if (name == "validate" || name == "config validate")
    return with_paths(validate_text, parse_validate, rest);
  if (name == "config show")
    return with_paths(show_text, parse_show, rest);
  if (words.front() == "config")
    return config_help(words);
  return spoken_command{.err = program_help(), .exit_code = 127};
}

std::string human_version() {
  return std::string{"v"} + CTS_VERSION;
}

std::string deprecation_banner() {
  const auto rule = std::string(52, '=') + "\n";
  return rule
         + "Warning: Usage of consul-terraform-sync without a subcommand is "
           "deprecated and will be removed in a future release. \n\n"
           "Use `consul-terraform-sync start` instead.\n\n"
           "For additional information, use `consul-terraform-sync start "
           "-help` or view the documentation: "
           "https://www.consul.io/docs/nia/cli/start\n"
         + rule;
}

} // namespace cts
