#include "core/hcl/print.hpp"

#include "core/hcl/print_escape.hpp"

#include "core/unicode.hpp"

#include <algorithm>

namespace cts::hcl {

namespace {

using kind = expression::kind;

bool is_word(std::string_view text) {
  if (text.empty() || text == "true" || text == "false")
    return false;
  auto first = true;
  while (!text.empty()) {
    auto [code, bytes] = unicode::decode(text);
    auto starts
      = code == U'_' || (code != unicode::invalid && unicode::is_letter(code));
    auto goes_on = code == U'-' || code == U'.'
                   || (code != unicode::invalid && unicode::is_digit(code));
    if (!starts && (first || !goes_on))
      return false;
    first = false;
    text.remove_prefix(bytes);
  }
  return true;
}

/// An interpolation, or the beginning of one.
struct interpolation {
  /// Does it read as it is written?
  bool complete = false;
  /// Its length, or how far it was followed.
  std::size_t length = 0;
};

/// What `text`, which begins with `${`, begins with.
interpolation interpolation_of(std::string_view text) {
  auto braces = 0u;
  auto at = std::size_t{1};
  while (at < text.size()) {
    auto [code, bytes] = unicode::decode(text.substr(at));
    // A control character or an escape would be read as something else.
    if (code == unicode::invalid || code == U'\\' || code < 0x20)
      break;
    at += bytes;
    if (code == U'{')
      ++braces;
    if (code == U'}' && --braces == 0)
      return {.complete = true, .length = at};
  }
  return {.complete = false, .length = at};
}

std::string hexadecimal(unsigned char byte) {
  constexpr auto digits = "0123456789abcdef";
  return std::string{"\\x"} + digits[byte >> 4] + digits[byte & 15];
}

/// One character outside of an interpolation.
std::string escaped(std::string_view character) {
  if (const auto* text = short_escape(character.front()))
    return text;
  auto code = unicode::decode(character).code;
  auto plain = code != unicode::invalid && code >= 0x20 && code != 0x7F;
  return plain ? std::string{character}
               : hexadecimal(static_cast<unsigned char>(character.front()));
}

/// Attributes whose names are longer do not take part in alignment, so that
/// one of them does not widen thousands.
constexpr auto aligned_max = std::size_t{40};

/// Remarks stand below each other up to this column.
constexpr auto remark_column_max = std::size_t{72};

class printer {
public:
  std::string run(const body& items) {
    print_items(items, 0);
    return std::move(text_);
  }

private:
  /// Attributes on one line each, without a blank line between them.
  struct group {
    std::size_t end = 0;
    /// Of the names.
    std::size_t width = 0;
    /// Where remarks begin, counted from the indentation.
    std::size_t remarks = 0;
  };

  static bool is_block(const item& x) { return !x.assigned; }

  static std::string head_of(const item& x) {
    auto text = std::string{};
    for (const auto& each : x.keys) {
      auto first = &each == &x.keys.front();
      text += first ? "" : " ";
      text += first && is_word(each.text) ? each.text : quote(each.text);
    }
    return text;
  }

  /// Does the value fit one line? Objects and lists of objects do not.
  static bool is_short(const expression& x) {
    if (x.what == kind::object)
      return x.items.empty();
    return std::all_of(x.elements.begin(), x.elements.end(),
                       [](const auto& each) { return is_short(each); });
  }

  static group group_at(const body& items, std::size_t begin) {
    auto found = group{.end = begin};
    for (; found.end < items.size(); ++found.end) {
      const auto& each = items[found.end];
      if (is_block(each) || !is_short(each.value))
        break;
      auto width = unicode::length(head_of(each));
      if (width > aligned_max)
        continue;
      found.width = std::max(found.width, width);
    }
    return found;
  }

  void print_items(const body& items, std::size_t depth) {
    for (auto i = std::size_t{0}; i < items.size();) {
      auto together = group_at(items, i);
      if (i > 0)
        text_ += '\n';
      if (together.end == i) {
        print_long(items[i], depth);
        ++i;
        continue;
      }
      print_group(items, i, together, depth);
      i = together.end;
    }
  }

  void print_group(const body& items, std::size_t begin, const group& x,
                   std::size_t depth) {
    auto lines = std::vector<std::string>{};
    auto column = std::size_t{0};
    for (auto i = begin; i < x.end; ++i) {
      auto line = head_of(items[i]);
      auto width = unicode::length(line);
      line.append(width < x.width ? x.width - width : 0, ' ');
      line += " =";
      if (!items[i].dangling)
        line += " " + short_text(items[i].value);
      if (!items[i].remark.empty() && line.size() < remark_column_max)
        column = std::max(column, unicode::length(line));
      lines.push_back(std::move(line));
    }
    for (auto i = begin; i < x.end; ++i) {
      indent(depth);
      text_ += lines[i - begin];
      if (!items[i].remark.empty()) {
        auto width = unicode::length(lines[i - begin]);
        text_.append(width < column ? column - width : 0, ' ');
      }
      end_line(items[i]);
    }
  }

  /// A block, or an attribute over several lines.
  void print_long(const item& x, std::size_t depth) {
    indent(depth);
    text_ += head_of(x) + (x.assigned ? " = " : " ");
    print_value(x.value, depth, x.remark);
    text_ += '\n';
  }

  void print_value(const expression& x, std::size_t depth,
                   const std::string& remark) {
    if (is_short(x)) {
      text_ += short_text(x) + remark_text(remark);
      return;
    }
    auto list = x.what == kind::list;
    text_ += (list ? "[" : "{") + remark_text(remark) + "\n";
    if (list)
      for (const auto& each : x.elements) {
        indent(depth + 1);
        print_value(each, depth + 1, {});
        text_ += ",\n";
      }
    else
      print_items(x.items, depth + 1);
    indent(depth);
    text_ += list ? "]" : "}";
  }

  static std::string short_text(const expression& x) {
    switch (x.what) {
      case kind::null: return "null";
      case kind::string: return quote(x.text);
      case kind::object: return "{}";
      case kind::list: break;
      default: return x.text;
    }
    auto text = std::string{"["};
    for (const auto& each : x.elements)
      text += (&each == &x.elements.front() ? "" : ", ") + short_text(each);
    return text + "]";
  }

  static std::string remark_text(const std::string& remark) {
    auto text = remark.empty() ? std::string{} : " # " + remark;
    // The comment ends with its line.
    std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20; }, '?');
    return text;
  }

  void end_line(const item& x) {
    text_ += remark_text(x.remark);
    text_ += '\n';
  }

  void indent(std::size_t depth) { text_.append(2 * depth, ' '); }

  std::string text_{};
};

} // namespace

std::string quote(std::string_view text) {
  auto quoted = std::string{"\""};
  // Up to here no interpolation is looked for again.
  auto followed = std::size_t{0};
  for (auto at = std::size_t{0}; at < text.size();) {
    auto rest = text.substr(at);
    auto opens = rest.starts_with("${");
    auto found
      = opens && at >= followed ? interpolation_of(rest) : interpolation{};
    if (found.complete) {
      quoted += rest.substr(0, found.length);
      at += found.length;
      continue;
    }
    followed = std::max(followed, at + found.length);
    auto bytes = unicode::decode(rest).bytes;
    // The dollar as an escape does not begin an interpolation.
    quoted += opens ? hexadecimal('$') : escaped(rest.substr(0, bytes));
    at += bytes;
  }
  return quoted + '"';
}

std::string print(const body& items) {
  return printer{}.run(items);
}

} // namespace cts::hcl
