#include "tests/support/tidy_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace cts::tidy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using rule = findings (*)(const source_file&);

std::string text_of(const std::filesystem::path& path) {
  auto text = std::ostringstream{};
  text << std::ifstream{path}.rdbuf();
  return text.str();
}

/// The files that are ours: those of the known folders and of the root.
std::vector<source_file> read_tree() {
  namespace fs = std::filesystem;
  const auto root = fs::path{CTS_SOURCE_DIR};
  auto tree = std::vector<source_file>{};
  const auto add = [&](const fs::directory_entry& entry) {
    auto path = entry.path().lexically_relative(root).generic_string();
    if (entry.is_regular_file() && path != "LICENSE" && path != ".git")
      tree.push_back({path, text_of(entry.path())});
  };
  for (const auto& entry : fs::directory_iterator{root})
    add(entry);
  for (auto folder :
       {".ci", "actors", "api", "bench", "cmake", "core", "docs", "drivers",
        "examples", "packaging", "runtime", "scripts", "tests"}) {
    if (!fs::exists(root / folder))
      continue;
    for (const auto& entry : fs::recursive_directory_iterator{root / folder})
      add(entry);
  }
  std::sort(tree.begin(), tree.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return tree;
}

const std::vector<source_file>& tree() {
  static const auto files = read_tree();
  return files;
}

/// Every place of the tree that breaks `check`, one a line.
testing::AssertionResult holds(rule check) {
  auto broken = testing::AssertionFailure();
  auto count = 0;
  for (const auto& file : tree()) {
    for (const auto& each : check(file)) {
      broken << each << "\n";
      ++count;
    }
  }
  return count == 0 ? testing::AssertionSuccess() : broken;
}

std::string repeated(std::string_view line, std::size_t times) {
  auto text = std::string{};
  for (auto i = std::size_t{0}; i < times; ++i)
    text += line;
  return text;
}

// -- the tree -----------------------------------------------------------------

TEST(Tree, IsReadFromItsRoot) {
  EXPECT_GT(tree().size(), 20u);
}

TEST(Tree, IncludesPointDownwards) {
  EXPECT_TRUE(holds(include_directions));
}

TEST(Tree, KeepsLibrariesOutOfHeadersAndOfCore) {
  EXPECT_TRUE(holds(library_includes));
}

TEST(Tree, KeepsTheLimits) {
  EXPECT_TRUE(holds(size_limits));
}

TEST(Tree, HasNoForbiddenWords) {
  EXPECT_TRUE(holds(forbidden_words));
}

TEST(Tree, HasOrderlyHeaders) {
  EXPECT_TRUE(holds(header_rules));
}

TEST(Tree, HasNoMarkersMachinePathsOrMirrors) {
  EXPECT_TRUE(holds(forbidden_text));
}

TEST(Tree, HasATestForEachFileOfCore) {
  EXPECT_THAT(missing_tests(tree()), IsEmpty());
}

TEST(Tree, BuildsEachOfItsSources) {
  EXPECT_THAT(unlisted_sources(tree()), IsEmpty());
}

// -- the rules ----------------------------------------------------------------

TEST(IncludeDirections, RefuseAHigherFolder) {
  EXPECT_THAT(
    include_directions({"core/task.cpp", "#include \"actors/log.hpp\"\n"}),
    ElementsAre("core/task.cpp:1: core/ must not include actors/log.hpp"));
}

TEST(IncludeDirections, RefuseAClassOfAnActorToTheApiAndTheDrivers) {
  const auto text = std::string{"#include \"actors/elector.hpp\"\n"};
  EXPECT_EQ(include_directions({"api/routes.cpp", text}).size(), 1u);
  EXPECT_EQ(include_directions({"drivers/fake_driver.cpp", text}).size(), 1u);
  EXPECT_EQ(include_directions({"runtime/main.cpp", text}).size(), 0u);
}

TEST(IncludeDirections, LetConfigReadConsulAndHclButNotTheReverse) {
  EXPECT_THAT(include_directions({"core/config/decode.cpp",
                                  "#include \"core/hcl/parser.hpp\"\n"}),
              IsEmpty());
  EXPECT_EQ(include_directions(
              {"core/hcl/parser.cpp", "#include \"core/config/config.hpp\"\n"})
              .size(),
            1u);
}

TEST(IncludeDirections, IgnoreCommentsAndLiterals) {
  EXPECT_THAT(include_directions({"core/task.cpp",
                                  "// #include \"actors/log.hpp\"\n"
                                  "auto x = R\"(\n#include \"api/y.hpp\"\n)\";"
                                  "\n"}),
              IsEmpty());
}

TEST(LibraryIncludes, RefuseJsonInAHeaderOnly) {
  const auto text = std::string{"#include <boost/json.hpp>\n"};
  EXPECT_EQ(library_includes({"api/representation.hpp", text}).size(), 1u);
  EXPECT_EQ(library_includes({"api/representation.cpp", text}).size(), 0u);
}

TEST(LibraryIncludes, RefuseThreadsInCore) {
  EXPECT_EQ(library_includes({"core/task.cpp", "#include <thread>\n"}).size(),
            1u);
}

TEST(SizeLimits, RefuseA401stLine) {
  EXPECT_THAT(size_limits({"api/x.cpp", repeated("\n", 400)}), IsEmpty());
  EXPECT_EQ(size_limits({"api/x.cpp", repeated("\n", 401)}).size(), 1u);
}

TEST(SizeLimits, CountCharactersAndNotBytesOfALine) {
  EXPECT_THAT(size_limits({"api/x.cpp", repeated("\u00e4", 80)}), IsEmpty());
  EXPECT_EQ(size_limits({"api/x.cpp", repeated("x", 81)}).size(), 1u);
}

TEST(SizeLimits, LeaveTheLinesOfARawStringAlone) {
  const auto wire = "R\"(" + repeated("x", 90) + ")\";\n";
  EXPECT_THAT(size_limits({"api/x.cpp", wire}), IsEmpty());
  EXPECT_EQ(size_limits({"api/x.cpp", "// " + wire}).size(), 1u);
}

TEST(SizeLimits, RefuseA51stLineOfAFunction) {
  EXPECT_THAT(
    size_limits({"api/x.cpp", "void f() {\n" + repeated("g();\n", 48) + "}\n"}),
    IsEmpty());
  EXPECT_EQ(
    size_limits({"api/x.cpp", "void f() {\n" + repeated("g();\n", 49) + "}\n"})
      .size(),
    1u);
}

TEST(ForbiddenWords, RefuseSleepingClocksAndPrinting) {
  for (auto text :
       {"std::this_thread::sleep_for(1s);",
        "auto now = std::chrono::system_clock::now();", "std::cout << 1;"}) {
    EXPECT_EQ(forbidden_words({"actors/x.cpp", text}).size(), 1u) << text;
    EXPECT_EQ(forbidden_words({"runtime/x.cpp", text}).size(), 0u) << text;
  }
}

TEST(ForbiddenWords, RefuseInfiniteRequestsOutsideOfTests) {
  EXPECT_EQ(forbidden_words({"actors/x.cpp", "caf::infinite"}).size(), 1u);
  EXPECT_EQ(forbidden_words({"tests/x.cpp", "caf::infinite"}).size(), 0u);
}

TEST(ForbiddenWords, RefuseDetachedActorsAndThreadsEverywhere) {
  for (auto text : {"spawn<caf::detached>(f)", "thread.detach();"})
    EXPECT_EQ(forbidden_words({"runtime/x.cpp", text}).size(), 1u) << text;
  for (auto text : {"// never caf::detached\n", "spawn(f(), asio::detached);"})
    EXPECT_THAT(forbidden_words({"runtime/x.cpp", text}), IsEmpty()) << text;
}

TEST(HeaderRules, WantPragmaOnceAndNoOpenNamespace) {
  EXPECT_EQ(header_rules({"core/x.hpp", "int f();\n"}).size(), 1u);
  EXPECT_EQ(
    header_rules({"core/x.hpp", "#pragma once\nusing namespace std;\n"}).size(),
    1u);
  EXPECT_THAT(header_rules({"core/x.hpp", "#pragma once\nint f();\n"}),
              IsEmpty());
}

TEST(ForbiddenText, RefusesMarkersPathsAndMirrors) {
  for (auto text : {"TO|DO: later", "see /ro|ot/.bashrc",
                    "deb http://deb.debian|.org/x", "registry.npmjs|.org"}) {
    auto whole = std::string{text};
    std::erase(whole, '|');
    EXPECT_EQ(forbidden_text({"docs/x.md", whole}).size(), 1u) << whole;
    EXPECT_EQ(forbidden_text({"docs/x.md", text}).size(), 0u) << text;
  }
}

TEST(ForbiddenText, AllowsARelativePathWithSuchAName) {
  EXPECT_THAT(forbidden_text({"docs/x.md", "out/ho" + std::string{"me/x"}}),
              IsEmpty());
}

TEST(MissingTests, NameTheFileThatIsExpected) {
  EXPECT_THAT(missing_tests({{"core/task.hpp", ""}, {"core/task.cpp", ""}}),
              ElementsAre("core/task: tests/core/task_test.cpp is missing"));
}

TEST(MissingTests, LetATestCoverThePartsOfItsSubject) {
  EXPECT_THAT(missing_tests({{"core/hcl/parse.cpp", ""},
                             {"core/hcl/parse_list.cpp", ""},
                             {"tests/core/hcl/parse_test.cpp", ""}}),
              IsEmpty());
}

TEST(MissingTests, LetTheTestOfASubjectCoverItsInside) {
  const auto lexer = source_file{"core/hcl/lexer.cpp", ""};
  EXPECT_EQ(missing_tests({lexer}).size(), 1u);
  EXPECT_THAT(missing_tests({lexer, {"tests/core/hcl/parser_test.cpp", ""}}),
              IsEmpty());
}

TEST(UnlistedSources, NameTheSourceThatIsNotBuilt) {
  EXPECT_THAT(unlisted_sources({{"CMakeLists.txt", "core/a.cpp\n"},
                                {"core/a.cpp", ""},
                                {"core/b.cpp", ""}}),
              ElementsAre(HasSubstr("core/b.cpp")));
}

TEST(UnlistedSources, ReadNamesRelativeToTheirList) {
  EXPECT_THAT(unlisted_sources({{"CMakeLists.txt", ""},
                                {"tests/CMakeLists.txt", "core/a_test.cpp"},
                                {"tests/core/a_test.cpp", ""}}),
              IsEmpty());
  EXPECT_EQ(unlisted_sources(
              {{"tests/CMakeLists.txt", "core/a.cpp"}, {"core/a.cpp", ""}})
              .size(),
            1u);
}

// -- the reader of C++ --------------------------------------------------------

TEST(CodeOnly, BlanksCommentsAndLiteralsInPlace) {
  EXPECT_EQ(code_only("a; // b\n/* c\n */ d"), "a;     \n    \n    d");
  EXPECT_EQ(code_only("f(\"x\\\"}\", 'y', 1'000)"), "f(\"    \", ' ', 1'000)");
  EXPECT_EQ(code_only("R\"-(a)\"{)-\";"), "R          ;");
}

std::size_t lines_of_only_function(std::string_view text) {
  const auto found = functions_of(text);
  return found.size() == 1 ? found[0].last_line - found[0].first_line + 1 : 0;
}

TEST(FunctionsOf, FindsABodyWhateverComesBeforeIt) {
  for (auto text :
       {"namespace a {\nvoid f() {\n}\n}", "struct a {\nint f() const {\n}\n};",
        "a::a(int x) : x_{x}, y_{2} {\n}", "a::a() : x_(1) {\n}",
        "template <class T>\nauto f(T x) -> b<T> {\n}",
        "template <class T> requires c<T>\nvoid f(T) noexcept {\n}",
        "TEST(A, B) {\n}", "a& operator=(const a& x) {\n}",
        "void f(int x = 1, c y = {}) {\n}",
        "MACRO(x)\nnamespace {\nint f() {\n}\n}", "#define X {\nvoid f() {\n}"})
    EXPECT_EQ(lines_of_only_function(text), 2u) << text;
}

TEST(FunctionsOf, CountsNestedBlocksWithTheirFunction) {
  EXPECT_EQ(lines_of_only_function(
              "void f() {\n  if (x) {\n  }\n  auto g = [] {\n  };\n}"),
            6u);
}

TEST(FunctionsOf, LeavesTypesAndTablesAlone) {
  for (auto text :
       {"struct a {\n  int b{0};\n};", "enum class a {\n  b,\n};",
        "const auto a = std::array{\n  f(1),\n};", "namespace a::b {\n}"})
    EXPECT_THAT(functions_of(text), IsEmpty()) << text;
}

} // namespace
} // namespace cts::tidy
