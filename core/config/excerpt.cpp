#include "core/config/excerpt.hpp"

#include "core/config/redact.hpp"
#include "core/hcl/cursor.hpp"
#include "core/hcl/json.hpp"
#include "core/hcl/parser.hpp"
#include "core/unicode.hpp"

#include <algorithm>
#include <utility>

namespace cts::config {

namespace {

constexpr auto mask = std::string_view{"***"};

/// One column behind every line.
constexpr auto beyond = ~std::uint32_t{0};

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
  if (value.what == kind::list || value.what == kind::object)
    return;
  if (secret || without_logins(value.text) != value.text)
    to.push_back(value.where);
}

/// The part of `secret` on `line`.
columns on_line(const hcl::span& secret, std::uint32_t line) {
  if (line < secret.line || line > secret.end_line)
    return {};
  return {.begin = line == secret.line ? secret.column : 1,
          .end = line == secret.end_line ? secret.end_column : beyond};
}

/// How far the text between quotes reaches that `rest` begins with, in bytes,
/// with both quotes; or to the end if it is not closed.
std::size_t quoted_length(std::string_view rest) {
  auto at = std::size_t{1};
  while (at < rest.size() && rest[at] != '"')
    at += rest[at] == '\\' ? 2 : 1;
  return std::min(at + 1, rest.size());
}

/// The length of what stands between blanks and marks of the language.
std::size_t word_length(std::string_view rest) {
  return std::max<std::size_t>(
    1, std::min(rest.find_first_of(" \t\r\",[]{}"), rest.size()));
}

/// A quoted text or another word, with the rest of the line and the mark or
/// word before it.
struct neighbourhood {
  std::string_view before{};
  std::string_view word{};
  std::string_view behind{};
};

/// Without a tree every quoted text counts as a secret, and every word that
/// looks like a part of one. A name in JSON stands before a colon.
bool may_be_secret(const neighbourhood& x, bool json) {
  const auto& word = x.word;
  if (word.front() != '"')
    return json ? word.find_first_not_of("+-.0123456789eE:") != word.npos
                    && word != "true" && word != "false" && word != "null"
                : word.find('@') != word.npos;
  auto next = x.behind.find_first_not_of(" \t");
  auto before_colon = next != x.behind.npos && x.behind[next] == ':';
  return !json || !before_colon || x.before.ends_with(':');
}

std::vector<columns> suspicious_words(std::string_view line, bool json) {
  auto found = std::vector<columns>{};
  auto column = std::uint32_t{1};
  auto before = std::string_view{};
  for (auto rest = line; !rest.empty();) {
    auto length = rest.front() == '"' ? quoted_length(rest) : word_length(rest);
    auto word = rest.substr(0, length);
    rest.remove_prefix(length);
    auto end = column + static_cast<std::uint32_t>(unicode::length(word));
    auto open = word.front() == '"' && (word.size() < 2 || word.back() != '"');
    auto mark = word.find_first_of(" \t\r,[]{}") == 0;
    if (!mark && may_be_secret({before, word, rest}, json))
      found.push_back({.begin = column, .end = open ? beyond : end});
    column = end;
    if (word.find_first_of(" \t\r") != 0)
      before = word;
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

/// What of a line is to be shown. A line may be as long as a file, so only the
/// neighbourhood of the place is looked at.
struct window {
  /// Begins in `column`, may go on behind the line.
  std::string_view text{};
  std::uint32_t column = 1;
  columns shown{};
  columns marked{};
};

bool ends_line(std::string_view rest) {
  return rest.empty() || rest.front() == '\n' || rest == "\r"
         || rest.starts_with("\r\n");
}

rows draw(const window& from, const std::vector<columns>& masked) {
  auto to = rows{};
  const auto& [begin, end] = from.shown;
  if (begin > 1)
    to.add("... ", 4, false);
  auto column = from.column;
  for (auto rest = from.text; !ends_line(rest); ++column) {
    auto character = unicode::decode(rest);
    auto bytes = rest.substr(0, character.bytes);
    rest.remove_prefix(character.bytes);
    if (column >= end) {
      to.add(" ...", 4, false);
      break;
    }
    if (column < begin)
      continue;
    auto hidden
      = std::find_if(masked.begin(), masked.end(),
                     [&](const auto& x) { return x.contains(column); });
    if (hidden == masked.end())
      to.add(visible(character, bytes), 1, from.marked.contains(column));
    else if (column == std::max(hidden->begin, begin))
      to.add(mask, mask.size(),
             from.marked.begin < hidden->end
               && from.marked.end > hidden->begin);
  }
  if (from.marked.begin >= column)
    to.add("", 1, true);
  to.carets.erase(to.carets.find_last_not_of(" \t") + 1);
  return to;
}

/// The parts of a line, within `shown`, that are secrets.
std::vector<columns> masked_parts(const std::vector<hcl::span>& secrets,
                                  std::uint32_t line, const columns& shown) {
  auto first = std::partition_point(
    secrets.begin(), secrets.end(), [&](const auto& x) {
      return std::pair{x.end_line, x.end_column} < std::pair{line, shown.begin};
    });
  auto found = std::vector<columns>{};
  for (; first != secrets.end()
         && std::pair{first->line, first->column} < std::pair{line, shown.end};
       ++first)
    if (auto part = on_line(*first, line); part.end > part.begin)
      found.push_back(part);
  return found;
}

} // namespace

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
  constexpr auto mark_distance = 128u;
  auto& to = files_[index];
  auto bytes = std::string_view{sources_[index].bytes};
  if (!to.marks.empty())
    return;
  auto skipped = bytes.starts_with("\xEF\xBB\xBF") ? std::size_t{3} : 0;
  auto at = hcl::cursor{bytes.substr(skipped)};
  for (;; at.next()) {
    const auto& here = at.here();
    if (here.column % mark_distance == 1)
      to.marks.push_back({.line = here.line,
                          .column = here.column,
                          .offset = here.offset + skipped});
    if (at.at_end())
      break;
  }
  auto items
    = begins_as_json(bytes) ? hcl::parse_hcl_json(bytes) : hcl::parse(bytes);
  to.unreadable = !items;
  if (items)
    collect(*items, false, to.secrets);
}

const excerpts::mark* excerpts::mark_before(const file& known,
                                            std::uint32_t line,
                                            std::uint32_t column) const {
  auto behind = std::partition_point(
    known.marks.begin(), known.marks.end(), [&](const auto& x) {
      return std::pair{x.line, x.column} <= std::pair{line, column};
    });
  auto found = behind != known.marks.begin() && std::prev(behind)->line == line;
  return found ? &*std::prev(behind) : nullptr;
}

std::string excerpts::at(const place& where) {
  if (where.file >= files_.size() || where.at.line == 0)
    return {};
  prepare(where.file);
  const auto& known = files_[where.file];
  auto bytes = std::string_view{sources_[where.file].bytes};
  constexpr auto before = columns_max / 2;
  auto first = where.at.column > before ? where.at.column - before : 1;
  auto shown = columns{.begin = first, .end = first + columns_max};
  const auto* begin = mark_before(known, where.at.line, first);
  const auto* line = mark_before(known, where.at.line, 1);
  if (begin == nullptr || line == nullptr)
    return {};
  auto masked = masked_parts(known.secrets, where.at.line, shown);
  // One place of such a file is shown, so that its line may be read as a whole.
  if (known.unreadable) {
    auto whole = bytes.substr(line->offset);
    masked = suspicious_words(whole.substr(0, whole.find('\n')),
                              begins_as_json(bytes));
  }
  auto end = where.at.line == where.at.end_line ? where.at.end_column : 0;
  auto marked = columns{.begin = where.at.column,
                        .end = std::max(end, where.at.column + 1)};
  auto [text, carets] = draw({.text = bytes.substr(begin->offset),
                              .column = begin->column,
                              .shown = shown,
                              .marked = marked},
                             masked);
  auto number = std::to_string(where.at.line);
  return number + " | " + text + "\n" + std::string(number.size(), ' ') + " | "
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
