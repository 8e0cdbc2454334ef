#include "core/config/origin.hpp"
#include "core/config/schema.hpp"
#include "core/config/show.hpp"
#include "core/hcl/print.hpp"
#include "tests/core/config/config_fixture.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

// docs/configuration.md says what the tables of the decoder, the table of
// environment variables and the built-in defaults say, and its examples load.

namespace cts::config {
namespace {

struct row {
  std::string key{};
  std::string type{};
  std::string default_text{};
  std::string environment{};
  std::string meaning{};
};

struct chapter {
  /// The blocks it is about: `consul.tls`, `task.condition "services"`.
  std::vector<std::string> paths{};
  std::vector<row> rows{};
  std::string hcl{};
  std::string json{};
};

std::string trim(std::string_view text) {
  auto begin = std::min(text.find_first_not_of(' '), text.size());
  text.remove_prefix(begin);
  return std::string{text.substr(0, text.find_last_not_of(' ') + 1)};
}

/// The parts between backticks.
std::vector<std::string> quoted_in(const std::string& text) {
  auto found = std::vector<std::string>{};
  for (auto at = text.find('`'); at != text.npos;) {
    auto end = text.find('`', at + 1);
    if (end == text.npos)
      break;
    found.push_back(text.substr(at + 1, end - at - 1));
    at = text.find('`', end + 1);
  }
  return found;
}

row row_of(const std::string& line) {
  auto cells = std::vector<std::string>{};
  auto stream = std::istringstream{line.substr(1)};
  for (auto cell = std::string{}; std::getline(stream, cell, '|');)
    cells.push_back(trim(cell));
  cells.resize(5);
  return {.key
          = trim(quoted_in(cells[0]).empty() ? "" : quoted_in(cells[0])[0]),
          .type = cells[1],
          .default_text = cells[2],
          .environment = cells[3],
          .meaning = cells[4]};
}

std::vector<chapter> read_reference() {
  auto file
    = std::ifstream{std::string{CTS_SOURCE_DIR} + "/docs/configuration.md"};
  auto chapters = std::vector<chapter>{{}};
  auto* code = static_cast<std::string*>(nullptr);
  for (auto line = std::string{}; std::getline(file, line);) {
    auto& now = chapters.back();
    if (line == "```hcl" || line == "```json")
      code = line == "```hcl" ? &now.hcl : &now.json;
    else if (line == "```")
      code = nullptr;
    else if (code != nullptr)
      *code += line + "\n";
    else if (line == "## Top level")
      chapters.push_back({.paths = {""}});
    else if (line.starts_with("##"))
      chapters.push_back({.paths = quoted_in(line)});
    else if (line.starts_with("| `"))
      now.rows.push_back(row_of(line));
  }
  return chapters;
}

const std::vector<chapter>& reference() {
  static const auto chapters = read_reference();
  return chapters;
}

/// A block of the tables, as the page names it.
struct known_block {
  std::string path{};
  schema fields{};
};

std::string joined(const std::string& path, std::string_view name) {
  return path.empty() ? std::string{name} : path + "." + std::string{name};
}

void collect(const std::string& path, schema fields,
             std::vector<known_block>& to) {
  to.push_back({path, fields});
  for (const auto& each : fields) {
    auto inner = joined(path, each.name);
    auto labelled = inner == "driver" || each.type == field_type::typed
                    || each.type == field_type::typed_list
                    || each.type == field_type::typed_storage;
    if (labelled)
      for (const auto& type : each.fields)
        collect(inner + " \"" + std::string{type.name} + "\"", type.fields, to);
    else if (each.type == field_type::nested
             || each.type == field_type::nested_list)
      collect(inner, each.fields, to);
  }
}

std::vector<known_block> known_blocks() {
  auto all = std::vector<known_block>{};
  collect("", top_level(), all);
  return all;
}

std::string type_of(const field& x) {
  if (x.name == "driver")
    return "labelled block";
  switch (x.type) {
    case field_type::text: return "string";
    case field_type::integer: return "int";
    case field_type::boolean: return "bool";
    case field_type::time: return "duration";
    case field_type::texts: return "list of strings";
    case field_type::text_map: return "map of strings";
    case field_type::nested: return "block";
    case field_type::nested_list: return "blocks";
    case field_type::typed:
    case field_type::typed_storage: return "labelled block";
    case field_type::typed_list:
    case field_type::any_list: return "labelled blocks";
    case field_type::any_map: return "map";
  }
  return {};
}

const chapter* chapter_of(const std::string& path) {
  for (const auto& each : reference())
    for (const auto& one : each.paths)
      if (one == path)
        return &each;
  return nullptr;
}

TEST(ConfigReference, HasEachKeyOfTheTablesWithItsTypeAndNoOther) {
  auto count = std::size_t{0};
  for (const auto& known : known_blocks()) {
    const auto* found = chapter_of(known.path);
    ASSERT_NE(found, nullptr) << "no chapter on " << known.path;
    auto expected = std::vector<std::string>{};
    for (const auto& each : known.fields)
      expected.push_back(std::string{each.name} + ": " + type_of(each));
    auto written = std::vector<std::string>{};
    for (const auto& each : found->rows) {
      written.push_back(each.key + ": " + each.type);
      EXPECT_FALSE(each.meaning.empty()) << known.path << " " << each.key;
    }
    EXPECT_THAT(written, testing::UnorderedElementsAreArray(expected))
      << known.path;
    count += written.size();
  }
  EXPECT_GT(count, 150u);
}

TEST(ConfigReference, HasNoChapterOnABlockThatDoesNotExist) {
  auto paths = std::vector<std::string>{"terraform_provider",
                                        "driver \"terraform\".backend"};
  for (const auto& known : known_blocks())
    paths.push_back(known.path);
  for (const auto& each : reference())
    for (const auto& path : each.paths)
      EXPECT_THAT(paths, testing::Contains(path));
}

TEST(ConfigReference, NamesTheVariablesOfTheTable) {
  auto expected = std::map<std::string, std::string>{};
  for (const auto& each : environment_settings())
    expected.emplace(each.path, each.names);
  for (const auto& known : known_blocks()) {
    auto path = std::string{};
    for (auto c : known.path)
      path += c == ' ' ? "." : c == '"' ? "" : std::string{c};
    const auto* chapter = chapter_of(known.path);
    if (chapter == nullptr)
      continue;
    for (const auto& each : chapter->rows) {
      auto names = std::string{};
      for (const auto& name : quoted_in(each.environment))
        names += (names.empty() ? "" : " ") + name;
      EXPECT_EQ(names, expected[joined(path, each.key)])
        << known.path << " " << each.key;
    }
  }
}

/// Values that nobody wrote, as HCL, by path.
void collect_defaults(const hcl::body& items, const std::string& path,
                      std::map<std::string, std::string>& to) {
  for (const auto& each : items) {
    auto name = std::string{};
    for (const auto& key : each.keys)
      name += name.empty() ? key.text : " \"" + key.text + "\"";
    auto inner = joined(path, name);
    if (!each.assigned)
      collect_defaults(each.value.items, inner, to);
    else if (each.remark == "default")
      to.emplace(inner, hcl::print({{.keys = {{.text = "x"}},
                                     .assigned = true,
                                     .value = each.value}})
                          .substr(4));
  }
}

constexpr auto of_each_kind = R"(
high_availability { cluster { name = "c" } }
service { name = "s" }
task { name = "a" module = "m" after_apply { command = ["x"] }
  condition "services" { regexp = "" }
  module_input "consul-kv" { path = "p" } }
task { name = "b" module = "m" condition "catalog-services" { regexp = "" }
  module_input "services" { names = ["x"] } }
task { name = "c" module = "m" condition "consul-kv" { path = "p" } }
task { name = "d" module = "m" condition "schedule" { cron = "@daily" } }
)";

constexpr auto of_the_cloud = R"(
driver "terraform-cloud" { organization = "o" token = "t" }
task { name = "a" module = "m"
  terraform_cloud_workspace { execution_mode = "remote" } }
task { name = "b" module = "m" terraform_cloud_workspace {
  execution_mode = "agent" agent_pool_id = "i" } }
)";

