#include "core/config/suggest.hpp"

#include <algorithm>
#include <numeric>

namespace cts::config {

namespace {

std::string lower_case(std::string_view text) {
  auto lower = std::string{text};
  for (auto& c : lower)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c | 0x20);
  return lower;
}

/// Edits between two words: insert, delete, replace, swap neighbours.
std::size_t distance(const std::string& a, const std::string& b) {
  auto two_ago = std::vector<std::size_t>(b.size() + 1);
  auto last = two_ago;
  auto row = two_ago;
  std::iota(last.begin(), last.end(), 0u);
  for (auto i = std::size_t{1}; i <= a.size(); ++i) {
    row[0] = i;
    for (auto j = std::size_t{1}; j <= b.size(); ++j) {
      auto cost = a[i - 1] == b[j - 1] ? 0u : 1u;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], two_ago[j - 2] + 1);
    }
    two_ago = last;
    last = row;
  }
  return last[b.size()];
}

/// Keys that people write for a reason of their own.
constexpr std::pair<std::string_view, std::string_view> known_mistakes[] = {
  {"consul.token_file",
   "set the environment variable CONSUL_HTTP_TOKEN_FILE instead"},
  {"consul.datacenter",
   "set 'datacenter' in the condition or module_input that needs it"},
  {"consul.retry", "requests are always retried; remove the block"},
  {"driver.terraform.working_dir",
   "set 'working_dir' at the top level or in the task"},
  {"provider", "rename the block to 'terraform_provider'"},
};

std::vector<std::string_view> names_of(schema fields) {
  auto names = std::vector<std::string_view>{};
  for (const auto& each : fields)
    names.push_back(each.name);
  return names;
}

std::string listed(const std::vector<std::string_view>& names) {
  auto text = std::string{};
  for (auto name : names)
    text += (text.empty() ? "" : ", ") + std::string{name};
  return text;
}

/// Is the key meant for a block with these fields? Short ones resemble many.
bool fits(std::string_view name, schema fields, bool exactly) {
  constexpr auto guessed_min = std::size_t{5};
  return find_field(fields, name) != nullptr
         || (!exactly && name.size() >= guessed_min
             && !nearest(name, names_of(fields)).empty());
}

/// The blocks among `fields` that know the key, which stands one level too far
/// out.
std::string blocks_with(std::string_view name, schema fields, bool exactly) {
  auto found = std::vector<std::string_view>{};
  for (const auto& each : fields) {
    auto labelled = each.type == field_type::typed
                    || each.type == field_type::typed_list
                    || each.type == field_type::typed_storage;
    auto inside = labelled
                    ? std::any_of(each.fields.begin(), each.fields.end(),
                                  [&](const auto& type) {
                                    return fits(name, type.fields, exactly);
                                  })
                    : fits(name, each.fields, exactly);
    if (inside)
      found.push_back(each.name);
  }
  return listed(found);
}

} // namespace

std::string nearest(std::string_view word,
                    const std::vector<std::string_view>& candidates) {
  constexpr auto longest = std::size_t{64};
  if (word.size() > longest)
    return {};
  auto wanted = lower_case(word);
  auto best = std::string{};
  auto best_distance = wanted.size() / 3 + 1;
  for (auto candidate : candidates) {
    auto edits = distance(wanted, lower_case(candidate));
    if (edits <= best_distance && edits < candidate.size()) {
      best_distance = edits - (edits > 0 ? 1 : 0);
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word,
                         const std::vector<std::string_view>& candidates) {
  auto meant = nearest(word, candidates);
  return meant.empty() ? meant : "did you mean \"" + meant + "\"?";
}

std::string hint_for_key(std::string_view path, std::string_view name,
                         schema fields) {
  for (const auto& [mistake, advice] : known_mistakes)
    if (path == mistake)
      return std::string{advice};
  if (path.starts_with("service[") && name == "tag")
    return "write a 'filter' on the tags instead";
  if (name == "names" && find_field(fields, "node_meta") != nullptr)
    return "catalog-services are selected by 'regexp' alone";
  auto names = names_of(fields);
  auto meant = nearest(name, names);
  auto blocks = blocks_with(name, fields, !meant.empty());
  if (!blocks.empty())
    return (meant.empty() ? "" : "did you mean '" + meant + "'? ")
           + "this key stands inside of a block: " + blocks;
  if (!meant.empty())
    return "did you mean '" + meant + "'?";
  auto known = "known here: " + listed(names);
  auto in_task = path.starts_with("task[") && path.find('.') == path.rfind('.');
  if (in_task)
    return "a task block has no label, its name is written as name = \"...\"; "
           + known;
  return known;
}

} // namespace cts::config
