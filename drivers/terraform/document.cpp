#include "drivers/terraform/document.hpp"

#include "drivers/terraform/unicode.hpp"

#include <algorithm>

namespace cts::terraform {

namespace {

/// Opening minus closing brackets outside of strings.
int bracket_balance(std::string_view text) {
  auto balance = 0;
  auto quoted = false;
  for (auto i = std::size_t{0}; i < text.size(); ++i) {
    auto c = text[i];
    if (quoted && c == '\\')
      ++i;
    else if (c == '"')
      quoted = !quoted;
    else if (!quoted && (c == '{' || c == '[' || c == '('))
      ++balance;
    else if (!quoted && (c == '}' || c == ']' || c == ')'))
      --balance;
  }
  return balance;
}

/// The indentation of the lines so far: a level for each line that left
/// brackets open, with their number.
class levels {
public:
  /// Takes the next line and returns its depth.
  std::size_t depth_of(int balance) {
    if (balance > 0) {
      open_.push_back(balance);
      return open_.size() - 1;
    }
    for (auto closing = -balance; closing > 0 && !open_.empty();) {
      auto paid = std::min(closing, open_.back());
      closing -= paid;
      open_.back() -= paid;
      if (open_.back() == 0)
        open_.pop_back();
    }
    return open_.size();
  }

private:
  std::vector<int> open_;
};

} // namespace

std::string_view document::name_of(const entry& x) const {
  return std::string_view{written_}.substr(x.begin, x.name_size);
}

std::string_view document::text_of(const entry& x) const {
  return std::string_view{written_}.substr(x.begin + x.name_size, x.text_size);
}

void document::blank() {
  end_line({.kind = kind::blank, .begin = written_.size()});
}

void document::comment(std::string_view text) {
  auto first = written_.size();
  written_.append("# ").append(text);
  end_line({.kind = kind::comment,
            .begin = first,
            .text_size = written_.size() - first});
}

void document::line(std::string_view text) {
  append(text);
  end_line();
}

void document::assign(std::string_view name, std::string_view text) {
  begin(name);
  append(text);
  end_line();
}

void document::begin(std::string_view name) {
  written_ += name;
  current_.kind = kind::assignment;
  current_.name_size = name.size();
}

void document::append(std::string_view text) {
  written_ += text;
  current_.text_size += text.size();
}

void document::end_line() {
  current_.balance = bracket_balance(text_of(current_));
  end_line(current_);
}

void document::end_line(entry line) {
  lines_.push_back(line);
  current_ = {.begin = written_.size()};
}

std::vector<std::size_t> document::columns() const {
  auto out = std::vector<std::size_t>(lines_.size());
  auto in_run = [](const entry& x) {
    return x.kind == kind::assignment && x.balance == 0;
  };
  for (auto first = std::size_t{0}; first < lines_.size(); ++first) {
    auto last = first;
    auto widest = std::size_t{0};
    for (; last < lines_.size() && in_run(lines_[last]); ++last)
      widest = std::max(widest, display_width(name_of(lines_[last])));
    for (; first < last; ++first)
      out[first] = widest;
  }
  return out;
}

std::string document::text() const {
  auto aligned = columns();
  auto out = std::string{};
  out.reserve(written_.size() * 3 / 2);
  auto indent = levels{};
  for (auto i = std::size_t{0}; i < lines_.size(); ++i) {
    const auto& x = lines_[i];
    if (x.kind != kind::blank)
      out.append(2 * indent.depth_of(x.balance), ' ');
    auto name = name_of(x);
    out += name;
    if (x.kind == kind::assignment) {
      auto width = display_width(name);
      out.append(aligned[i] > width ? aligned[i] - width : 0, ' ');
      out += " = ";
    }
    out += text_of(x);
    out += '\n';
  }
  return out;
}

} // namespace cts::terraform
