#include "tests/support/tidy_rules.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <string_view>

namespace cts::tidy {
namespace {

using names = std::vector<std::string_view>;

bool starts_with_any(std::string_view text, const names& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](auto prefix) { return text.starts_with(prefix); });
}

bool is_header(const source_file& file) {
  return file.path.ends_with(".hpp");
}

bool is_cpp(const source_file& file) {
  return is_header(file) || file.path.ends_with(".cpp");
}

std::string at(const source_file& file, std::size_t line,
               std::string_view sentence) {
  return file.path + ":" + std::to_string(line) + ": " + std::string{sentence};
}

/// `pattern` is a file, a folder with all below it (`core/`), or the files
/// directly in a folder (`core/*`).
bool covers(std::string_view pattern, std::string_view path) {
  if (pattern.ends_with('/'))
    return path.starts_with(pattern);
  if (!pattern.ends_with('*'))
    return path == pattern;
  pattern.remove_suffix(1);
  return path.starts_with(pattern)
         && path.find('/', pattern.size()) == path.npos;
}

struct layer {
  std::string_view folder;
  names may_include;
};

/// The first layer whose folder is a prefix of a file's path is the file's. The
/// structs of config.hpp, request.hpp and ha/types.hpp are words that all of
/// core/ uses.
const std::vector<layer>& layers() {
  static const auto all = std::vector<layer>{
    {"core/hcl/", {"core/*", "core/hcl/"}},
    {"core/consul/", {"core/*", "core/config/config.hpp", "core/consul/"}},
    {"core/config/", {"core/*", "core/config/", "core/hcl/", "core/consul/"}},
    {"core/ha/",
     {"core/*", "core/config/", "core/hcl/", "core/consul/", "core/ha/"}},
    {"core/text_template/", {"core/*", "core/text_template/"}},
    {"core/vault/",
     {"core/*", "core/hcl/", "core/consul/request.hpp", "core/vault/"}},
    {"core/dynamic/",
     {"core/*", "core/config/", "core/text_template/", "core/dynamic/"}},
    {"core/reload.", {"core/*", "core/config/"}},
    {"core/",
     {"core/*", "core/config/config.hpp", "core/consul/request.hpp",
      "core/ha/types.hpp"}},
    {"actors/caf/", {"core/*", "actors/caf/"}},
    {"actors/errors.", {"core/", "actors/caf/", "actors/errors.hpp"}},
    {"actors/log.", {"core/", "actors/caf/", "actors/log.hpp"}},
    {"actors/contract.",
     {"core/", "actors/caf/", "actors/contract.hpp", "actors/errors.hpp",
      "actors/log.hpp"}},
    {"actors/", {"core/", "actors/"}},
    {"drivers/",
     {"core/", "drivers/", "actors/caf/", "actors/contract.hpp",
      "actors/errors.hpp", "actors/log.hpp"}},
    {"api/",
     {"core/", "api/", "actors/caf/", "actors/contract.hpp",
      "actors/leadership.hpp", "actors/meter.hpp", "actors/errors.hpp",
      "actors/log.hpp"}},
    {"runtime/", {"core/", "actors/", "drivers/", "api/", "runtime/"}},
    {"tests/core/", {"core/", "tests/"}},
    {"tests/", {"core/", "actors/", "drivers/", "api/", "runtime/", "tests/"}},
    {"bench/",
     {"core/", "actors/", "drivers/", "api/", "runtime/", "tests/", "bench/"}},
  };
  return all;
}

struct banned_word {
  std::string_view pattern;
  names allowed_in;
  std::string_view sentence;
};

const std::vector<banned_word>& banned_words() {
  static const auto all = std::vector<banned_word>{
    {R"(\b(sleep_for|sleep_until|usleep|nanosleep)\b)",
     {"runtime/", "bench/"}, // a benchmark sets the pace of its load
     "nothing waits by sleeping; wait for an event"},
    {R"(\bsystem_clock::now\b)",
     {"runtime/"},
     "only runtime/ reads the wall clock; take the time as an argument"},
    {R"(\bstd::cout\b)",
     {"runtime/"},
     "only runtime/ prints; return the text or log it"},
    {R"(\bcaf::infinite\b)",
     {"tests/"},
     "each request has a finite timeout and an error branch"},
    {R"(\bcaf::detached\b|\.detach\(\))",
     {},
     "no actor has a thread of its own, and every thread is joined"},
  };
  return all;
}

struct unwanted {
  std::string text;
  std::string sentence;
  bool anywhere = false;
};

std::string without_bars(std::string text) {
  std::erase(text, '|');
  return text;
}

