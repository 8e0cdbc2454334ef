#pragma once

#include <boost/program_options/option.hpp>

#include <span>
#include <string>
#include <vector>

/// The words of a command line in Go's syntax: `-name`, `--name`,
/// `-name=value`, `-name value`. Part of command_line; no other file includes
/// it.
namespace cts {

/// An option as the help shows it, in alphabetical order.
struct option_text {
  const char* name;
  bool is_switch;
  const char* meaning;
  /// Null: none, or false for a switch.
  const char* standard = nullptr;
};

/// Why the words cannot be parsed, in Go's words.
struct bad_words {
  std::string text;
};

/// The options in front of the first positional argument, or of `--`. Throws
/// bad_words.
std::vector<boost::program_options::option>
parse_options(std::span<const option_text> known,
              const std::vector<std::string>& words);

/// Throws `bad_words` if something stands behind the options: a shell makes
/// several words of `-config-file=*.hcl`.
void refuse_arguments(std::span<const option_text> known,
                      const std::vector<std::string>& words);

} // namespace cts
