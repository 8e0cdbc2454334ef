#include "runtime/command_line.hpp"

#include <boost/program_options.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace cts {

namespace {

namespace po = boost::program_options;

constexpr auto program = "consul-terraform-sync";

/// An option of `start` as the help shows it, in alphabetical order.
struct option_text {
  const char* name;
  bool is_switch;
  const char* meaning;
};

constexpr auto start_options = std::array{
  option_text{"config-dir", false,
              "Folder whose .hcl and .json files are read, in name order.\n"
              "        May be given several times"},
  option_text{"config-file", false,
              "An .hcl or .json configuration file. May be given several "
              "times"},
  option_text{"inspect", true,
              "Show what each task would change, change nothing, and exit"},
  option_text{"inspect-task", false,
              "Like -inspect, for the task of this name. May be given several "
              "times"},
  option_text{"once", true,
              "Run every task once, without buffer periods, and exit"},
  option_text{
    "reset-storage", true,
    "Whenever this instance becomes leader, discard the cluster's\n"
    "        stored tasks and events and begin with the tasks of this\n"
    "        configuration. Needs high_availability"},
};

bool is_switch(const std::string& name) {
  return std::ranges::any_of(start_options, [&](const auto& x) {
    return x.is_switch && x.name == name;
  });
}

bool is_known(const std::string& name) {
  return std::ranges::any_of(start_options,
                             [&](const auto& x) { return x.name == name; });
}

std::string option_blocks() {
  auto out = std::string{};
  for (const auto& x : start_options) {
    out += "    -" + std::string{x.name};
    out += x.is_switch ? " [Default: false]\n" : "\n";
    out += "        " + std::string{x.meaning} + "\n\n";
  }
  out.pop_back();
  return out;
}

std::string start_help() {
  return "Usage CLI: " + std::string{program}
         + " start [-help] [options]\n\nOptions:\n" + option_blocks();
}

std::string program_help() {
  return "Usage CLI: " + std::string{program}
         + " <command> [-help] [options]\n\nCommands:\n    start\n\n"
           "Options:\n"
         + option_blocks();
}

/// Why the words cannot be parsed, in Go's words.
struct bad_words {
  std::string text;
};

std::optional<bool> switch_value(const std::string& text) {
  for (const auto* yes : {"1", "t", "T", "true", "TRUE", "True"})
    if (text == yes)
      return true;
  for (const auto* no : {"0", "f", "F", "false", "FALSE", "False"})
    if (text == no)
      return false;
  return std::nullopt;
}

// Takes one option in Go's syntax off the front of `words`. An empty result
// leaves the word to be a positional argument.
std::vector<po::option> take_option(std::vector<std::string>& words) {
  const auto word = words.front();
  if (word.size() < 2 || word.front() != '-' || word == "--")
    return {};
  auto name = word.substr(word[1] == '-' ? 2 : 1);
  if (name.empty() || name.front() == '-' || name.front() == '=')
    throw bad_words{"bad flag syntax: " + word};
  auto value = std::optional<std::string>{};
  if (auto equals = name.find('='); equals != std::string::npos) {
    value = name.substr(equals + 1);
    name.resize(equals);
  }
  if (!is_known(name))
    throw bad_words{"flag provided but not defined: -" + name};
  words.erase(words.begin());
  if (is_switch(name)) {
    auto truth = switch_value(value.value_or("true"));
    if (!truth)
      throw bad_words{"invalid boolean value \"" + *value + "\" for -" + name
                      + ": parse error"};
    value = *truth ? "1" : "0";
  } else if (!value) {
    if (words.empty())
      throw bad_words{"flag needs an argument: -" + name};
    value = words.front();
    words.erase(words.begin());
  }
  return {po::option{name, {*value}}};
}

// Parsing stops at the first positional argument or at `--`.
std::vector<std::string> option_part(const std::vector<std::string>& words) {
  auto rest = words;
  while (!rest.empty() && !take_option(rest).empty()) {}
  return {words.begin(), words.end() - static_cast<long>(rest.size())};
}

start_command parse_start(const std::vector<std::string>& words) {
  auto described = po::options_description{};
  for (const auto& x : start_options)
    described.add_options()(x.name, po::value<std::vector<std::string>>());
  auto parsed = po::command_line_parser(option_part(words))
                  .options(described)
                  .extra_style_parser(take_option)
                  .run();
  auto out = start_command{};
  for (const auto& x : parsed.options) {
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

bool has(const std::vector<std::string>& words,
         std::initializer_list<const char*> wanted) {
  auto end = std::ranges::find(words, "--");
  return std::any_of(words.begin(), end, [&](const auto& word) {
    return std::ranges::any_of(wanted,
                               [&](const char* x) { return word == x; });
  });
}

command start(const std::vector<std::string>& words) {
  if (has(words, {"-h", "-help", "--help"}))
    return spoken_command{.out = start_help()};
  auto parsed = parse_start(words);
  if (!parsed.paths.empty())
    return parsed;
  return spoken_command{
    .out = "    no config file provided\n    For additional help try '"
           + std::string{program} + " start --help'\n",
    .err = "==> unable to start " + std::string{program} + "\n",
    .exit_code = 13,
  };
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
  try {
    if (words.empty() || words.front().starts_with('-'))
      return without_command(words);
    if (words.front() == "start")
      return start({words.begin() + 1, words.end()});
  } catch (const bad_words& x) {
    return spoken_command{.out = x.text + "\n    " + start_help(),
                          .exit_code = 14};
  }
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
