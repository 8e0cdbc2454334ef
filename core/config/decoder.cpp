#include "core/config/decoder.hpp"

#include "core/config/coerce.hpp"

#include <algorithm>
#include <utility>

namespace cts::config {

namespace {

using kind = hcl::node::kind;

std::string joined(const std::string& path, std::string_view name) {
  return path.empty() ? std::string{name} : path + "." + std::string{name};
}

bool same_but_for_case(std::string_view a, std::string_view b) {
  auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  };
  return a.size() == b.size()
         && std::equal(a.begin(), a.end(), b.begin(),
                       [&](char x, char y) { return lower(x) == lower(y); });
}

const field* find_in_any_case(schema fields, std::string_view name) {
  auto found = std::find_if(fields.begin(), fields.end(), [&](const auto& x) {
    return same_but_for_case(x.name, name);
  });
  return found == fields.end() ? nullptr : &*found;
}

/// A list of one object stands for a block, which users write in both ways.
void mark_blocks(hcl::node& x) {
  auto one_object = x.what == kind::list && x.elements.size() == 1
                    && x.elements.front().what == kind::object;
  x.blocks = x.blocks || one_object;
  for (auto& each : x.elements)
    mark_blocks(each);
  for (auto& each : x.members)
    mark_blocks(each.value);
}

bool is_container(const hcl::node& x) {
  return x.what == kind::list || x.what == kind::object;
}

} // namespace

void decoder::add(std::string message, const hcl::span& where,
                  std::string hint) {
  problems.push_back({.message = std::move(message),
                      .where = at(where),
                      .hint = std::move(hint),
                      .further = {}});
}

const hcl::node& decoder::unwrap(const hcl::node& from) const {
  const auto* inner = &from;
  while (language_ != dialect::json && inner->what == kind::list
         && inner->elements.size() == 1)
    inner = &inner->elements.front();
  return *inner;
}

const hcl::node& decoder::unwrap_block(const hcl::node& from) const {
  auto one_object = from.what == kind::list && from.elements.size() == 1
                    && from.elements.front().what == kind::object;
  return one_object ? from.elements.front() : unwrap(from);
}

void decoder::expect_a_map(const hcl::node& got, const std::string& path) {
  auto list = got.what == kind::list;
  auto where
    = list && got.elements.size() > 1 ? got.elements[1].where : got.where;
  auto first = list && !got.elements.empty()
                 ? "the first one is in line "
                     + std::to_string(got.elements.front().where.line)
                 : std::string{};
  problems.push_back(
    {.message = "'" + path + "' expected a map, got '"
                + (list ? "slice" : hcl::go_type(got)) + "'",
     .where = at(where),
     .hint
     = list ? "merge the blocks into one" + (first.empty() ? "" : "; " + first)
            : "write a block: " + path.substr(0, path.find('[')) + " { ... }",
     .repeated = list ? path : std::string{},
     .further = {}});
}

// An exact spelling takes its field before any other spelling may.
block decoder::body(const hcl::node& from, schema fields,
                    const std::string& path) {
  auto to = block{.where = at(from.where)};
  auto before = trouble();
  auto taken = std::vector<const field*>{};
  for (const auto& each : from.members)
    if (const auto* exact = find_field(fields, each.name)) {
      taken.push_back(exact);
      read_field(to, *exact, each, joined(path, exact->name));
    }
  for (const auto& each : from.members) {
    if (find_field(fields, each.name) != nullptr)
      continue;
    const auto* similar = find_in_any_case(fields, each.name);
    auto free = std::find(taken.begin(), taken.end(), similar) == taken.end();
    if (similar == nullptr || !free) {
      unknown_keys.push_back({.path = joined(path, each.name),
                              .name = each.name,
                              .where = at(each.where),
                              .fields = fields});
      continue;
    }
    taken.push_back(similar);
    read_field(to, *similar, each, joined(path, similar->name));
  }
  to.broken = trouble() != before;
  return to;
}

void decoder::read_field(block& to, const field& what, const member& from,
                         const std::string& path) {
  if (unwrap(from.value).what == kind::null)
    return;
  switch (what.type) {
    case field_type::text:
    case field_type::integer:
    case field_type::boolean:
    case field_type::time: return read_scalar(to, what, from, path);
    case field_type::texts: return read_texts(to, what, from, path);
    case field_type::text_map: return read_text_map(to, what, from, path);
    case field_type::nested: return read_block(to, what, from, path);
    case field_type::nested_list:
    case field_type::any_list: return read_blocks(to, what, from, path);
    case field_type::typed: return read_condition(to, what, from, path);
    case field_type::typed_list:
      return read_module_inputs(to, what, from, path);
    case field_type::typed_storage: return read_storage(to, what, from, path);
    case field_type::any_map: return read_any_map(to, what, from, path);
  }
}

void decoder::read_scalar(block& to, const field& what, const member& from,
                          const std::string& path) {
  const auto& value = unwrap(from.value);
  auto take = [&](auto read) {
    if (!read)
      return add(read.error().message, value.where);
    to.settings.insert_or_assign(
      std::string{what.name},
      setting{.data = std::move(*read), .where = at(from.where)});
  };
  auto doubt = [&](std::string message, std::string hint) {
    warnings.push_back({.message = std::move(message),
                        .where = at(value.where),
                        .hint = std::move(hint),
                        .further = {}});
  };
  if (what.type == field_type::text && value.what == kind::boolean)
    doubt("'" + path + "' is a string, and " + value.text + " means \""
            + (value.text == "true" ? "1" : "0") + "\"",
          "write the text between quotes");
  auto number = value.what == kind::integer || value.what == kind::floating;
  if (what.type == field_type::time && number && value.text != "0")
    doubt("'" + path + "' is a duration, and " + value.text
            + " without a unit means nanoseconds",
          "write \"" + value.text + "s\" if seconds are meant");
  switch (what.type) {
    case field_type::text: return take(to_text(value, path));
    case field_type::integer: return take(to_integer(value, path));
    case field_type::boolean: return take(to_boolean(value, path));
    default: return take(to_time(value, path));
  }
}