/// A bar splits each word, so that this file may hold them.
const std::vector<unwanted>& unwanted_text() {
  static const auto all = [] {
    auto list = std::vector<unwanted>{};
    for (auto marker : {"TO|DO", "FIX|ME"})
      list.push_back({without_bars(marker), "finish it or file an issue: "});
    for (auto place : {"/wo|rk/", "/ro|ot/", "/tmp/|wt", "/ho|me/"})
      list.push_back({without_bars(place), "a place on one machine only: "});
    for (auto host : {"debian.|org", "ubuntu.|com", "pypi.|org", "npmjs|.",
                      "crates.|io", "docker.|io", "ghcr.|io", "golang.|org"})
      list.push_back({without_bars(host), "no mirror is named here: ", true});
    return list;
  }();
  return all;
}

bool word_starts(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'
         || c == '.' || c == '-';
}

/// True if `text` holds `word`, and not as the end of a longer word.
bool contains_word(std::string_view text, std::string_view word) {
  for (auto i = text.find(word); i != text.npos; i = text.find(word, i + 1)) {
    if (i == 0 || !word_starts(text[i - 1]))
      return true;
  }
  return false;
}

std::size_t columns(std::string_view line) {
  return static_cast<std::size_t>(
    std::count_if(line.begin(), line.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

/// The contract stays in one file, so that a reader finds every conversation
/// of the program in one place.
bool may_be_long(const source_file& file) {
  return file.path == "actors/contract.hpp";
}

/// Types without behaviour: there is nothing that a test could show.
bool needs_no_test(std::string_view stem) {
  static const auto plain = names{
    "core/config/config",  // the blocks of the configuration as structs
    "core/consul/request", // one request as a struct
    "core/machine",        // the words that all machines share
    "core/value",          // an untyped value of the configuration
  };
  return std::find(plain.begin(), plain.end(), stem) != plain.end();
}

struct tested_together {
  std::string_view stems;
  std::string_view test;
};

/// Files that are the inside of one subject: what they do is seen, and tested,
/// through the subject's own functions.
bool is_tested_with_its_subject(std::string_view stem,
                                const std::set<std::string>& paths) {
  static const auto subjects = std::vector<tested_together>{
    // Text in, a value or a message out, as the author of a file sees it.
    {"core/config/", "tests/core/config/acceptance_build_test.cpp"},
    {"core/text_template/", "tests/core/text_template/template_test.cpp"},
    {"core/hcl/arithmetic", "tests/core/hcl/evaluate_test.cpp"},
    {"core/hcl/evaluator", "tests/core/hcl/evaluate_test.cpp"},
    {"core/hcl/ast", "tests/core/hcl/parser_test.cpp"},
    {"core/hcl/cursor", "tests/core/hcl/parser_test.cpp"},
    {"core/hcl/lexer", "tests/core/hcl/parser_test.cpp"},
    {"core/hcl/json_check", "tests/core/hcl/json_test.cpp"},
  };
  return std::any_of(subjects.begin(), subjects.end(),
                     [&](const tested_together& each) {
                       return stem.starts_with(each.stems)
                              && paths.contains(std::string{each.test});
                     });
}

/// A list names sources relative to its own folder.
bool names_source(const source_file& list, const source_file& source) {
  const auto folder = list.path.substr(0, list.path.rfind('/') + 1);
  return source.path.starts_with(folder)
         && contains_word(list.text, source.path.substr(folder.size()));
}

bool has_test(std::string stem, const std::set<std::string>& paths) {
  const auto name = stem.rfind('/') + 1;
  while (true) {
    if (paths.contains("tests/" + stem + "_test.cpp"))
      return true;
    const auto part = stem.rfind('_');
    if (part == std::string::npos || part < name)
      return false;
    stem.resize(part);
  }
}

} // namespace

findings include_directions(const source_file& file) {
  auto found = findings{};
  const auto own
    = std::find_if(layers().begin(), layers().end(), [&](const layer& each) {
        return file.path.starts_with(each.folder);
      });
  if (!is_cpp(file) || own == layers().end())
    return found;
  for (const auto& each : inclusions_of(file)) {
    const auto allowed
      = std::any_of(own->may_include.begin(), own->may_include.end(),
                    [&](auto pattern) { return covers(pattern, each.target); });
    if (each.quoted && !allowed)
      found.push_back(
        at(file, each.line,
           std::string{own->folder} + " must not include " + each.target));
  }
  return found;
}

findings library_includes(const source_file& file) {
  static const auto not_in_headers
    = names{"boost/json", "boost/beast", "simdjson", "curl/"};
  static const auto not_in_core = names{"caf/",        "boost/asio",
                                        "boost/beast", "boost/process",
                                        "spdlog/",     "curl/",
                                        "sys/",        "thread",
                                        "mutex",       "future",
                                        "fstream",     "iostream",
                                        "unistd.h",    "condition_variable"};
  // What the sources of one component share, and nobody else includes.
  static const auto private_headers
    = names{"runtime/curl_exchange.hpp", "runtime/http_conversation.hpp",
            "runtime/http_session.hpp"};
  auto found = findings{};
  for (const auto& each : inclusions_of(file)) {
    if (is_header(file) && !starts_with_any(file.path, private_headers)
        && starts_with_any(each.target, not_in_headers))
      found.push_back(
        at(file, each.line, "only source files include " + each.target));
    if (file.path.starts_with("core/")
        && starts_with_any(each.target, not_in_core))
      found.push_back(
        at(file, each.line,
           "core/ computes values and must not include " + each.target));
  }
  return found;
}

findings size_limits(const source_file& file) {
  auto found = findings{};
  if (!is_cpp(file))
    return found;
  // What comes from a wire or goes to one is written as it is.
  const auto text = without_raw_strings(file.text);
  const auto lines = lines_of(text);
  if (lines.size() > file_lines_max && !may_be_long(file))
    found.push_back(at(file, lines.size(), "the file has more than 400 lines"));
  for (auto i = std::size_t{0}; i < lines.size(); ++i) {
    if (columns(lines[i]) > line_columns_max)
      found.push_back(at(file, i + 1, "the line has more than 80 columns"));
  }
  for (const auto& body : functions_of(file.text)) {
    if (body.last_line - body.first_line + 1 > function_lines_max)
      found.push_back(
        at(file, body.first_line, "the function has more than 50 lines"));
  }
  return found;
}

findings forbidden_words(const source_file& file) {
  auto found = findings{};
  if (!is_cpp(file))
    return found;
  const auto code = code_only(file.text);
  const auto lines = lines_of(code);
  for (const auto& word : banned_words()) {
    if (starts_with_any(file.path, word.allowed_in))
      continue;
    const auto pattern = std::regex{std::string{word.pattern}};
    for (auto i = std::size_t{0}; i < lines.size(); ++i) {
      if (std::regex_search(lines[i].begin(), lines[i].end(), pattern))
        found.push_back(at(file, i + 1, word.sentence));
    }
  }
  return found;
}

findings header_rules(const source_file& file) {
  static const auto opened = std::regex{R"(\busing\s+namespace\b)"};
  auto found = findings{};
  if (!is_header(file))
    return found;
  const auto code = code_only(file.text);
  const auto lines = lines_of(code);
  if (std::find(lines.begin(), lines.end(), "#pragma once") == lines.end())
    found.push_back(at(file, 1, "the header lacks #pragma once"));
  for (auto i = std::size_t{0}; i < lines.size(); ++i) {
    if (std::regex_search(lines[i].begin(), lines[i].end(), opened))
      found.push_back(at(file, i + 1, "a header opens no namespace"));
  }
  return found;
}

findings forbidden_text(const source_file& file) {
  auto found = findings{};
  const auto lines = lines_of(file.text);
  for (const auto& each : unwanted_text()) {
    for (auto i = std::size_t{0}; i < lines.size(); ++i) {
      if (each.anywhere ? lines[i].find(each.text) != lines[i].npos
                        : contains_word(lines[i], each.text))
        found.push_back(at(file, i + 1, each.sentence + each.text));
    }
  }
  return found;
}

findings missing_tests(const std::vector<source_file>& tree) {
  auto paths = std::set<std::string>{};
  auto stems = std::set<std::string>{};
  for (const auto& file : tree) {
    paths.insert(file.path);
    if (is_cpp(file) && file.path.starts_with("core/"))
      stems.insert(file.path.substr(0, file.path.size() - 4));
  }
  auto found = findings{};
  for (const auto& stem : stems) {
    if (!needs_no_test(stem) && !has_test(stem, paths)
        && !is_tested_with_its_subject(stem, paths))
      found.push_back(stem + ": tests/" + stem + "_test.cpp is missing");
  }
  return found;
}

findings unlisted_sources(const std::vector<source_file>& tree) {
  auto lists = std::vector<source_file>{};
  for (const auto& file : tree) {
    if (file.path.ends_with("CMakeLists.txt"))
      lists.push_back(file);
  }
  auto found = findings{};
  for (const auto& file : tree) {
    const auto named
      = std::any_of(lists.begin(), lists.end(),
                    [&](const auto& list) { return names_source(list, file); });
    if (file.path.ends_with(".cpp") && !named)
      found.push_back(file.path + ": not named in a CMakeLists.txt");
  }
  return found;
}

} // namespace cts::tidy
