#include "core/text_template/lexer.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace cts::text_template {

namespace {

constexpr auto blanks = std::string_view{" \t\r\n"};

bool is_blank(char c) {
  return blanks.find(c) != blanks.npos;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'
         || static_cast<unsigned char>(c) >= 0x80;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

error unfinished(const char* what) {
  return fail(errc::configuration, "template: unfinished ", what);
}

class lexer {
public:
  explicit lexer(std::string_view text) : rest_(text) {}

  result<std::vector<piece>> run() {
    auto out = std::vector<piece>{};
    auto trims = false;
    while (!rest_.empty()) {
      auto begin = std::min(rest_.find("{{"), rest_.size());
      auto text = std::string{rest_.substr(0, begin)};
      rest_.remove_prefix(begin);
      if (trims)
        text.erase(0, std::min(text.find_first_not_of(blanks), text.size()));
      if (opens_with_trim())
        text.erase(text.find_last_not_of(blanks) + 1);
      if (!text.empty())
        out.push_back({.text = std::move(text)});
      if (rest_.empty())
        break;
      auto tokens = action();
      if (!tokens)
        return tokens.error();
      trims = trims_;
      if (*tokens)
        out.push_back({.is_action = true, .tokens = std::move(**tokens)});
    }
    return out;
  }

private:
  bool opens_with_trim() const {
    return rest_.size() > 3 && rest_.starts_with("{{-") && is_blank(rest_[3]);
  }

  /// Nothing for a comment.
  result<std::optional<std::vector<token>>> action() {
    rest_.remove_prefix(opens_with_trim() ? 3 : 2);
    skip_blanks();
    if (rest_.starts_with("/*"))
      return comment();
    auto out = std::vector<token>{};
    while (!closes()) {
      auto next = one(out);
      if (!next)
        return next.error();
      out.push_back(std::move(*next));
      glued_ = !skip_blanks();
    }
    glued_ = false;
    return std::optional{std::move(out)};
  }

  result<std::optional<std::vector<token>>> comment() {
    auto end = rest_.find("*/");
    if (end == rest_.npos)
      return unfinished("comment");
    rest_.remove_prefix(end + 2);
    skip_blanks();
    if (!closes())
      return fail(errc::configuration,
                  "template: a comment ends right before its braces");
    return std::optional<std::vector<token>>{};
  }

  /// Whether the braces are here; then they are passed.
  bool closes() {
    trims_ = rest_.starts_with("-}}");
    if (!trims_ && !rest_.starts_with("}}"))
      return false;
    rest_.remove_prefix(trims_ ? 3 : 2);
    return true;
  }

  bool skip_blanks() {
    auto count = std::min(rest_.find_first_not_of(blanks), rest_.size());
    rest_.remove_prefix(count);
    return count > 0;
  }

  result<token> one(const std::vector<token>& before) {
    if (rest_.empty())
      return unfinished("action: }} is missing");
    auto glued = glued_ && !before.empty();
    auto found = literal_or_name();
    if (found)
      found->glued = glued;
    return found;
  }

  result<token> literal_or_name() {
    using kind = token::kind;
    auto c = rest_.front();
    if (c == '"')
      return quoted();
    if (c == '`')
      return raw();
    if (is_digit(c) || (c == '-' && rest_.size() > 1 && is_digit(rest_[1])))
      return token{.what = kind::number, .text = number()};
    if (is_letter(c))
      return token{.what = kind::name, .text = name()};
    if (c == '$') {
      rest_.remove_prefix(1);
      return token{.what = kind::variable, .text = name()};
    }
    if (c == '.') {
      rest_.remove_prefix(1);
      auto text = name();
      return token{.what = text.empty() ? kind::dot : kind::field,
                   .text = std::move(text)};
    }
    return sign();
  }

  result<token> sign() {
    using kind = token::kind;
    constexpr std::pair<std::string_view, kind> signs[]
      = {{":=", kind::declare}, {"=", kind::assign}, {"|", kind::pipe},
         {",", kind::comma},    {"(", kind::open},   {")", kind::close}};
    for (const auto& [text, what] : signs)
      if (rest_.starts_with(text)) {
        rest_.remove_prefix(text.size());
        return token{.what = what};
      }
    return fail(errc::configuration, "template: unexpected character '",
                rest_.front(), "'");
  }

  std::string name() {
    auto end = std::size_t{0};
    while (end < rest_.size()
           && (is_letter(rest_[end]) || is_digit(rest_[end])))
      ++end;
    return taken(end);
  }

  std::string number() {
    auto end = std::size_t{1};
    while (end < rest_.size() && (is_digit(rest_[end]) || rest_[end] == '.'))
      ++end;
    return taken(end);
  }

  std::string taken(std::size_t count) {
    auto text = std::string{rest_.substr(0, count)};
    rest_.remove_prefix(count);
    return text;
  }

  result<token> raw() {
    auto end = rest_.find('`', 1);
    if (end == rest_.npos)
      return unfinished("string");
    auto text = std::string{rest_.substr(1, end - 1)};
    rest_.remove_prefix(end + 1);
    return token{.what = token::kind::string, .text = std::move(text)};
  }

  result<token> quoted() {
    auto text = std::string{};
    for (auto i = std::size_t{1}; i < rest_.size(); ++i) {
      if (rest_[i] == '"') {
        rest_.remove_prefix(i + 1);
        return token{.what = token::kind::string, .text = std::move(text)};
      }
      if (rest_[i] != '\\') {
        text += rest_[i];
        continue;
      }
      auto escaped = i + 1 < rest_.size() ? rest_[++i] : '\0';
      constexpr auto letters = std::string_view{"nrt\\\"'"};
      constexpr auto meant = std::string_view{"\n\r\t\\\"'"};
      auto at = letters.find(escaped);
      if (at == letters.npos)
        return fail(errc::configuration,
                    "template: unknown escape in a string");
      text += meant[at];
    }
    return unfinished("string");
  }

  std::string_view rest_;
  bool trims_ = false;
  bool glued_ = false;
};

} // namespace

result<std::vector<piece>> split(std::string_view text) {
  return lexer{text}.run();
}

} // namespace cts::text_template
