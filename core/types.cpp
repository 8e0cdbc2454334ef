#include "core/types.hpp"

#include <cstdio>

namespace cts {

namespace {

const char* prefix_of(dependency::kind what) {
  switch (what) {
    case dependency::kind::service: return "health.service";
    case dependency::kind::catalog_services:
      return "catalog.services.registration";
    case dependency::kind::kv_key: return "kv.exists.get";
    case dependency::kind::kv_prefix: return "kv.list";
  }
  return "unknown";
}

} // namespace

std::string make_uuid(std::uint64_t high, std::uint64_t low) {
  // Version 4 and the RFC 4122 variant, in the places where they belong.
  high = (high & ~0xF000ULL) | 0x4000ULL;
  low = (low & ~(0xC000ULL << 48U)) | (0x8000ULL << 48U);
  char text[37];
  std::snprintf(text, sizeof text, "%08x-%04x-%04x-%04x-%012llx",
                static_cast<unsigned>(high >> 32U),
                static_cast<unsigned>(high >> 16U) & 0xFFFFU,
                static_cast<unsigned>(high) & 0xFFFFU,
                static_cast<unsigned>(low >> 48U),
                static_cast<unsigned long long>(low & 0xFFFFFFFFFFFFULL));
  return text;
}

std::string to_string(const dependency& x) {
  auto query = std::string{};
  auto add = [&query](const char* name, const std::string& value) {
    if (!value.empty())
      query += (query.empty() ? "?" : "&") + std::string{name} + "=" + value;
  };
  add("dc", x.datacenter);
  add("filter", x.filter);
  for (const auto& [key, value] : x.node_meta)
    add("node-meta", key + ":" + value);
  add("ns", x.ns);
  return std::string{prefix_of(x.what)} + "(" + x.name + query + ")";
}

} // namespace cts
