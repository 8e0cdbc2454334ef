#include "core/config/excerpt.hpp"

#include "core/config/schema.hpp"
#include "core/hcl/json.hpp"
#include "core/hcl/parser.hpp"
#include "core/unicode.hpp"

#include <algorithm>

namespace cts::config {

namespace {

constexpr auto mask = std::string_view{"***"};

/// Columns of one line, the first and one past the last.
struct columns {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool contains(std::uint32_t x) const { return begin <= x && x < end; }
};

void collect(const hcl::expression& value, bool secret,
             std::vector<hcl::span>& to);

void collect(const std::vector<hcl::item>& items, bool secret,
             std::vector<hcl::span>& to) {
  for (const auto& each : items) {
    auto hidden
      = secret
        || std::any_of(each.keys.begin(), each.keys.end(), [](const auto& key) {
             return hides_its_contents(key.text);
           });
    collect(each.value, hidden, to);
  }
}

void collect(const hcl::expression& value, bool secret,
             std::vector<hcl::span>& to) {
  using kind = hcl::expression::kind;
  collect(value.items, secret, to);
  for (const auto& each : value.elements)
    collect(each, secret, to);
  if (secret && value.what != kind::list && value.what != kind::object)
    to.push_back(value.where);
}

/// The part of `secret` on `line`.
columns on_line(const hcl::span& secret, std::uint32_t line) {
  constexpr auto beyond = ~std::uint32_t{0};
  if (line < secret.line || line > secret.end_line)
    return {};
  return {.begin = line == secret.line ? secret.column : 1,
          .end = line == secret.end_line ? secret.end_column : beyond};
}

/// Without a tree every quoted text counts as a secret.
std::vector<columns> quoted_texts(std::string_view line) {
  auto found = std::vector<columns>{};
  auto open = false;
  auto column = std::uint32_t{1};
  for (auto rest = line; !rest.empty(); ++column) {
    auto character = unicode::decode(rest);
    auto escaped = open && character.code == U'\\' && rest.size() > 1;
    if (character.code == U'"' && open) {
      found.back().end = column + 1;
      open = false;
    } else if (character.code == U'"') {
      found.push_back({.begin = column, .end = ~std::uint32_t{0}});
      open = true;
    }
    rest.remove_prefix(character.bytes);
    if (escaped) {
      rest.remove_prefix(unicode::decode(rest).bytes);
      ++column;
    }
  }
  return found;
}

/// Two rows of text, one below the other.
struct rows {
  std::string shown{};
  std::string carets{};

  void add(std::string_view text, std::size_t width, bool marked) {
    shown += text;
    auto blank = text == "\t" ? '\t' : ' ';
    carets += std::string(width, marked ? '^' : blank);
  }
};

std::string visible(const unicode::decoded& character, std::string_view bytes) {
  if (character.code == unicode::invalid)
    return "\uFFFD";
  auto control = character.code != U'\t'
                 && (character.code < 0x20 || character.code == 0x7F);
  return control ? "?" : std::string{bytes};
}

rows draw(std::string_view line, columns marked,
          const std::vector<columns>& masked) {
  auto to = rows{};
  constexpr auto before = excerpts::columns_max / 2;
  auto first = marked.begin > before ? marked.begin - before : 1;
  if (first > 1)
    to.add("... ", 4, false);
  auto column = std::uint32_t{1};
  for (auto rest = line; !rest.empty(); ++column) {
    auto character = unicode::decode(rest);
    auto bytes = rest.substr(0, character.bytes);
    rest.remove_prefix(character.bytes);
    if (column >= first + excerpts::columns_max) {
      to.add(" ...", 4, false);
      break;
    }
    if (column < first)
      continue;
    auto hidden
      = std::find_if(masked.begin(), masked.end(),
                     [&](const auto& x) { return x.contains(column); });
    if (hidden == masked.end())
      to.add(visible(character, bytes), 1, marked.contains(column));
    else if (column == std::max<std::uint32_t>(hidden->begin, first))
      to.add(mask, mask.size(),
             marked.begin < hidden->end && marked.end > hidden->begin);
  }
  if (marked.begin >= column)
    to.add("", 1, true);
  to.carets.erase(to.carets.find_last_not_of(" \t") + 1);
  return to;
}

} // namespace

bool hides_its_contents(std::string_view name) {
  return is_secret_name(name) || name == "terraform_provider"
         || name == "backend" || name == "variables" || name == "task_env";
}

bool begins_as_json(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF"))
    bytes.remove_prefix(3);
  auto first = bytes.find_first_not_of(" \t\r\n");
  return first != bytes.npos && bytes[first] == '{';
}

excerpts::excerpts(const std::vector<source>& files)
  : sources_{files}, files_(files.size()) {
  // nop
}

void excerpts::prepare(std::uint32_t index) {
  auto& to = files_[index];
  auto bytes = std::string_view{sources_[index].bytes};
  if (!to.lines.empty())
    return;
  if (bytes.starts_with("\xEF\xBB\xBF"))
    to.lines.push_back(3);
  else
    to.lines.push_back(0);
  for (auto at = bytes.find('\n'); at != bytes.npos;
       at = bytes.find('\n', at + 1))
    to.lines.push_back(at + 1);
  auto items
    = begins_as_json(bytes) ? hcl::parse_hcl_json(bytes) : hcl::parse(bytes);
  to.unreadable = !items;
  if (items)
    collect(*items, false, to.secrets);
}

std::string excerpts::at(const place& where) {
  if (where.file >= files_.size() || where.at.line == 0)
    return {};
  prepare(where.file);
  const auto& known = files_[where.file];
  if (where.at.line > known.lines.size())
    return {};
  auto line = std::string_view{sources_[where.file].bytes}.substr(
    known.lines[where.at.line - 1]);
  line = line.substr(0, line.find('\n'));
  if (line.ends_with('\r'))
    line.remove_suffix(1);
  auto masked = known.unreadable ? quoted_texts(line) : std::vector<columns>{};
  for (const auto& secret : known.secrets)
    if (auto part = on_line(secret, where.at.line); part.end > part.begin)
      masked.push_back(part);
  auto end = where.at.line == where.at.end_line ? where.at.end_column : 0;
  auto marked = columns{.begin = where.at.column,
                        .end = std::max(end, where.at.column + 1)};
  auto [shown, carets] = draw(line, marked, masked);
  auto number = std::to_string(where.at.line);
  return number + " | " + shown + "\n" + std::string(number.size(), ' ') + " | "
         + carets;
}

source_range excerpts::range_of(const place& where) const {
  auto one_line = where.at.line == where.at.end_line;
  return {.file = where.file < sources_.size() ? sources_[where.file].path : "",
          .line = where.at.line,
          .column = where.at.column,
          .end_column = one_line ? where.at.end_column : where.at.column + 1};
}

} // namespace cts::config
