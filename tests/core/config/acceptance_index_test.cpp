#include "core/error.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>

// README.md beside this file says which test makes which acceptance check.

namespace cts::config {
namespace {

constexpr auto checks = 104;

std::string text_of(const std::string& path) {
  auto file = std::ifstream{std::string{CTS_SOURCE_DIR} + "/" + path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

struct row {
  std::string numbers{};
  std::string file{};
  std::string suite{};
  std::string name{};
};

std::vector<row> rows() {
  static const auto shape
    = std::regex{R"(\| ([0-9, to]+) \| `([^`]+)` \| `([^`.]+)\.([^`]+)` \|)"};
  auto out = std::vector<row>{};
  auto stream = std::istringstream{text_of("tests/core/config/README.md")};
  auto found = std::smatch{};
  for (auto line = std::string{}; std::getline(stream, line);)
    if (std::regex_match(line, found, shape))
      out.push_back({found[1], found[2], found[3], found[4]});
  return out;
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

TEST(AcceptanceIndex, HasEachCheck) {
  auto found = std::set<int>{};
  for (const auto& each : rows())
    found.merge(numbers_of(each.numbers));
  for (auto number = 1; number <= checks; ++number)
    EXPECT_TRUE(found.contains(number)) << number;
}

TEST(AcceptanceIndex, NamesTestsThatExist) {
  for (const auto& each : rows()) {
    auto heading
      = std::regex{"TEST(_F)?\\(" + each.suite + ", " + each.name + "\\)"};
    EXPECT_TRUE(std::regex_search(text_of(each.file), heading)) << each.name;
  }
}

} // namespace
} // namespace cts::config
