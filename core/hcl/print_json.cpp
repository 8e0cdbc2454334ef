#include "core/hcl/print.hpp"
#include "core/hcl/print_escape.hpp"
#include "core/unicode.hpp"

namespace cts::hcl {

namespace {

using kind = node::kind;

std::string escaped(std::string_view character) {
  if (const auto* text = short_escape(character.front()))
    return text;
  auto code = unicode::decode(character).code;
  if (code == unicode::invalid)
    return "\uFFFD";
  if (code >= 0x20)
    return std::string{character};
  constexpr auto digits = "0123456789abcdef";
  return std::string{"\\u00"} + digits[code >> 4] + digits[code & 15];
}

class printer {
public:
  std::string run(const node& root) {
    print(root, 0);
    return text_ + '\n';
  }

private:
  void print(const node& x, std::size_t depth) {
    switch (x.what) {
      case kind::null: text_ += "null"; return;
      case kind::string: print_text(x.text); return;
      case kind::list: print_list(x, depth); return;
      case kind::object: print_object(x, depth); return;
      default: text_ += x.text; return;
    }
  }

  void print_text(std::string_view text) {
    text_ += '"';
    while (!text.empty()) {
      auto bytes = unicode::decode(text).bytes;
      text_ += escaped(text.substr(0, bytes));
      text.remove_prefix(bytes);
    }
    text_ += '"';
  }

  void print_list(const node& x, std::size_t depth) {
    text_ += '[';
    for (const auto& each : x.elements) {
      begin_item(&each == &x.elements.front(), depth + 1);
      print(each, depth + 1);
    }
    end_items(x.elements.empty(), depth);
    text_ += ']';
  }

  void print_object(const node& x, std::size_t depth) {
    text_ += '{';
    for (const auto& each : x.members) {
      begin_item(&each == &x.members.front(), depth + 1);
      print_text(each.name);
      text_ += ": ";
      print(each.value, depth + 1);
    }
    end_items(x.members.empty(), depth);
    text_ += '}';
  }

  void begin_item(bool first, std::size_t depth) {
    text_ += first ? "\n" : ",\n";
    text_.append(2 * depth, ' ');
  }

  void end_items(bool none, std::size_t depth) {
    if (none)
      return;
    text_ += '\n';
    text_.append(2 * depth, ' ');
  }

  std::string text_{};
};

} // namespace

std::string print_json(const node& root) {
  return printer{}.run(root);
}

} // namespace cts::hcl
