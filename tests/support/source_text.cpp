#include "tests/support/source_text.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <regex>

namespace cts::tidy {
namespace {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// What a blanker writes over a part of the text; nothing keeps the part.
struct fillers {
  std::optional<char> comments_and_literals;
  char raw_strings;
};

/// Copies C++ text and fills in what is not code.
class blanker {
public:
  blanker(std::string_view text, fillers with)
    : text_{text}, with_{with}, code_{text} {}

  std::string run() {
    while (at_ < text_.size())
      skip_one();
    return std::move(code_);
  }

private:
  void skip_one() {
    if (next_is("//"))
      blank_until(text_.find('\n', at_));
    else if (next_is("/*"))
      blank_until(after(text_.find("*/", at_ + 2), 2));
    else if (next_is("R\"") && !is_word(previous()))
      skip_raw_string();
    else if (text_[at_] == '"')
      skip_literal('"');
    else if (text_[at_] == '\'' && !in_number())
      skip_literal('\'');
    else
      ++at_;
  }

  bool next_is(std::string_view word) const {
    return text_.substr(at_, word.size()) == word;
  }

  char previous() const { return at_ == 0 ? ' ' : text_[at_ - 1]; }

  static std::size_t after(std::size_t position, std::size_t size) {
    return position == std::string_view::npos ? position : position + size;
  }

  // In 1'000 the quote separates digits.
  bool in_number() const {
    auto start = at_;
    while (start > 0 && (is_word(text_[start - 1]) || text_[start - 1] == '\''))
      --start;
    return start < at_
           && std::isdigit(static_cast<unsigned char>(text_[start])) != 0;
  }

  void blank_until(std::size_t end) {
    fill_until(end, with_.comments_and_literals);
  }

  void fill_until(std::size_t end, std::optional<char> filler) {
    end = std::min(end, text_.size());
    for (; at_ < end; ++at_) {
      if (filler && text_[at_] != '\n')
        code_[at_] = *filler;
    }
  }

  void skip_literal(char quote) {
    auto end = at_ + 1;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\n')
      end += text_[end] == '\\' ? 2 : 1;
    ++at_;
    blank_until(end);
    at_ = std::min(end + 1, text_.size());
  }

  void skip_raw_string() {
    const auto open = text_.find('(', at_);
    if (open == std::string_view::npos)
      return fill_until(open, with_.raw_strings);
    const auto delimiter = text_.substr(at_ + 2, open - at_ - 2);
    const auto close = ")" + std::string{delimiter} + "\"";
    ++at_;
    fill_until(after(text_.find(close, open), close.size()), with_.raw_strings);
  }

  std::string_view text_;
  fillers with_;
  std::string code_;
  std::size_t at_ = 0;
};

/// Finds function bodies by matching braces.
class brace_matcher {
public:
  std::vector<function_body> run(std::string_view code) {
    for (auto c : code)
      read(c);
    return std::move(bodies_);
  }

private:
  enum class block { scope, function, other };

  struct open_block {
    block kind;
    std::size_t line;
  };

  void read(char c) {
    if (c == '{')
      open();
    else if (c == '}')
      close();
    else if (c == ';')
      head_.clear();
    else
      head_ += c;
    if (c == '\n')
      ++line_;
  }

  // What was read before an initialiser such as x_{1} is kept: the body of
  // the constructor may follow it.
  void open() {
    blocks_.push_back({kind_of_block(), line_});
    if (blocks_.back().kind == block::other)
      head_ += '{';
    else
      head_.clear();
  }

  void close() {
    if (blocks_.empty())
      return;
    const auto closed = blocks_.back();
    blocks_.pop_back();
    if (closed.kind == block::function)
      bodies_.push_back({closed.line, line_});
    if (closed.kind == block::other)
      head_ += '}';
    else
      head_.clear();
  }

  block kind_of_block() const {
    static const auto scope = std::regex{
      R"((^|[^\w])(namespace|class|struct|union|enum|extern)([^\w]|$))"};
    static const auto parameters
      = std::regex{R"(template\s*<[^{}<>]*(<[^{}<>]*>[^{}<>]*)*>)"};
    if (!blocks_.empty() && blocks_.back().kind != block::scope)
      return block::other;
    const auto last = head_.rfind(')');
    const auto has_list = last != std::string::npos;
    const auto tail = has_list ? head_.substr(last) : head_;
    if (std::regex_search(std::regex_replace(tail, parameters, ""), scope))
      return block::scope;
    return has_list && ends_a_declarator() ? block::function : block::other;
  }

  // A member's initialiser follows a name, a body follows anything else.
  bool ends_a_declarator() const {
    static const auto body = std::regex{
      R"(([)}]|->[^(){}]*|[^\w](const|noexcept|override|final|try))\s*$)"};
    const auto value = head_.find(" = ");
    const auto initialises
      = value != std::string::npos && value < head_.find('(');
    return !initialises && std::regex_search(head_, body);
  }

  std::vector<function_body> bodies_;
  std::vector<open_block> blocks_;
  std::string head_;
  std::size_t line_ = 1;
};

std::string without_directives(std::string code) {
  auto continues = false;
  for (auto start = std::size_t{0}; start < code.size();) {
    const auto end = std::min(code.find('\n', start), code.size());
    const auto text = std::string_view{code}.substr(start, end - start);
    const auto first = text.find_first_not_of(" \t");
    const auto directive
      = first != std::string_view::npos && text[first] == '#';
    const auto next = !text.empty() && text.back() == '\\';
    if (directive || continues) {
      std::fill_n(code.begin() + static_cast<std::ptrdiff_t>(start),
                  end - start, ' ');
      continues = next;
    }
    start = end + 1;
  }
  return code;
}

} // namespace

std::string code_only(std::string_view text) {
  return blanker{text, {.comments_and_literals = ' ', .raw_strings = ' '}}
    .run();
}

std::string without_raw_strings(std::string_view text) {
  auto shorter
    = blanker{text,
              {.comments_and_literals = std::nullopt, .raw_strings = '\0'}}
        .run();
  std::erase(shorter, '\0');
  return shorter;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  auto lines = std::vector<std::string_view>{};
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return lines;
}

std::vector<inclusion> inclusions_of(const source_file& file) {
  static const auto pattern = std::regex{R"(^\s*#\s*include\s*(["<])([^">]+))"};
  const auto code = code_only(file.text);
  const auto code_lines = lines_of(code);
  const auto lines = lines_of(file.text);
  auto found = std::vector<inclusion>{};
  for (auto i = std::size_t{0}; i < lines.size(); ++i) {
    const auto line = std::string{lines[i]};
    auto match = std::smatch{};
    if (code_lines[i].find('#') != std::string_view::npos
        && std::regex_search(line, match, pattern))
      found.push_back({i + 1, match[2], match[1] == "\""});
  }
  return found;
}

std::vector<function_body> functions_of(std::string_view text) {
  return brace_matcher{}.run(without_directives(code_only(text)));
}

} // namespace cts::tidy
