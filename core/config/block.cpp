#include "core/config/block.hpp"

#include "core/config/schema.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_map>
#include <utility>

namespace cts::config {

namespace {

template <class T>
const T* get(const block& from, std::string_view name) {
  const auto* found = from.find(name);
  return found == nullptr ? nullptr : std::get_if<T>(&found->data);
}

template <class T>
std::optional<T> copy(const block& from, std::string_view name) {
  const auto* found = get<T>(from, name);
  return found == nullptr ? std::nullopt : std::optional{*found};
}

void merge_objects(hcl::node& lower, hcl::node upper, unsigned depth) {
  constexpr auto object = hcl::node::kind::object;
  auto places = std::unordered_map<std::string, std::size_t>{};
  for (auto i = std::size_t{0}; i < lower.members.size(); ++i)
    places.emplace(lower.members[i].name, i);
  for (auto& each : upper.members) {
    auto [found, added] = places.emplace(each.name, lower.members.size());
    if (added) {
      lower.members.push_back(std::move(each));
      continue;
    }
    auto& below = lower.members[found->second].value;
    auto both = below.what == object && each.value.what == object;
    if (depth > 1 && both)
      merge_objects(below, std::move(each.value), depth - 1);
    else
      below = std::move(each.value);
  }
}

void merge_setting(const std::string& name, setting& lower, setting upper) {
  auto* blocks = std::get_if<std::vector<block>>(&lower.data);
  auto* above = std::get_if<std::vector<block>>(&upper.data);
  if (blocks != nullptr && above != nullptr) {
    if (!is_list_of_blocks(name)) {
      merge(blocks->front(), std::move(above->front()));
      return;
    }
    std::move(above->begin(), above->end(), std::back_inserter(*blocks));
    return;
  }
  auto* content = std::get_if<hcl::node>(&lower.data);
  auto* content_above = std::get_if<hcl::node>(&upper.data);
  if (content == nullptr || content_above == nullptr) {
    lower = std::move(upper);
    return;
  }
  // Arguments of a backend merge one by one, a required provider as a whole.
  merge_objects(*content, std::move(*content_above), name == "backend" ? 2 : 1);
  lower.where = upper.where;
}

} // namespace

const setting* block::find(std::string_view name) const {
  auto found = settings.find(name);
  return found == settings.end() ? nullptr : &found->second;
}

const block* block::child(std::string_view name) const {
  const auto* blocks = get<std::vector<block>>(*this, name);
  return blocks == nullptr || blocks->empty() ? nullptr : &blocks->front();
}

const std::vector<block>& block::children(std::string_view name) const {
  static const auto none = std::vector<block>{};
  const auto* blocks = get<std::vector<block>>(*this, name);
  return blocks == nullptr ? none : *blocks;
}

place block::place_of(std::string_view name) const {
  const auto* found = find(name);
  return found == nullptr ? where : found->where;
}

std::optional<std::string> block::text(std::string_view name) const {
  return copy<std::string>(*this, name);
}

std::optional<std::int64_t> block::integer(std::string_view name) const {
  return copy<std::int64_t>(*this, name);
}

std::optional<bool> block::boolean(std::string_view name) const {
  return copy<bool>(*this, name);
}

std::optional<nanoseconds> block::time(std::string_view name) const {
  return copy<nanoseconds>(*this, name);
}

std::vector<std::string> block::texts(std::string_view name) const {
  return copy<std::vector<std::string>>(*this, name)
    .value_or(std::vector<std::string>{});
}

std::map<std::string, std::string>
block::text_map(std::string_view name) const {
  return copy<std::map<std::string, std::string>>(*this, name)
    .value_or(std::map<std::string, std::string>{});
}

const hcl::node* block::any(std::string_view name) const {
  return get<hcl::node>(*this, name);
}

place place_at(const block& root, std::string_view path) {
  auto where = place{};
  for (const auto* at = &root; at != nullptr && !path.empty();) {
    auto part = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(part.size() + 1, path.size()));
    auto name = part.substr(0, part.find('['));
    auto index = std::size_t{0};
    if (name.size() < part.size())
      std::from_chars(part.data() + name.size() + 1, part.data() + part.size(),
                      index);
    const auto* found = at->find(name);
    if (found == nullptr)
      break;
    where = found->where;
    const auto* blocks = std::get_if<std::vector<block>>(&found->data);
    at = blocks != nullptr && index < blocks->size() ? &(*blocks)[index]
                                                     : nullptr;
    if (at != nullptr)
      where = at->where;
  }
  return where;
}

void merge(block& lower, block upper) {
  for (auto& [name, value] : upper.settings) {
    auto found = lower.settings.find(name);
    if (found == lower.settings.end())
      lower.settings.emplace(name, std::move(value));
    else
      merge_setting(name, found->second, std::move(value));
  }
  lower.where = upper.where;
  lower.broken = lower.broken || upper.broken;
  if (!upper.label.empty())
    lower.label = upper.label;
}

block merged(std::vector<block> layers) {
  auto count = layers.size();
  for (auto step = std::size_t{1}; step < count; step *= 2)
    for (auto i = std::size_t{0}; i + step < count; i += 2 * step)
      merge(layers[i], std::move(layers[i + step]));
  return layers.empty() ? block{} : std::move(layers.front());
}

} // namespace cts::config
