#include "core/ha/layout.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace cts::ha {

namespace {

constexpr auto cluster_name_max = std::size_t{64};
constexpr auto digest_digits = std::size_t{12};

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

/// Consul would take them for a way through folders.
bool is_dots(std::string_view name) {
  return name == "." || name == "..";
}

std::vector<std::string> split(std::string_view text) {
  auto out = std::vector<std::string>{1};
  for (char c : text)
    if (c == '/')
      out.emplace_back();
    else
      out.back() += c;
  return out;
}

std::string normalised(std::string_view path) {
  auto out = std::string{};
  for (const auto& part : split(path))
    if (!part.empty())
      out += part + "/";
  return out;
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  auto out = std::uint64_t{0};
  auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || read.ec != std::errc{}
      || read.ptr != text.data() + text.size() || text != std::to_string(out))
    return std::nullopt;
  return out;
}

std::optional<known_key> named(place what, std::string_view segment) {
  auto name = decode_name(segment);
  if (!name)
    return std::nullopt;
  return known_key{.place = what, .name = *std::move(name)};
}

/// `chunks/<kind>/<task>/<digest>/<number>`
std::optional<known_key> chunk(const std::vector<std::string>& parts) {
  if (parts.size() != 7 || (parts[3] != "tasks" && parts[3] != "events"))
    return std::nullopt;
  auto out = named(place::chunk, parts[4]);
  if (out)
    out->directory
      = "chunks/" + parts[3] + "/" + parts[4] + "/" + parts[5] + "/";
  return out;
}

std::optional<known_key> in_generation(const std::vector<std::string>& parts) {
  auto out = std::optional<known_key>{};
  if (parts.size() == 4 && parts[2] == "tasks")
    out = named(place::task, parts[3]);
  else if (parts.size() == 4 && parts[2] == "events")
    out = named(place::events, parts[3]);
  else if (parts.size() > 2 && parts[2] == "chunks")
    out = chunk(parts);
  auto number = number_of(parts[1]);
  if (!out || !number)
    return std::nullopt;
  out->generation = *number;
  return out;
}

int digit_of(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

} // namespace

bool is_cluster_name(std::string_view name) {
  return !name.empty() && name.size() <= cluster_name_max && !is_dots(name)
         && std::all_of(name.begin(), name.end(), is_plain);
}

std::string encode_name(std::string_view name) {
  constexpr auto digits = "0123456789ABCDEF";
  auto all = is_dots(name);
  auto out = std::string{};
  for (char c : name) {
    if (is_plain(c) && !all) {
      out += c;
      continue;
    }
    auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

std::optional<std::string> decode_name(std::string_view segment) {
  auto out = std::string{};
  for (auto i = std::size_t{0}; i < segment.size(); ++i) {
    if (segment[i] != '%') {
      out += segment[i];
      continue;
    }
    if (i + 2 >= segment.size())
      return std::nullopt;
    auto high = digit_of(segment[i + 1]);
    auto low = digit_of(segment[i + 2]);
    if (high < 0 || low < 0)
      return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (out.empty() || encode_name(out) != segment)
    return std::nullopt;
  return out;
}

result<layout> layout::make(std::string_view path) {
  auto out = layout{normalised(path)};
  if (out.base_.empty() || !is_cluster_name(out.cluster()))
    return fail(errc::configuration, "cluster name '",
                out.base_.empty() ? "" : out.cluster(),
                "' cannot name a folder in Consul KV; use 1 to ",
                cluster_name_max, " of A-Z, a-z, 0-9, '.', '_' and '-'");
  return out;
}

std::string layout::cluster() const {
  auto path = std::string_view{base_}.substr(0, base_.size() - 1);
  auto slash = path.rfind('/');
  return std::string{slash == std::string_view::npos ? path
                                                     : path.substr(slash + 1)};
}

std::string layout::instance(std::string_view id) const {
  return instances() + encode_name(id);
}

std::string layout::inflight(std::string_view task) const {
  return inflight() + encode_name(task);
}

std::string layout::generation(std::uint64_t number) const {
  return state() + std::to_string(number) + "/";
}

std::string layout::task(std::uint64_t generation,
                         std::string_view name) const {
  return this->generation(generation) + "tasks/" + encode_name(name);
}

std::string layout::events(std::uint64_t generation,
                           std::string_view task) const {
  return this->generation(generation) + "events/" + encode_name(task);
}

std::string layout::chunks(place kind, std::string_view task,
                           std::string_view sha256) {
  auto folder = kind == place::events ? "chunks/events/" : "chunks/tasks/";
  return folder + encode_name(task) + "/"
         + std::string{sha256.substr(0, digest_digits)} + "/";
}

std::optional<known_key> layout::parse(std::string_view key) const {
  if (!key.starts_with(base_))
    return std::nullopt;
  auto parts = split(key.substr(base_.size()));
  if (parts.size() == 1 && parts[0] == "leader")
    return known_key{.place = place::leader};
  if (parts.size() == 1 && parts[0] == "meta")
    return known_key{.place = place::meta};
  if (parts.size() == 2 && parts[0] == "instances")
    return named(place::instance, parts[1]);
  if (parts.size() == 2 && parts[0] == "inflight")
    return named(place::inflight, parts[1]);
  if (parts.size() > 2 && parts[0] == "state")
    return in_generation(parts);
  return std::nullopt;
}

std::optional<std::uint64_t> layout::generation_of(std::string_view key) const {
  auto prefix = state();
  if (!key.starts_with(prefix))
    return std::nullopt;
  key.remove_prefix(prefix.size());
  auto slash = key.find('/');
  return slash == std::string_view::npos ? std::nullopt
                                         : number_of(key.substr(0, slash));
}

} // namespace cts::ha
