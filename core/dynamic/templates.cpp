#include "core/dynamic/templates.hpp"

#include "core/config/template_text.hpp"

#include <set>
#include <utility>

namespace cts::dynamic {

namespace {

/// Calls `visit` with each text below `x`.
template <class Value, class Visitor>
void for_each_text(Value& x, const Visitor& visit) {
  if (auto* text = std::get_if<std::string>(&x.data))
    visit(*text);
  if (auto* items = std::get_if<list>(&x.data))
    for (auto& each : *items)
      for_each_text(each, visit);
  if (auto* members = std::get_if<object>(&x.data))
    for (auto& each : *members)
      for_each_text(each.second, visit);
  if (auto* blocks = std::get_if<repeated_block>(&x.data))
    for (auto& body : blocks->bodies)
      for (auto& each : body)
        for_each_text(each.second, visit);
}

template <class Object, class Visitor>
void for_each_member(Object& x, const Visitor& visit) {
  for (auto& each : x)
    for_each_text(each.second, visit);
}

/// All texts of `settings` that say how to reach others.
template <class Settings, class Visitor>
void for_each_connection_text(Settings& settings, const Visitor& visit) {
  visit(settings.consul.token);
  visit(settings.consul.auth.password);
  for_each_member(settings.driver.backend.arguments, visit);
}

template <class Provider, class Visitor>
void for_each_provider_text(Provider& provider, const Visitor& visit) {
  for_each_member(provider.arguments, visit);
  for (auto& each : provider.task_env)
    visit(each.second);
}

class collector {
public:
  explicit collector(std::string key, std::string owner)
    : key_(std::move(key)), owner_(std::move(owner)) {}

  void operator()(const std::string& text) const {
    if (config::is_template(text))
      texts_.insert(text);
  }

  void move_to(std::vector<found_template>& out) {
    for (const auto& text : texts_)
      out.push_back({.text = text, .owner_key = key_, .owner = owner_});
  }

private:
  std::string key_;
  std::string owner_;
  mutable std::set<std::string> texts_{};
};

/// Puts the known value in place of a text.
class replacer {
public:
  explicit replacer(const values& known) : known_(known) {}

  void operator()(std::string& text) const {
    if (auto found = known_.find(text); found != known_.end())
      text = found->second;
  }

private:
  const values& known_;
};

} // namespace

std::vector<found_template> templates_of(const config::settings& x) {
  auto out = std::vector<found_template>{};
  for (const auto& provider : x.providers) {
    auto found = collector{"provider", provider.id()};
    for_each_provider_text(provider, found);
    found.move_to(out);
  }
  if (!x.dynamic_values)
    return out;
  for (const auto& task : x.tasks) {
    auto found = collector{"task_name", task.name};
    for_each_member(task.variables, found);
    found.move_to(out);
  }
  return out;
}

std::vector<found_template> connection_templates_of(const config::settings& x) {
  auto out = std::vector<found_template>{};
  if (!x.dynamic_values)
    return out;
  auto found = collector{"block", "consul or backend"};
  for_each_connection_text(x, found);
  found.move_to(out);
  return out;
}

config::settings connected(config::settings x, const values& known) {
  if (x.dynamic_values)
    for_each_connection_text(x, replacer{known});
  return x;
}

config::settings rendered(config::settings x, const values& known) {
  for (auto& provider : x.providers)
    for_each_provider_text(provider, replacer{known});
  return x;
}

config::task rendered(config::task x, const values& known) {
  for_each_member(x.variables, replacer{known});
  return x;
}

values remembering(values known, const values& former) {
  auto remembered = std::size_t{0};
  // The latest ones first: older ones are below their own name already.
  for (auto latest : {true, false})
    for (const auto& [text, meaning] : former)
      if (remembered < remembered_max && (text != meaning) == latest
          && known.emplace(meaning, meaning).second)
        ++remembered;
  return known;
}

} // namespace cts::dynamic
