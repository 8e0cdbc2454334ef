#include "drivers/terraform/state_file.hpp"

#include <simdjson.h>

#include <ctime>

namespace cts::terraform {

state_header parse_state_header(const std::string& text) {
  auto parser = simdjson::dom::parser{};
  auto root = simdjson::dom::element{};
  auto out = state_header{};
  if (parser.parse(text).get(root) != simdjson::SUCCESS)
    return out;
  auto lineage = std::string_view{};
  if (root["lineage"].get(lineage) == simdjson::SUCCESS)
    out.lineage = lineage;
  if (root["serial"].get(out.serial) != simdjson::SUCCESS)
    out.serial = 0;
  auto resources = simdjson::dom::array{};
  if (root["resources"].get(resources) == simdjson::SUCCESS)
    out.has_resources = resources.size() > 0;
  return out;
}

bool continues(const state_header& errored, const state_header& stored) {
  if (!stored.has_resources)
    return true;
  return errored.lineage == stored.lineage && errored.serial > stored.serial;
}

std::string archive_name(wall_time now) {
  auto seconds = std::chrono::system_clock::to_time_t(now);
  auto parts = std::tm{};
  ::gmtime_r(&seconds, &parts);
  char text[sizeof "20260102T030405Z"];
  std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
  return std::string{"errored.tfstate."} + text + ".pushed";
}

} // namespace cts::terraform
