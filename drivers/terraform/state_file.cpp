#include "drivers/terraform/state_file.hpp"

#include "actors/contract.hpp"

#include <simdjson.h>

#include <ctime>

namespace cts::terraform {

namespace {

bool continues(const state_header& errored, const state_header& stored) {
  if (stored.resources.empty())
    return true;
  return errored.lineage == stored.lineage && errored.serial > stored.serial;
}

error unreadable(const std::string& stored) {
  constexpr auto sentence
    = "cannot be compared with the stored state, which cannot be read";
  if (stored.size() < process_output_max)
    return fail(errc::malformed, sentence);
  return fail(errc::limit, sentence, " because it has more than ",
              process_output_max / 1024 / 1024,
              " MiB (if `terraform state pull` shows the same lineage and a "
              "lower serial, run `terraform state push errored.tfstate` and "
              "then remove the file)");
}

} // namespace

result<state_header> parse_state_header(const std::string& text) {
  auto parser = simdjson::dom::parser{};
  auto root = simdjson::dom::object{};
  auto out = state_header{};
  if (text.find_first_not_of(" \t\r\n") == std::string::npos)
    return out;
  if (parser.parse(text).get(root) != simdjson::SUCCESS
      || root["serial"].get(out.serial) != simdjson::SUCCESS)
    return fail(errc::malformed, "is not a state");
  auto lineage = std::string_view{};
  if (root["lineage"].get(lineage) == simdjson::SUCCESS)
    out.lineage = lineage;
  auto resources = simdjson::dom::array{};
  if (root["resources"].get(resources) == simdjson::SUCCESS
      && resources.size() > 0)
    out.resources = simdjson::minify(resources);
  return out;
}

result<errored_state> judge_errored_state(const std::string& errored,
                                          const std::string& stored) {
  auto left = parse_state_header(errored);
  if (!left)
    return left.error();
  auto present = parse_state_header(stored);
  if (!present)
    return unreadable(stored);
  if (*left == *present)
    return errored_state::archive;
  if (continues(*left, *present))
    return errored_state::push;
  return fail(errc::conflict, "does not match the stored state");
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