TEST(ConfigReference, StatesTheDefaults) {
  auto defaults = std::map<std::string, std::string>{};
  for (auto text : {of_each_kind, of_the_cloud}) {
    auto outcome = show({{"x.hcl", text}}, configuration{}.around);
    ASSERT_TRUE(std::holds_alternative<shown>(outcome));
    collect_defaults(std::get<shown>(outcome).items, "", defaults);
  }
  // Shown only if something else of its block is set.
  defaults["task.terraform_cloud_workspace.execution_mode"] = "\"\"\n";
  auto count = 0;
  for (const auto& each : reference()) {
    if (each.paths.empty())
      continue;
    for (const auto& row : each.rows) {
      auto parts = quoted_in(row.default_text);
      if (parts.size() != 1 || row.default_text != "`" + parts[0] + "`")
        continue;
      EXPECT_EQ(defaults[joined(each.paths.front(), row.key)], parts[0] + "\n")
        << each.paths.front() << " " << row.key;
      ++count;
    }
  }
  EXPECT_GT(count, 110);
}

TEST(ConfigReference, ShowsEachKeyInHclAndTheSameInJson) {
  auto x = configuration{};
  x.around.read_file = {};
  for (const auto& each : reference()) {
    if (each.paths.empty())
      continue;
    const auto& name = each.paths.front();
    EXPECT_FALSE(each.hcl.empty()) << name;
    auto hcl = x.accept({{"x.hcl", each.hcl}}).value;
    auto json = x.accept({{"x.json", each.json}}).value;
    EXPECT_TRUE(hcl == json) << name;
    for (const auto& row : each.rows) {
      if (name.empty() && row.type.find("block") != row.type.npos)
        continue;
      EXPECT_THAT(each.hcl, testing::HasSubstr(row.key + " ")) << name;
      EXPECT_THAT(each.json, testing::HasSubstr("\"" + row.key + "\"")) << name;
    }
  }
}

} // namespace
} // namespace cts::config
