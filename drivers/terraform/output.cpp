#include "drivers/terraform/output.hpp"

#include <re2/re2.h>

#include <array>
#include <cstring>
#include <initializer_list>

namespace cts::terraform {

namespace {

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

bool contains_any(const std::string& text,
                  std::initializer_list<std::string_view> parts) {
  for (auto part : parts)
    if (contains(text, part))
      return true;
  return false;
}

/// The first group of `expression` in `text`, empty if there is no match.
std::string match(const std::string& text, const char* expression) {
  auto found = std::string{};
  RE2::PartialMatch(text, expression, &found);
  return found;
}

std::string signal_name(int signal) {
  switch (signal) {
    case 2: return "interrupt";
    case 6: return "aborted";
    case 9: return "killed";
    case 11: return "segmentation fault";
    case 13: return "broken pipe";
    case 15: return "terminated";
    default: return std::to_string(signal);
  }
}

std::string exit_text(const process_finished& end) {
  if (end.signal != 0)
    return "signal: " + signal_name(end.signal);
  return "exit status " + std::to_string(end.exit_code);
}

bool wants_init(const std::string& text) {
  return contains_any(text, {"Error: Could not satisfy plugin requirements",
                             "Error: Could not load plugin",
                             "Please run \"terraform init\"",
                             "Run \"terraform init\"",
                             "Error: Initialization required.",
                             "please run \"terraform init\""})
         || RE2::PartialMatch(text, "run:\\s+terraform init");
}

/// Without what Terraform says of its own configuration file, which concerns
/// no run.
std::string without_installation_warning(std::string text) {
  constexpr auto head
    = std::string_view{"There are some problems with the CLI configuration:"};
  constexpr auto tail = std::string_view{"\u2575\n"};
  auto first = text.find(head);
  auto last = text.find(tail, first == std::string::npos ? 0 : first);
  if (first == std::string::npos || last == std::string::npos)
    return text;
  // Behind it comes an empty line of its own.
  return text.erase(first, last + tail.size() + 1 - first);
}

/// Without the trace log that may come before the error.
std::string from_first_error(std::string text) {
  text = without_installation_warning(std::move(text));
  auto lines = '\n' + text;
  auto at = lines.find("\nError");
  if (at == std::string::npos)
    at = lines.find("\n\u2577");
  auto first = text.find_first_not_of(" \t\r\n");
  return at == std::string::npos || at <= first ? text : text.substr(at);
}

std::string unsupported_version(const std::string& text, const version& x) {
  auto constraint = match(text, "required_version = \"(.*)\"");
  return "terraform " + to_string(x) + " not supported by configuration ("
         + (constraint.empty() ? "unknown" : constraint) + " required)";
}

/// The lock that somebody holds, as six lines; empty if the text has not all.
std::string lock_text(const std::string& text) {
  auto out = std::string{"error acquiring the state lock: Lock Info:"};
  for (auto name : {"ID", "Path", "Operation", "Who", "Version", "Created"}) {
    auto field = std::string{"(?m)^\\W*"} + name + ":\\s*(.*)$";
    auto found = match(text, field.c_str());
    if (found.empty())
      return {};
    out += std::string{"\n  "} + name + ": " + found;
  }
  return out;
}

} // namespace

std::string cause_of(const process_finished& end, const version& x) {
  auto text = from_first_error(end.error_output);
  if (text.find_first_not_of(" \t\r\n") == std::string::npos)
    return exit_text(end);
  if (contains_any(text,
                   {"Unsupported Terraform Core version",
                    "The currently running version of Terraform doesn't meet "
                    "the"}))
    return unsupported_version(text, x);
  if (contains(text, "Error: No value for required variable"))
    return "variable \"" + match(text, "variable \"(.+)\"")
           + "\" was required but not supplied";
  if (contains(text, "Too many command line arguments")
      || RE2::PartialMatch(text, "Error: Invalid -\\d+ option")
      || wants_init(text) || contains(text, "Error: No configuration files"))
    return text;
  if (auto name = match(text, "Workspace \"(.+)\" doesn't exist\\.");
      !name.empty())
    return "workspace \"" + name + "\" does not exist";
  if (auto name = match(text, "Workspace \"(.+)\" already exists");
      !name.empty())
    return "workspace \"" + name + "\" already exists";
  // This sentence stands before the first error.
  if (contains(end.error_output,
               "There are some problems with the configuration, described "
               "below."))
    return without_installation_warning(end.error_output);
  if (contains(text, "Error acquiring the state lock"))
    if (auto lock = lock_text(text); !lock.empty())
      return lock;
  return exit_text(end) + "\n" + text;
}

const char* to_string(failure x) {
  switch (x) {
    case failure::lock: return "lock";
    case failure::init_needed: return "init_needed";
    case failure::backend: return "backend";
    case failure::config: return "config";
    case failure::interrupted: return "interrupted";
    case failure::provider: return "provider";
  }
  return "";
}

failure classify(const process_finished& end) {
  if (end.stopped)
    return failure::interrupted;
  const auto& text = end.error_output;
  if (contains_any(text, {"failed to lock state in Consul",
                          "Error acquiring the state lock"}))
    return failure::lock;
  if (wants_init(text))
    return failure::init_needed;
  if (contains_any(text,
                   {"rror loading state", "Failed to get existing workspaces",
                    "Failed to save state"}))
    return failure::backend;
  if (contains_any(text,
                   {"Error: Invalid ", "Unsupported argument",
                    "Missing required argument", "Reference to undeclared",
                    "Unsupported Terraform Core version",
                    "No value for required variable"}))
    return failure::config;
  return failure::provider;
}

bool misses_workspace(const process_finished& end) {
  static const auto expression
    = RE2{"(?i)(workspace \".*\"\\s+(does not|doesn't)\\s+exist)"};
  return contains(end.error_output, "Failed to select workspace")
         || RE2::PartialMatch(end.error_output, expression);
}

bool has_workspace_already(const process_finished& end) {
  static const auto expression = RE2{"Workspace \".+\" already exists"};
  return RE2::PartialMatch(end.error_output, expression);
}

bool escapes_package(const process_finished& end) {
  return contains(end.error_output, "Local module path escapes module package");
}

std::string plan_text(std::string output, std::size_t size_max) {
  if (output.size() <= size_max)
    return output;
  output.erase(0, output.size() - size_max);
  auto line = output.find('\n');
  // Without any line end: not within a character.
  auto begin = line != std::string::npos ? line + 1 : std::size_t{0};
  auto continues = [&output](std::size_t at) {
    return at < output.size()
           && (static_cast<unsigned char>(output[at]) & 0xC0U) == 0x80U;
  };
  while (continues(begin))
    ++begin;
  return output.erase(0, begin);
}

std::optional<apply_summary> parse_apply_summary(const std::string& output) {
  static const auto expression
    = RE2{"Apply complete! Resources: (\\d+) added, (\\d+) changed, "
          "(\\d+) destroyed"};
  auto out = apply_summary{};
  if (!RE2::PartialMatch(output, expression, &out.added, &out.changed,
                         &out.destroyed))
    return std::nullopt;
  return out;
}

} // namespace cts::terraform
