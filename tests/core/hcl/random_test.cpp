#include "core/config/load.hpp"
#include "core/hcl/json.hpp"
#include "core/hcl/node.hpp"
#include "core/hcl/parser.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace cts::hcl {
namespace {

std::vector<std::string> pieces_of(std::string_view text) {
  auto pieces = std::vector<std::string>{};
  for (auto end = text.find('`'); end != text.npos; end = text.find('`')) {
    pieces.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return pieces;
}

/// Text that is nearly a configuration, which finds more than noise does.
std::string nearly_valid(std::mt19937& random) {
  constexpr auto fragments = std::string_view{
    "task`consul`name`module`condition`\"services\"`names`port`min`driver`"
    "backend`terraform` ` `\n`=`=`{`}`{`}`[`]`,`\"a\"`1`-1.5`true`null`"
    "\"${x\n}\"`<<E\n`E\n`<<-E`\"\\x4\"`#c\n`/*`*/`\xff`\xef\xbb\xbf`é`:`"
    "\"\\u00e9\"`module_input`terraform_provider`buffer_period`\"5s\"`"};
  static const auto words = pieces_of(fragments);
  auto text = std::string{};
  for (auto length = random() % 60; length > 0; --length) {
    text += words[random() % words.size()];
    text += random() % 3 == 0 ? "" : " ";
  }
  return text;
}

TEST(HclProperty, EndsWithATreeOrWithALocatedError) {
  for (auto seed = 0u; seed < 5000u; ++seed) {
    auto random = std::mt19937{seed};
    auto text = nearly_valid(random);
    auto file = parse(text);
    if (file) {
      to_go_string(to_node(*file).value());
      continue;
    }
    ASSERT_TRUE(file.error().where) << "seed " << seed;
    ASSERT_GE(file.error().where->line, 1u) << "seed " << seed;
    ASSERT_GE(file.error().where->column, 1u) << "seed " << seed;
  }
}

constexpr auto hcl_text = R"(
log_level = "INFO" port = 8558
buffer_period { min = "5s" max = "20s" }
consul { address = "localhost:8500" token = "t" tls { verify = true } }
driver "terraform" { backend "consul" { gzip = true } required_providers {
  a = { source = "x/a" } } }
terraform_provider "a" { alias = "b" list = [1, "x"] task_env { K = "v" } }
task { name = "t" module = "m" providers = ["a.b"] description = <<-E
  text ${x}
  E
  condition "services" { names = ["web"] }
  module_input "consul-kv" { path = "p" recurse = true } }
)";

constexpr auto json_text = R"({"port": 1, "consul": {"address": "a"},
 "terraform_provider": [{"a": {"x": [1, {"y": null}]}}],
 "task": [{"name": "t", "module": "m", "providers": ["a"],
  "condition": {"catalog-services": {"regexp": "^a"}}}]})";

std::string mutated(std::string text, std::mt19937& random) {
  for (auto changes = random() % 4; changes > 0; --changes) {
    auto at = random() % text.size();
    switch (random() % 3) {
      case 0: text.erase(at, 1 + random() % 5); break;
      case 1: text.insert(at, text.substr(random() % text.size(), 9)); break;
      default: text[at] = static_cast<char>(random()); break;
    }
  }
  return text;
}

TEST(HclProperty, LoadsOrRefusesWhateverItIsGiven) {
  auto accepted = 0;
  for (auto seed = 0u; seed < 3000u; ++seed) {
    auto random = std::mt19937{seed};
    auto json = seed % 3 == 0;
    auto text = mutated(json ? json_text : hcl_text, random);
    auto outcome = config::load({{json ? "x.json" : "x.hcl", text}}, {});
    if (std::holds_alternative<config::loaded>(outcome)) {
      ++accepted;
      config::describe(std::get<config::loaded>(outcome).value);
      continue;
    }
    for (const auto& each : std::get<config::failure>(outcome).errors)
      ASSERT_FALSE(config::print(each).empty()) << "seed " << seed;
  }
  EXPECT_GT(accepted, 500);
}

TEST(JsonProperty, AgreesWithItselfOnRandomDocuments) {
  constexpr auto words = std::to_array<std::string_view>(
    {"{", "}", "[", "]", ",", ":", "\"a\"", "\"b\"", "1", "-2.5e3", "true",
     "null", " ", "\"\\u00e9\"", "\"\xc3\xa9\"", "{}", "[]", "\"\\ud800\""});
  for (auto seed = 0u; seed < 20000u; ++seed) {
    auto random = std::mt19937{seed};
    auto text = std::string{"{\"k\":"};
    for (auto length = random() % 8; length > 0; --length)
      text += words[random() % words.size()];
    text += random() % 2 == 0 ? "}" : "";
    auto root = parse_json(text);
    if (!root)
      ASSERT_FALSE(root.error().message.empty()) << "seed " << seed;
    else
      ASSERT_EQ(to_go_string(*root).substr(0, 3), "map") << "seed " << seed;
  }
}

} // namespace
} // namespace cts::hcl
