#include "core/config/decode.hpp"

#include "core/config/decoder.hpp"
#include "core/config/redact.hpp"
#include "core/config/suggest.hpp"
#include "core/hcl/json.hpp"
#include "core/hcl/lexer.hpp"
#include "core/hcl/parser.hpp"

#include <algorithm>
#include <utility>

namespace cts::config {

namespace {

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

/// Reading went wrong, or the values of the file.
struct document {
  dialect language = dialect::hcl;
  result<hcl::node> root = hcl::node{};
  /// `key =` at the end of the file.
  std::optional<hcl::span> dangling{};
};

document read(const source& file) {
  if (file.path.ends_with(".json"))
    return {.language = dialect::json, .root = hcl::parse_json(file.bytes)};
  auto json = begins_as_json(file.bytes);
  auto language = json ? dialect::hcl_json : dialect::hcl;
  auto items = json ? hcl::parse_hcl_json(file.bytes) : hcl::parse(file.bytes);
  if (!items)
    return {.language = language, .root = items.error()};
  auto dangling = std::optional<hcl::span>{};
  if (!items->empty() && items->back().dangling)
    dangling = items->back().keys.front().where;
  return {.language = language,
          .root = hcl::to_node(std::move(*items)),
          .dangling = dangling};
}

std::string hint_for_syntax(std::string_view message, bool json_in_hcl) {
  if (json_in_hcl)
    return "a file that begins with { is read as JSON";
  if (message.find("Unknown token") != message.npos)
    return "expressions, functions and references are not supported; write "
           "text between double quotes";
  for (auto operation : {"got: ADD", "got: SUB", "got: PERIOD"})
    if (message.ends_with(operation))
      return "expressions are not supported; write the value itself";
  if (message.find("nested object expected") != message.npos)
    return "a labelled block has no '=' before its brace";
  if (message.find("illegal char escape") != message.npos)
    return "write \\\\ for a backslash";
  if (message.ends_with(": illegal char"))
    return "strings are written between double quotes, items need no ';'";
  return {};
}

/// A word without quotes may be a secret whose quotes were forgotten, a label
/// one whose `=` was.
std::string without_words(const std::string& message) {
  auto word = message.rfind(" IDENT ");
  if (word != message.npos && message.find("Unknown token") != message.npos)
    return message.substr(0, word + 7) + "***";
  auto begin = message.find("key '");
  auto end = message.rfind("' expected start of object");
  if (begin == message.npos || end == message.npos)
    return message;
  return message.substr(0, begin + 5) + "***" + message.substr(end);
}

/// Is what stands at `where` the value of a secret, or in a block of them? The
/// file has no tree, so its words must tell.
bool is_in_secret(const source& file, const source_range& where) {
  using kind = hcl::token::kind;
  auto words = hcl::lexer{file.bytes};
  auto blocks = std::vector<bool>{};
  auto hidden = false;
  auto fresh = true;
  for (auto token = words.next(); token && token->what != kind::end;
       token = words.next()) {
    auto at = std::pair{token->where.line, token->where.column};
    if (at >= std::pair{where.line, where.column})
      break;
    auto outer = !blocks.empty() && blocks.back();
    switch (token->what) {
      case kind::identifier:
      case kind::string:
        hidden = outer || hides_its_contents(token->text) || (!fresh && hidden);
        fresh = false;
        break;
      case kind::left_brace:
        blocks.push_back(hidden);
        fresh = true;
        break;
      case kind::right_brace:
        fresh = true;
        if (!blocks.empty())
          blocks.pop_back();
        break;
      case kind::assign: break;
      default: fresh = true; break;
    }
  }
  return hidden;
}

void report_syntax(const source& file, std::uint32_t index,
                   const document& from, report& to) {
  const auto& reason = from.root.error();
  auto where = reason.where.value_or(source_range{});
  auto at = hcl::span{.line = where.line,
                      .column = where.column,
                      .end_line = where.line,
                      .end_column = where.end_column};
  // HCL in a file that is named JSON cannot be told apart into values.
  auto secret = from.language == dialect::hcl ? is_in_secret(file, where)
                                              : !begins_as_json(file.bytes);
  auto message = secret ? without_words(reason.message) : reason.message;
  to.error(stage::build, {.message = message,
                          .where = place{index, at},
                          .hint = hint_for_syntax(
                            message, from.language == dialect::hcl_json),
                          .secret = secret});
}

// The reference stops at the first block that occurs twice and reports all
// other mistakes of the types in one text. Each of them is located here.
void report_problems(std::vector<decoder::problem> problems, report& to) {
  auto repeated = std::find_if(problems.begin(), problems.end(),
                               [](auto& x) { return !x.repeated.empty(); });
  if (repeated != problems.end())
    to.error(stage::build, {.message = "only one '" + repeated->repeated
                                       + "' block can be configured",
                            .where = repeated->where,
                            .hint = repeated->hint});
  problems.erase(std::remove_if(problems.begin(), problems.end(),
                                [](auto& x) { return !x.repeated.empty(); }),
                 problems.end());
  auto text = report_of(problems);
  // Each of them again, with its place; the first stands for all of them.
  for (const auto& each : problems) {
    if (to.full())
      return;
    auto first = &each == &problems.front();
    to.error(stage::build, {.message = first ? text : each.message,
                            .where = each.where,
                            .hint = each.hint});
    for (const auto& part : each.further)
      to.error(
        stage::build,
        {.message = part.message, .where = part.where, .hint = part.hint});
  }
}

constexpr auto provider_explanation
  = "\n\n'provider' is an invalid key for Consul-Terraform-Sync (CTS) "
    "configuration,\ntry 'terraform_provider'. The terraform_provider "
    "configuration blocks are\nsimilar to provider blocks in Terraform but "
    "have additional features\nsupported only by CTS.";

void report_unknown(std::vector<decoder::unknown_key> keys,
                    const std::string& file_name, report& to) {
  std::sort(keys.begin(), keys.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  auto text = "'" + file_name + "' has invalid keys: ";
  auto provider = false;
  for (const auto& each : keys) {
    text += (&each == &keys.front() ? "" : ", ") + each.path;
    provider = provider || each.path == "provider";
  }
  if (provider)
    text += provider_explanation;
  for (const auto& each : keys) {
    if (to.full())
      return;
    auto first = &each == &keys.front();
    to.error(stage::build,
             {.message = first ? text : "invalid key: " + each.path,
              .where = each.where,
              .hint = hint_for_key(each.path, each.name, each.fields)});
  }
}

} // namespace

std::optional<block> decode(const source& file, std::uint32_t index,
                            report& to) {
  auto from = read(file);
  if (!from.root) {
    report_syntax(file, index, from, to);
    return std::nullopt;
  }
  if (from.dangling)
    to.warn(stage::build,
            {.message = "the last key of the file has no value and is ignored",
             .where = place{index, *from.dangling}});
  auto reader = decoder{from.language, index};
  auto result = reader.body(*from.root, top_level(), "");
  for (auto& each : reader.warnings)
    to.warn(stage::build, {.message = std::move(each.message),
                           .where = each.where,
                           .hint = std::move(each.hint)});
  if (!reader.problems.empty())
    report_problems(std::move(reader.problems), to);
  if (!reader.unknown_keys.empty())
    report_unknown(std::move(reader.unknown_keys), base_name(file.path), to);
  return result;
}

} // namespace cts::config
