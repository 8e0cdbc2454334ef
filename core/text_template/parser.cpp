#include "core/text_template/ast.hpp"
#include "core/text_template/lexer.hpp"

#include <algorithm>
#include <utility>

namespace cts::text_template {

namespace {

using token_kind = token::kind;

/// Reads the tokens of one action.
class action_parser {
public:
  explicit action_parser(const std::vector<token>& tokens) : tokens_(tokens) {}

  bool at_end() const { return at_ == tokens_.size(); }

  /// Whether this word is next; then it is passed.
  bool accept(std::string_view name) {
    if (at_end() || !is(token_kind::name) || tokens_[at_].text != name)
      return false;
    ++at_;
    return true;
  }

  result<pipeline> whole() {
    auto out = parse_pipeline();
    if (out && !at_end())
      return unexpected();
    return out;
  }

private:
  bool is(token_kind what) const {
    return !at_end() && tokens_[at_].what == what;
  }

  bool accept(token_kind what) {
    auto found = is(what);
    at_ += found ? 1 : 0;
    return found;
  }

  error unexpected() const {
    if (at_end())
      return fail(errc::configuration, "template: something is missing before "
                                       "}}");
    return fail(errc::configuration, "template: unexpected \"",
                tokens_[at_].text, "\" in an action");
  }

  result<pipeline> parse_pipeline() {
    if (++depth_ > depth_max)
      return fail(errc::limit, "template: parentheses are nested too deeply");
    auto out = pipeline{};
    read_variables(out);
    do {
      auto next = parse_command();
      if (!next)
        return next.error();
      out.commands.push_back(std::move(*next));
    } while (accept(token_kind::pipe));
    --depth_;
    return out;
  }

  // Only if `:=` or `=` follows, else it is the beginning of a command.
  void read_variables(pipeline& out) {
    auto before = at_;
    while (is(token_kind::variable) && out.variables.size() < 2) {
      out.variables.push_back(tokens_[at_++].text);
      if (!accept(token_kind::comma))
        break;
    }
    out.assigns = is(token_kind::assign);
    if (accept(token_kind::declare) || accept(token_kind::assign))
      return;
    out.variables.clear();
    at_ = before;
  }

  result<command> parse_command() {
    auto out = command{};
    while (!at_end() && !is(token_kind::pipe) && !is(token_kind::close)) {
      auto next = parse_word();
      if (!next)
        return next.error();
      out.push_back(std::move(*next));
    }
    if (out.empty())
      return unexpected();
    return out;
  }

  result<word> parse_word() {
    auto out = word{};
    const auto& first = tokens_[at_];
    out.text = first.text;
    switch (first.what) {
      case token_kind::string: out.what = word::kind::string; break;
      case token_kind::number: out.what = word::kind::number; break;
      case token_kind::variable: out.what = word::kind::variable; break;
      case token_kind::name: out.what = kind_of(first.text); break;
      case token_kind::dot: break;
      case token_kind::field:
        out.text.clear();
        out.fields.push_back(first.text);
        break;
      case token_kind::open: return parse_nested();
      default: return unexpected();
    }
    ++at_;
    read_fields(out);
    return out;
  }

  static word::kind kind_of(const std::string& name) {
    if (name == "nil")
      return word::kind::nil;
    return name == "true" || name == "false" ? word::kind::boolean
                                             : word::kind::function;
  }

  result<word> parse_nested() {
    ++at_;
    auto inner = parse_pipeline();
    if (!inner)
      return inner.error();
    if (!accept(token_kind::close))
      return unexpected();
    auto out = word{};
    out.what = word::kind::nested;
    out.inner.push_back(std::move(*inner));
    read_fields(out);
    return out;
  }

  void read_fields(word& to) {
    while (is(token_kind::field) && tokens_[at_].glued)
      to.fields.push_back(tokens_[at_++].text);
  }

  const std::vector<token>& tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

/// Puts actions and text together to blocks.
class block_parser {
public:
  explicit block_parser(const std::vector<piece>& pieces) : pieces_(pieces) {}

  result<syntax> run() {
    auto out = syntax{};
    if (auto end = read_nodes(out); !end)
      return end.error();
    else if (*end != ending::none)
      return fail(errc::configuration,
                  "template: {{ end }} or {{ else }} without a block");
    return out;
  }

private:
  enum class ending : std::uint8_t { none, end, otherwise };

  /// Up to what ends a block.
  result<ending> read_nodes(syntax& to) {
    if (depth_ > depth_max)
      return fail(errc::limit, "template: blocks are nested too deeply");
    while (at_ < pieces_.size()) {
      const auto& next = pieces_[at_++];
      if (!next.is_action) {
        auto text = node{};
        text.text = next.text;
        to.push_back(std::move(text));
        continue;
      }
      auto parser = action_parser{next.tokens};
      if (parser.accept("end"))
        return ending::end;
      if (parser.accept("else"))
        return begin_otherwise(next);
      if (auto added = read_action(to, parser); !added)
        return added.error();
    }
    return ending::none;
  }

  // `{{ else if x }}` is `{{ else }}{{ if x }}` that shares the end.
  result<ending> begin_otherwise(const piece& x) {
    chained_.clear();
    for (auto i = std::size_t{1}; i < x.tokens.size(); ++i)
      chained_.push_back(x.tokens[i]);
    return ending::otherwise;
  }

  result<void> read_action(syntax& to, action_parser& parser) {
    auto added = node{};
    added.what = parser.accept("if")      ? node::kind::when
                 : parser.accept("with")  ? node::kind::with
                 : parser.accept("range") ? node::kind::range
                                          : node::kind::action;
    auto subject = parser.whole();
    if (!subject)
      return subject.error();
    added.subject = std::move(*subject);
    if (added.what != node::kind::action)
      if (auto done = read_block(added); !done)
        return done.error();
    to.push_back(std::move(added));
    return {};
  }

  result<void> read_block(node& to) {
    ++depth_;
    auto end = read_nodes(to.body);
    if (end && *end == ending::otherwise)
      end = read_otherwise(to);
    --depth_;
    if (!end)
      return end.error();
    if (*end != ending::end)
      return fail(errc::configuration, "template: {{ end }} is missing");
    return {};
  }

  result<ending> read_otherwise(node& to) {
    if (chained_.empty())
      return read_nodes(to.otherwise);
    auto tokens = std::exchange(chained_, {});
    auto parser = action_parser{tokens};
    if (auto added = read_action(to.otherwise, parser); !added)
      return added.error();
    return ending::end;
  }

  const std::vector<piece>& pieces_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::vector<token> chained_{};
};

} // namespace

result<syntax> parse(std::string_view text) {
  auto pieces = split(text);
  if (!pieces)
    return pieces.error();
  return block_parser{*pieces}.run();
}

} // namespace cts::text_template
