#include "core/hcl/evaluate.hpp"

#include "core/hcl/evaluator.hpp"

#include <algorithm>

// Files, and what all parts of the evaluator share.

namespace cts::hcl {

// -- reading
// --------------------------------------------------------------------

bool evaluator::skip_comment() {
  if (take("/*")) {
    while (!at_.at_end() && !take("*/"))
      at_.next();
    return true;
  }
  if (!looking_at("#") && !looking_at("//"))
    return false;
  while (!at_.at_end() && at_.peek() != U'\n')
    at_.next();
  return true;
}

void evaluator::skip() {
  auto begin = at_.here().offset;
  auto lines = brackets_ > 0;
  if (skipped_ && skipped_->begin == begin && skipped_->lines == lines) {
    at_.rewind(skipped_->end);
    return;
  }
  for (;;) {
    auto c = at_.peek();
    auto blank = c == U' ' || c == U'\t' || c == U'\r' || (c == U'\n' && lines);
    if (blank)
      at_.next();
    else if (!skip_comment())
      break;
  }
  if (at_.here().offset > begin)
    skipped_ = {.begin = begin, .lines = lines, .end = at_.here()};
}

bool evaluator::looking_at(std::string_view mark) const {
  return text_.substr(at_.here().offset).starts_with(mark);
}

bool evaluator::take(std::string_view mark) {
  if (!looking_at(mark))
    return false;
  for (auto i = std::size_t{0}; i < mark.size(); ++i)
    at_.next();
  return true;
}

bool evaluator::at_identifier() const {
  auto c = at_.peek();
  return c == U'_' || (c <= 0x10FFFF && unicode::is_id_start(c));
}

std::string evaluator::identifier() {
  auto begin = at_.here();
  while (at_identifier() || at_.peek() == U'-'
         || (at_.peek() <= 0x10FFFF && unicode::is_id_continue(at_.peek())))
    at_.next();
  return std::string{at_.since(begin)};
}

bool evaluator::spend(std::size_t amount) {
  if (scope_.empty())
    return true;
  auto enough = amount <= budget_.left;
  budget_.left -= enough ? amount : budget_.left;
  return enough
         || syntax(here(), "Expression too large",
                   "The result of the expression is beyond all limits.");
}

span evaluator::here() const {
  auto at = at_.here();
  return {.line = at.line,
          .column = at.column,
          .end_line = at.line,
          .end_column = at.column + 1};
}

std::string evaluator::range_text(const span& where) const {
  auto end = where.line == where.end_line
               ? std::to_string(where.end_column)
               : std::to_string(where.end_line) + ","
                   + std::to_string(where.end_column);
  return path_ + ":" + std::to_string(where.line) + ","
         + std::to_string(where.column) + "-" + end;
}

bool evaluator::syntax(const span& where, std::string summary,
                       std::string detail) {
  problems_.push_back({.where = where,
                       .summary = std::move(summary),
                       .detail = std::move(detail)});
  return false;
}

void evaluator::semantic(const span& where, std::string summary,
                         std::string detail) {
  if (!skipping_)
    problems_.push_back({.where = where,
                         .summary = std::move(summary),
                         .detail = std::move(detail)});
}

error evaluator::failure() const {
  const auto& first = problems_.front();
  auto text
    = range_text(first.where) + ": " + first.summary + "; " + first.detail;
  if (problems_.size() > 1)
    text += ", and " + std::to_string(problems_.size() - 1)
            + " other diagnostic(s)";
  auto one_line = first.where.line == first.where.end_line;
  return error{errc::configuration, std::move(text),
               source_range{.file = path_,
                            .line = first.where.line,
                            .column = first.where.column,
                            .end_column = one_line ? first.where.end_column
                                                   : first.where.column + 1}};
}

// -- files
// ------------------------------------------------------------------------

result<std::vector<evaluator::attribute>> evaluator::file() {
  auto found = attributes{};
  for (auto pass : {true, false}) {
    skipping_ = pass;
    found = {};
    at_.rewind({});
    body(found, false);
    if (!problems_.empty())
      return failure();
  }
  return std::move(found.all);
}

result<value> evaluator::expression_only() {
  auto result = outcome{};
  for (auto pass : {true, false}) {
    skipping_ = pass;
    at_.rewind({});
    brackets_ = 1;
    skip();
    if (expression(result)) {
      skip();
      if (!at_.at_end())
        syntax(here(), "Extra characters after expression",
               "An expression was successfully parsed, but extra characters "
               "were found after it.");
    }
    if (!problems_.empty())
      return failure();
  }
  return result.value_or(value{});
}

bool evaluator::body(attributes& to, bool nested) {
  for (;;) {
    skip();
    if (take("\n"))
      continue;
    if (at_.at_end() || (nested && at_.peek() == U'}'))
      return true;
    if (!definition(to, nested))
      return false;
  }
}

bool evaluator::definition(attributes& to, bool nested) {
  auto begin = at_.here();
  if (at_.peek() == U'"')
    return syntax(here(), "Invalid argument name",
                  "Argument names must not be quoted.");
  if (!at_identifier())
    return syntax(here(), "Argument or block definition required",
                  "An argument or block definition is required here.");
  auto name = identifier();
  auto where = at_.span_since(begin);
  skip();
  if (!looking_at("==") && take("=")) {
    if (!attribute_value(to, std::move(name), where))
      return false;
    skip();
    if (at_.at_end() || take("\n") || (nested && at_.peek() == U'}'))
      return true;
    return syntax(here(), "Missing newline after argument",
                  "An argument definition must end with a newline.");
  }
  if (at_.peek() == U'{' || at_.peek() == U'"' || at_identifier())
    return block(name, where);
  return syntax(where, "Argument or block definition required",
                "An argument or block definition is required here. To set an "
                "argument, use the equals sign \"=\" to introduce the argument "
                "value.");
}

bool evaluator::attribute_value(attributes& to, std::string name,
                                const span& where) {
  auto result = outcome{};
  skip();
  if (!expression(result))
    return false;
  auto [earlier, added] = to.places.emplace(name, where);
  if (!added && skipping_)
    syntax(where, "Attribute redefined",
           "The argument \"" + name + "\" was already set at "
             + range_text(earlier->second)
             + ". Each argument may be set only once.");
  to.all.push_back({.name = std::move(name),
                    .where = where,
                    .result = result.value_or(value{})});
  return true;
}

// A block is read for its syntax and then refused.
bool evaluator::block(const std::string& type, const span& where) {
  while (at_.peek() != U'{') {
    auto label = outcome{};
    if (at_.peek() == U'"' ? !quoted(label) : identifier().empty())
      return syntax(here(), "Invalid block definition",
                    "Either a quoted string block label or an opening brace "
                    "(\"{\") is expected here.");
    skip();
  }
  if (++depth_ > 100)
    return syntax(here(), "Nesting too deep", "Blocks are nested too deeply.");
  at_.next();
  auto inside = attributes{};
  if (!body(inside, true))
    return false;
  --depth_;
  if (!take("}"))
    return syntax(here(), "Unclosed configuration block",
                  "There is no closing brace for this block before the end of "
                  "the file.");
  if (depth_ == 0)
    syntax(where, "Unexpected \"" + type + "\" block",
           "Blocks are not allowed here.");
  return true;
}

result<object> evaluate_file(std::string_view text, const std::string& path,
                             loop_budget& shared) {
  auto attributes = evaluator{text, path, shared}.file();
  if (!attributes)
    return attributes.error();
  auto to = object{};
  for (auto& each : *attributes)
    to.insert_or_assign(std::move(each.name), std::move(each.result));
  return to;
}

result<value> evaluate_expression(std::string_view text,
                                  const std::string& path,
                                  loop_budget& shared) {
  return evaluator{text, path, shared}.expression_only();
}

result<object> evaluate_file(std::string_view text, const std::string& path) {
  auto own = loop_budget{};
  return evaluate_file(text, path, own);
}

result<value> evaluate_expression(std::string_view text,
                                  const std::string& path) {
  auto own = loop_budget{};
  return evaluate_expression(text, path, own);
}

} // namespace cts::hcl
