#include "tests/support/acceptance_table.hpp"

#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

namespace cts::test {

namespace {

std::string text_of(const std::string& path) {
  auto file = std::ifstream{std::string{CTS_SOURCE_DIR} + "/" + path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// `1, 3 to 5` as 1, 3, 4, 5.
std::set<int> numbers_of(const std::string& text) {
  static const auto part = std::regex{R"((\d+)(?: to (\d+))?)"};
  auto out = std::set<int>{};
  for (auto at = std::sregex_iterator{text.begin(), text.end(), part};
       at != std::sregex_iterator{}; ++at) {
    auto last = std::stoi((*at)[2].matched ? (*at)[2] : (*at)[1]);
    for (auto number = std::stoi((*at)[1]); number <= last; ++number)
      out.insert(number);
  }
  return out;
}

} // namespace

std::vector<acceptance_row> acceptance_rows(const std::string& file) {
  static const auto shape
    = std::regex{R"(\| ([0-9, to]+) \| `([^`]+)` \| `([^`.]+)\.([^`]+)` \|.*)"};
  auto out = std::vector<acceptance_row>{};
  auto stream = std::istringstream{text_of(file)};
  auto found = std::smatch{};
  for (auto line = std::string{}; std::getline(stream, line);)
    if (std::regex_match(line, found, shape))
      out.push_back({numbers_of(found[1]), found[2], found[3], found[4]});
  return out;
}

std::set<int> missing_checks(const std::vector<acceptance_row>& rows,
                             int last) {
  auto out = std::set<int>{};
  for (auto number = 1; number <= last; ++number)
    out.insert(number);
  for (const auto& each : rows)
    for (auto number : each.checks)
      out.erase(number);
  return out;
}

std::vector<std::string>
missing_tests(const std::vector<acceptance_row>& rows) {
  auto out = std::vector<std::string>{};
  for (const auto& each : rows) {
    auto heading = std::regex{"TEST(_F|_P)?\\(" + each.suite + ",\\s*"
                              + each.name + "\\)"};
    if (!std::regex_search(text_of(each.file), heading))
      out.push_back(each.suite + "." + each.name + " in " + each.file);
  }
  return out;
}

} // namespace cts::test