void decoder::read_block(block& to, const field& what, const member& from,
                         const std::string& path) {
  const auto& value = unwrap_block(from.value);
  if (value.what != kind::object)
    return expect_a_map(value, path);
  auto inner = std::vector<block>{};
  inner.push_back(body(value, what.fields, path));
  inner.front().where = at(from.where);
  to.settings.insert_or_assign(
    std::string{what.name},
    setting{.data = std::move(inner), .where = at(from.where)});
}

std::vector<const hcl::node*> decoder::elements(const member& from,
                                                const std::string& path) {
  const auto& value = from.value;
  auto found = std::vector<const hcl::node*>{};
  auto single = value.what != kind::list
                || (language_ != dialect::json && value.elements.size() == 1);
  if (single && unwrap(value).what == kind::object
      && unwrap(value).members.empty()) {
    warnings.push_back({.message = "an empty '" + path + "' block is ignored",
                        .where = at(from.where),
                        .further = {}});
    return found;
  }
  if (value.what != kind::list) {
    found.push_back(&value);
    return found;
  }
  for (const auto& each : value.elements)
    if (each.what != kind::null)
      found.push_back(&unwrap(each));
  return found;
}

void decoder::read_blocks(block& to, const field& what, const member& from,
                          const std::string& path) {
  auto inner = std::vector<block>{};
  auto index = std::size_t{0};
  for (const auto* each : elements(from, path)) {
    auto name = path + "[" + std::to_string(index++) + "]";
    if (each->what != kind::object) {
      expect_a_map(*each, name);
      continue;
    }
    if (what.type == field_type::nested_list) {
      inner.push_back(body(*each, what.fields, name));
      continue;
    }
    if (language_ != dialect::hcl_json || each->members.size() < 2) {
      inner.push_back({.where = at(each->where), .content = *each});
      if (language_ != dialect::json)
        mark_blocks(inner.back().content);
      continue;
    }
    for (const auto& label : each->members) {
      auto one
        = hcl::node{.what = kind::object, .where = label.where, .members = {}};
      one.members.push_back(label);
      inner.push_back({.where = at(label.where), .content = std::move(one)});
    }
  }
  to.settings.insert_or_assign(
    std::string{what.name},
    setting{.data = std::move(inner), .where = at(from.where)});
}

void decoder::read_texts(block& to, const field& what, const member& from,
                         const std::string& path) {
  auto texts = std::vector<std::string>{};
  auto take = [&](const hcl::node& element, const std::string& name) {
    auto text = to_text(unwrap(element), name);
    if (!text)
      return add(text.error().message, element.where);
    texts.push_back(std::move(*text));
  };
  const auto& value = from.value;
  if (value.what == kind::list)
    for (auto i = std::size_t{0}; i < value.elements.size(); ++i)
      take(value.elements[i], path + "[" + std::to_string(i) + "]");
  else if (!(value.what == kind::object && value.members.empty()))
    take(value, is_container(value) ? path + "[0]" : path);
  to.settings.insert_or_assign(
    std::string{what.name},
    setting{.data = std::move(texts), .where = at(from.where)});
}

std::vector<const hcl::node*>
decoder::objects(const hcl::node& from, const std::string& path, bool& right) {
  auto found = std::vector<const hcl::node*>{};
  if (from.what == kind::object)
    found.push_back(&from);
  else if (from.what != kind::list)
    expect_a_map(from, path);
  right = is_container(from);
  for (auto i = std::size_t{0}; i < from.elements.size(); ++i) {
    const auto& element = unwrap(from.elements[i]);
    if (element.what == kind::object) {
      found.push_back(&element);
      continue;
    }
    right = false;
    expect_a_map(element, path + "[" + std::to_string(i) + "]");
  }
  return found;
}

void decoder::read_text_map(block& to, const field& what, const member& from,
                            const std::string& path) {
  auto right = false;
  auto texts = std::map<std::string, std::string>{};
  for (const auto* object : objects(from.value, path, right))
    for (const auto& each : object->members) {
      auto text = to_text(unwrap(each.value), path + "[" + each.name + "]");
      if (text)
        texts.insert_or_assign(each.name, std::move(*text));
      else
        add(text.error().message, each.value.where);
    }
  to.settings.insert_or_assign(
    std::string{what.name},
    setting{.data = std::move(texts), .where = at(from.where)});
}

void decoder::read_any_map(block& to, const field& what, const member& from,
                           const std::string& path) {
  auto right = false;
  auto all
    = hcl::node{.what = kind::object, .where = from.where, .members = {}};
  auto layers = std::vector<block>{};
  for (const auto* object : objects(from.value, path, right)) {
    auto copy = *object;
    if (language_ != dialect::json)
      mark_blocks(copy);
    // The body of a labelled block is an object, not a list of one.
    for (auto& each : copy.members)
      if (each.value.blocks && each.value.elements.size() == 1) {
        auto only = std::move(each.value.elements.front());
        each.value = std::move(only);
      }
    auto upper = block{};
    upper.settings.emplace(
      what.name, setting{.data = std::move(copy), .where = at(from.where)});
    layers.push_back(std::move(upper));
  }
  if (!right)
    return;
  auto layer = merged(std::move(layers));
  if (const auto* found = layer.any(what.name))
    all.members = found->members;
  to.settings.insert_or_assign(
    std::string{what.name},
    setting{.data = std::move(all), .where = at(from.where)});
}

} // namespace cts::config
