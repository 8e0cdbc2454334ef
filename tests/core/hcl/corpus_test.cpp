#include "tests/fuzz/checks.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>

// A short run of the programs in tests/fuzz, without libFuzzer: their corpus,
// and what a few changes make of it.

namespace cts {
namespace {

namespace fs = std::filesystem;

std::map<std::string, std::string> corpus() {
  auto found = std::map<std::string, std::string>{};
  const auto folder = fs::path{CTS_SOURCE_DIR} / "tests/fuzz/corpus";
  for (const auto& each : fs::directory_iterator{folder}) {
    auto file = std::ifstream{each.path(), std::ios::binary};
    found[each.path().filename().string()]
      = {std::istreambuf_iterator<char>{file}, {}};
  }
  return found;
}

/// Everything that is wrong with the bytes, whatever language they are.
std::string problems_of(const std::string& bytes) {
  return fuzz::check_hcl(bytes) + fuzz::check_json(bytes)
         + fuzz::check_variables(bytes) + fuzz::check_load("x.hcl", bytes)
         + fuzz::check_load("x.json", bytes);
}

/// Pieces of `other` and random bytes put into `text`, pieces cut out of it.
std::string mutated(std::string text, const std::string& other,
                    std::mt19937& random) {
  for (auto changes = 1 + random() % 4; changes > 0; --changes) {
    auto at = text.empty() ? 0 : random() % text.size();
    switch (random() % 5) {
      case 0: text.erase(at, 1 + random() % 9); break;
      case 1:
        text.insert(at, other.substr(random() % other.size(), random() % 40));
        break;
      case 2: text.insert(at, text.substr(at, random() % 40)); break;
      case 3: text.insert(at, 1, "{}[]\"$\\=,\n#<"[random() % 12]); break;
      default:
        if (!text.empty())
          text[at] = static_cast<char>(random());
    }
  }
  return text;
}

TEST(CorpusProperty, BreaksNothing) {
  auto files = corpus();
  EXPECT_GT(files.size(), 20u);
  for (const auto& [name, bytes] : files)
    EXPECT_EQ(problems_of(bytes), "") << name;
}

TEST(CorpusProperty, BreaksNothingWhenItIsChanged) {
  auto files = corpus();
  auto seed = 0u;
  for (auto round = 0; round < 40; ++round)
    for (const auto& [name, bytes] : files) {
      auto random = std::mt19937{++seed};
      auto other
        = std::next(files.begin(), static_cast<long>(random() % files.size()));
      auto text = mutated(bytes, other->second, random);
      ASSERT_EQ(problems_of(text), "") << name << " with seed " << seed << ":\n"
                                       << text;
    }
}

} // namespace
} // namespace cts
