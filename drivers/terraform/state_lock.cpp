#include "drivers/terraform/state_lock.hpp"

#include <simdjson.h>

#include <algorithm>
#include <ctime>

namespace cts::terraform {

namespace {

std::string text_of(const simdjson::dom::element& x, std::string_view key) {
  auto text = std::string_view{};
  if (x[key].get(text) != simdjson::SUCCESS)
    return {};
  return std::string{text};
}

/// RFC 3339 in UTC, as Terraform writes it; fractions do not matter.
std::optional<std::int64_t> parse_time(const std::string& text) {
  auto parts = std::tm{};
  const auto* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr || !text.ends_with('Z'))
    return std::nullopt;
  return ::timegm(&parts);
}

bool needs_no_encoding(std::string_view path) {
  return std::ranges::all_of(path, [](char c) {
    auto letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9')
           || std::string_view{"-._~/:"}.find(c) != std::string_view::npos;
  });
}

std::string text_argument(const object& arguments, const std::string& name) {
  auto found = arguments.find(name);
  if (found == arguments.end())
    return {};
  const auto* text = std::get_if<std::string>(&found->second.data);
  return text ? *text : std::string{};
}

consul::request request_for(std::string path, const std::string& ns) {
  auto out = consul::request{.path = std::move(path)};
  if (!ns.empty())
    out.query.emplace("ns", ns);
  return out;
}

} // namespace

std::optional<lock_info> parse_lock_info(const std::string& text) {
  auto parser = simdjson::dom::parser{};
  auto root = simdjson::dom::element{};
  if (parser.parse(text).get(root) != simdjson::SUCCESS)
    return std::nullopt;
  auto created = parse_time(text_of(root, "Created"));
  auto out = lock_info{.id = text_of(root, "ID"), .who = text_of(root, "Who")};
  if (!created || out.id.empty())
    return std::nullopt;
  out.created = *created;
  return out;
}

bool is_left_behind(const lock_info& lock, const run_records& records) {
  auto host = lock.who.substr(lock.who.find('@') + 1);
  for (auto i = std::size_t{0}; i + 1 < records.size(); ++i) {
    const auto& run = records[i];
    auto last = run.ended.value_or(records[i + 1].started);
    auto killed = run.killed || !run.ended;
    // Records have whole seconds, and so has the lock after reading.
    if (killed && run.host == host && lock.created >= run.started
        && lock.created <= last)
      return true;
  }
  return false;
}

std::optional<std::string> lock_key_of(const config::settings& settings,
                                       const std::string& task) {
  const auto& backend = settings.driver.backend;
  auto address = text_argument(backend.arguments, "address");
  auto path = text_argument(backend.arguments, "path");
  auto elsewhere = !text_argument(backend.arguments, "datacenter").empty();
  if (backend.type != "consul" || address != settings.consul.address
      || elsewhere || !needs_no_encoding(path + task))
    return std::nullopt;
  // The default workspace has no suffix.
  return task == "default" ? path : path + "-env:" + task;
}

consul::request release_lock(const std::string& key, const std::string& ns,
                             const std::string& session) {
  auto out = request_for("/v1/kv/" + key + "/.lock", ns);
  out.method = "PUT";
  out.query.emplace("release", session);
  out.query.emplace("flags", std::to_string(lock_flags));
  return out;
}

} // namespace cts::terraform
