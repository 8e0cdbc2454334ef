#include "runtime/command_words.hpp"

#include <boost/program_options.hpp>

#include <optional>

namespace cts {

namespace {

namespace po = boost::program_options;

const option_text* find_option(std::span<const option_text> known,
                               const std::string& name) {
  for (const auto& x : known)
    if (x.name == name)
      return &x;
  return nullptr;
}

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
std::vector<po::option> take_option(std::span<const option_text> known,
                                    std::vector<std::string>& words) {
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
  const auto* option = find_option(known, name);
  if (option == nullptr)
    throw bad_words{"flag provided but not defined: -" + name};
  words.erase(words.begin());
  if (option->is_switch) {
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

/// The words behind the last option.
std::vector<std::string> words_behind(std::span<const option_text> known,
                                      std::vector<std::string> words) {
  while (!words.empty() && !take_option(known, words).empty()) {}
  return words;
}

} // namespace

void refuse_arguments(std::span<const option_text> known,
                      const std::vector<std::string>& words) {
  auto rest = words_behind(known, words);
  if (!rest.empty())
    throw bad_words{"unexpected argument: " + rest.front()};
}

std::vector<boost::program_options::option>
parse_options(std::span<const option_text> known,
              const std::vector<std::string>& words) {
  auto take = [known](std::vector<std::string>& rest) {
    return take_option(known, rest);
  };
  auto rest = words_behind(known, words);
  auto front = std::vector<std::string>{
    words.begin(), words.end() - static_cast<long>(rest.size())};
  auto described = po::options_description{};
  for (const auto& x : known)
    described.add_options()(x.name, po::value<std::vector<std::string>>());
  return po::command_line_parser(front)
    .options(described)
    .extra_style_parser(take)
    .run()
    .options;
}

} // namespace cts
