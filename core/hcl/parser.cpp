#include "core/hcl/parser.hpp"

#include "core/hcl/lexer.hpp"

#include <utility>

namespace cts::hcl {

namespace {

using kind = token::kind;

std::string names_of(const std::vector<key>& keys) {
  auto text = std::string{};
  for (const auto& each : keys)
    text += (text.empty() ? "" : " ") + each.text;
  return text;
}

/// Recursive descent with one token in hand. A failed step leaves its reason
/// in `failed_` and answers false, so that results are built in place.
class parser {
public:
  explicit parser(std::string_view text) : lexer_{text} {}

  result<body> file() {
    auto items = body{};
    if (advance() && parse_items(items) && !failed_ && token_.what != kind::end)
      reject("expected: IDENT | STRING | ASSIGN | LBRACE got: ");
    if (failed_)
      return *failed_;
    return items;
  }

private:
  bool advance() {
    auto read = lexer_.next();
    if (!read) {
      failed_ = read.error();
      return false;
    }
    token_ = std::move(*read);
    return true;
  }

  bool reject(std::string message) {
    failed_ = syntax_error(token_.where, message + to_string(token_.what));
    return false;
  }

  bool fail_here(const std::string& message) {
    failed_ = syntax_error(token_.where, message);
    return false;
  }

  /// Up to a closing brace or the end of the text.
  bool parse_items(body& items) {
    while (token_.what != kind::end && token_.what != kind::right_brace) {
      auto next = item{};
      if (!parse_keys(next))
        return false;
      next.dangling = next.assigned && depth_ == 0 && token_.what == kind::end;
      if (!next.dangling && !parse_labelled(next))
        return false;
      items.push_back(std::move(next));
      if (token_.what == kind::comma && !advance())
        return false;
    }
    return true;
  }

  /// Leaves the first token of the value in hand.
  bool parse_keys(item& to) {
    while (token_.what == kind::identifier || token_.what == kind::string) {
      to.keys.push_back({.text = token_.text, .where = token_.where});
      if (!advance())
        return false;
    }
    if (to.keys.empty())
      return reject("expected: IDENT | STRING got: ");
    if (token_.what == kind::left_brace)
      return true;
    if (token_.what == kind::assign && to.keys.size() > 1)
      return reject("nested object expected: LBRACE got: ");
    if (token_.what == kind::end || token_.what == kind::right_brace)
      return fail_here(
        "key '" + names_of(to.keys)
        + "' expected start of object ('{') or assignment ('=')");
    if (token_.what != kind::assign)
      return reject("expected: IDENT | STRING | ASSIGN | LBRACE got: ");
    to.assigned = true;
    return advance();
  }

  /// A label stands for an object around the value.
  bool parse_labelled(item& to) {
    auto labels = static_cast<unsigned>(to.keys.size() - 1);
    depth_ += labels;
    auto parsed = parse_value(to.value);
    depth_ -= labels;
    return parsed;
  }

  bool parse_value(expression& to) {
    switch (token_.what) {
      case kind::left_brace: return nested(to, &parser::parse_object);
      case kind::left_bracket: return nested(to, &parser::parse_list);
      case kind::boolean: return literal(to, expression::kind::boolean);
      case kind::integer: return literal(to, expression::kind::integer);
      case kind::floating: return literal(to, expression::kind::floating);
      case kind::string:
      case kind::heredoc: return literal(to, expression::kind::string);
      case kind::identifier:
        if (token_.text == "null")
          return literal(to, expression::kind::null);
        break;
      default: break;
    }
    return fail_here("Unknown token: " + std::to_string(token_.where.line) + ":"
                     + std::to_string(token_.where.column) + " "
                     + to_string(token_.what) + " " + token_.text);
  }

  bool literal(expression& to, expression::kind what) {
    to.what = what;
    to.where = token_.where;
    to.text = std::move(token_.text);
    return advance();
  }

  bool nested(expression& to, bool (parser::*parse)(expression&)) {
    if (depth_ >= nesting_max)
      return fail_here("objects and lists are nested deeper than "
                       + std::to_string(nesting_max));
    to.where = token_.where;
    ++depth_;
    auto parsed = advance() && (this->*parse)(to);
    --depth_;
    return parsed;
  }

  bool parse_object(expression& to) {
    to.what = expression::kind::object;
    if (!parse_items(to.items))
      return false;
    if (token_.what != kind::right_brace)
      return fail_here("object expected closing RBRACE got: "
                       + std::string{to_string(token_.what)}
                       + "; it was opened in line "
                       + std::to_string(to.where.line));
    to.where = enclosing(to.where, token_.where);
    return advance();
  }

  bool parse_list(expression& to) {
    to.what = expression::kind::list;
    auto need_comma = false;
    while (token_.what != kind::right_bracket) {
      if (token_.what == kind::comma) {
        need_comma = false;
        if (!advance())
          return false;
        continue;
      }
      if (need_comma)
        return reject("error parsing list, expected comma or list end, got: ");
      if (!parse_element(to))
        return false;
      need_comma = true;
    }
    to.where = enclosing(to.where, token_.where);
    return advance();
  }

  bool parse_element(expression& list) {
    auto null = token_.what == kind::identifier && token_.text == "null";
    auto mark = token_.what == kind::identifier || token_.what == kind::end
                || token_.what >= kind::right_brace
                || token_.what == kind::right_bracket;
    if (mark && !null)
      return reject("unexpected token while parsing list: ");
    return parse_value(list.elements.emplace_back());
  }

  lexer lexer_;
  token token_{};
  unsigned depth_ = 0;
  std::optional<error> failed_{};
};

} // namespace

result<body> parse(std::string_view text) {
  return parser{text}.file();
}

} // namespace cts::hcl
