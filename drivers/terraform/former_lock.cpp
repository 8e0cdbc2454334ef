#include "drivers/terraform/former_lock.hpp"

#include "core/consul/kv.hpp"

#include <simdjson.h>

#include <chrono>
#include <string_view>

namespace cts::terraform {

namespace {

using simdjson::dom::element;

std::string text_of(const element& entry, std::string_view key) {
  auto text = std::string_view{};
  if (entry[key].get(text) != simdjson::SUCCESS)
    return {};
  return std::string{text};
}

std::uint64_t number_of(const element& entry, std::string_view key) {
  auto number = std::uint64_t{0};
  if (entry[key].get(number) != simdjson::SUCCESS)
    return 0;
  return number;
}

consul::request request_for(const std::string& path, const std::string& ns) {
  auto out = consul::request{.path = "/v1/kv/" + path};
  if (!ns.empty())
    out.query.emplace("ns", ns);
  return out;
}

consul::request read_consistently(const std::string& path,
                                  const std::string& ns) {
  auto out = request_for(path, ns);
  out.query.emplace("consistent", "");
  return out;
}

} // namespace

std::optional<kv_entry> parse_kv_entry(const std::string& body) {
  auto parser = simdjson::dom::parser{};
  auto entry = element{};
  if (parser.parse(body).at(0).get(entry) != simdjson::SUCCESS)
    return std::nullopt;
  // An empty value is null.
  auto value = consul::decode_base64(text_of(entry, "Value"));
  if (!value)
    return std::nullopt;
  return kv_entry{.value = *std::move(value),
                  .session = text_of(entry, "Session"),
                  .flags = number_of(entry, "Flags"),
                  .modify_index = number_of(entry, "ModifyIndex")};
}

bool is_described(const kv_entry& lock, const lock_info& info) {
  return !lock.session.empty() && lock.flags == lock_flags
         && lock.session == info.id;
}

bool is_lock_of(const kv_entry& lock, const lock_info& info,
                const former_run& run) {
  using namespace std::chrono;
  // The description has whole seconds after reading.
  auto begun = floor<seconds>(run.started_at.time_since_epoch()).count();
  return is_described(lock, info) && !run.who.empty() && info.who == run.who
         && info.created >= begun;
}

consul::request read_lock(const std::string& key, const std::string& ns) {
  return read_consistently(key + "/.lock", ns);
}

consul::request read_lock_description(const std::string& key,
                                      const std::string& ns) {
  return read_consistently(key + "/.lockinfo", ns);
}

consul::request release_former_lock(const std::string& key,
                                    const std::string& ns,
                                    const kv_entry& lock) {
  auto out = release_lock(key, ns, lock.session);
  out.body = lock.value;
  return out;
}

consul::request forget_lock_description(const std::string& key,
                                        const std::string& ns,
                                        const kv_entry& description) {
  auto out = request_for(key + "/.lockinfo", ns);
  out.method = "DELETE";
  out.query.emplace("cas", std::to_string(description.modify_index));
  return out;
}

} // namespace cts::terraform
