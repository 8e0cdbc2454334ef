#include "drivers/terraform/value_text.hpp"

#include "drivers/terraform/unicode.hpp"

#include <algorithm>
#include <cstdint>

namespace cts::terraform {

namespace {

void append_escape(std::string& out, char32_t value) {
  constexpr auto digits = std::string_view{"0123456789abcdef"};
  auto wide = value > 0xFFFF;
  out += wide ? "\\U" : "\\u";
  for (auto shift = wide ? 28 : 12; shift >= 0; shift -= 4)
    out += digits[(static_cast<std::uint32_t>(value) >> shift) & 0xF];
}

/// The escapes that have a letter of their own.
std::string_view short_escape(char32_t value) {
  switch (value) {
    case U'\n': return "\\n";
    case U'\r': return "\\r";
    case U'\t': return "\\t";
    case U'"': return "\\\"";
    case U'\\': return "\\\\";
    default: return {};
  }
}

/// Nothing in `text` needs a second look; most of what Consul knows is so.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return c >= ' ' && c <= '~' && c != '"' && c != '\\' && c != '$'
           && c != '%';
  });
}

class value_writer {
public:
  explicit value_writer(document& out) : out_(out) {}

  void operator()(std::monostate) { out_.append("null"); }
  void operator()(bool x) { out_.append(x ? "true" : "false"); }
  void operator()(const number& x) { out_.append(x.text); }
  void operator()(const std::string& x) { out_.append(string_text(x)); }
  void operator()(const list& x) { elements(x); }
  void operator()(const repeated_block& x) { elements(x.bodies); }

  void operator()(const object& x) {
    out_.append("{");
    if (!x.empty())
      out_.end_line();
    for (const auto& [key, member] : x) {
      out_.begin(key_text(key));
      write_value(out_, member);
      out_.end_line();
    }
    out_.append("}");
  }

private:
  void element(const value& x) { std::visit(*this, x.data); }
  void element(const object& x) { (*this)(x); }

  template <class Elements>
  void elements(const Elements& xs) {
    out_.append("[");
    auto separator = "";
    for (const auto& x : xs) {
      out_.append(separator);
      element(x);
      separator = ", ";
    }
    out_.append("]");
  }

  document& out_;
};

class type_writer {
public:
  explicit type_writer(document& out) : out_(out) {}

  void operator()(std::monostate) { out_.append("any"); }
  void operator()(bool) { out_.append("bool"); }
  void operator()(const number&) { out_.append("number"); }
  void operator()(const std::string&) { out_.append("string"); }
  void operator()(const list& x) { elements(x); }
  void operator()(const repeated_block& x) { elements(x.bodies); }

  void operator()(const object& x) {
    // Terraform takes no other names as attributes, quoted or not.
    auto named = [](const auto& entry) { return is_identifier(entry.first); };
    if (!std::all_of(x.begin(), x.end(), named))
      return out_.append("any");
    out_.append("object({");
    if (!x.empty())
      out_.end_line();
    for (const auto& [key, member] : x) {
      out_.begin(key);
      write_type(out_, member);
      out_.end_line();
    }
    out_.append("})");
  }

private:
  void element(const value& x) { std::visit(*this, x.data); }
  void element(const object& x) { (*this)(x); }

  template <class Elements>
  void elements(const Elements& xs) {
    out_.append("tuple([");
    auto separator = "";
    for (const auto& x : xs) {
      out_.append(separator);
      element(x);
      separator = ", ";
    }
    out_.append("])");
  }

  document& out_;
};

} // namespace

std::string string_text(std::string_view text) {
  if (is_plain(text)) {
    auto out = std::string{};
    out.reserve(text.size() + 2);
    return out.append("\"").append(text).append("\"");
  }
  auto whole = normalized(text);
  auto rest = std::string_view{whole};
  auto out = std::string{"\""};
  out.reserve(whole.size() + 2);
  while (!rest.empty()) {
    auto [value, bytes, valid] = first_code_point(rest);
    auto escape = short_escape(value);
    auto opens = rest.starts_with("${") || rest.starts_with("%{");
    if (!escape.empty())
      out += escape;
    else if (!is_printable(value))
      append_escape(out, value);
    else
      out += rest.substr(0, bytes);
    if (opens)
      out += rest.front();
    rest.remove_prefix(bytes);
  }
  return out + '"';
}

bool is_identifier(std::string_view text) {
  for (auto first = true; !text.empty(); first = false) {
    auto next = first_code_point(text);
    auto fits = is_letter(next.value) || next.value == U'_';
    if (!fits && (first || (!is_digit(next.value) && next.value != U'-')))
      return false;
    text.remove_prefix(next.bytes);
    if (text.empty())
      return true;
  }
  return false;
}

std::string key_text(std::string_view key) {
  return is_identifier(key) ? std::string{key} : string_text(key);
}

void write_value(document& out, const value& x) {
  std::visit(value_writer{out}, x.data);
}

void write_type(document& out, const value& x) {
  std::visit(type_writer{out}, x.data);
}

} // namespace cts::terraform
