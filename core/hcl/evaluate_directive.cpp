#include "core/hcl/evaluator.hpp"
#include "core/hcl/parser.hpp"

#include <utility>

// `%{ if }` and `%{ for }` in templates.

namespace cts::hcl {

/// The word after `%{`, without moving on.
std::string evaluator::word_of_directive() {
  if (!looking_at("%{"))
    return {};
  auto begin = at_.here();
  take("%{");
  take("~");
  skip();
  auto word = identifier();
  at_.rewind(begin);
  return word;
}

void evaluator::open_directive(const char* word) {
  take("%{");
  take("~");
  skip();
  take(word);
  skip();
}

bool evaluator::close_directive(rendering& to) {
  skip();
  to.strip = take("~");
  return take("}")
         || syntax(here(), "Extra characters in template directive",
                   "Expected a closing brace to end the directive.");
}

bool evaluator::directive(const template_end& end, rendering& to) {
  auto word = word_of_directive();
  auto outer = std::exchange(brackets_, 1);
  if (++depth_ > nesting_max)
    return syntax(here(), "Nesting too deep",
                  "Templates are nested too deeply.");
  auto right = word == "if"    ? if_directive(end, to)
               : word == "for" ? for_directive(end, to)
                               : syntax(here(), "Invalid template directive",
                                        "A template directive keyword "
                                        "(\"if\", \"for\", etc) is expected at "
                                        "the beginning of a %{ sequence.");
  brackets_ = outer;
  --depth_;
  return right;
}

/// One side of `%{ if }`; the other one is only read.
bool evaluator::branch(const template_end& end, bool wanted, rendering& to) {
  auto outer = skipping_;
  skipping_ = outer || !wanted;
  auto part = rendering{.strip = to.strip};
  if (!template_parts(end, part))
    return false;
  if (!skipping_) {
    to.text += part.text;
    to.known = to.known && part.known;
  }
  skipping_ = outer;
  return true;
}

bool evaluator::if_directive(const template_end& end, rendering& to) {
  auto begin = at_.here();
  auto condition = outcome{};
  open_directive("if");
  if (!expression(condition) || !close_directive(to))
    return false;
  auto chosen
    = truth_of(condition, at_.span_since(begin), "Incorrect condition type",
               "The condition expression must be of type bool.");
  to.known = to.known && (chosen || skipping_);
  if (!branch(end, chosen.value_or(false), to))
    return false;
  if (word_of_directive() == "else") {
    open_directive("else");
    if (!close_directive(to) || !branch(end, !chosen.value_or(true), to))
      return false;
  }
  if (word_of_directive() != "endif")
    return syntax(here(), "Unclosed template directive",
                  "The if directive has no matching endif.");
  open_directive("endif");
  return close_directive(to);
}

bool evaluator::for_directive(const template_end& end, rendering& to) {
  auto head = loop{};
  take("%{");
  take("~");
  skip();
  if (!for_head(head) || !close_directive(to))
    return false;
  auto strip = to.strip;
  auto body = [&] {
    auto part = rendering{.strip = strip};
    auto right = template_parts(end, part);
    if (!skipping_) {
      to.text += part.text;
      to.known = to.known && part.known;
    }
    return right;
  };
  auto known = true;
  if (!repeat(head, body, known))
    return false;
  to.known = to.known && (known || skipping_);
  if (word_of_directive() != "endfor")
    return syntax(here(), "Unclosed template directive",
                  "The for directive has no matching endfor.");
  open_directive("endfor");
  return close_directive(to);
}

} // namespace cts::hcl
