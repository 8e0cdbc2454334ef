#pragma once

#include "core/config/load.hpp"
#include "core/config/show.hpp"
#include "core/hcl/evaluate.hpp"
#include "core/hcl/json.hpp"
#include "core/hcl/node.hpp"
#include "core/hcl/parser.hpp"
#include "core/hcl/print.hpp"

#include <string>

// What must hold whatever the bytes of a file are. The programs beside this
// file try it on bytes that libFuzzer makes up, a test on those of the corpus.
// Each check answers what is wrong, or nothing.

namespace cts::fuzz {

inline std::string check_hcl(const std::string& bytes) {
  auto file = hcl::parse(bytes);
  if (!file)
    return file.error().message.empty() || !file.error().where
             ? "HCL is refused without a reason or a place"
             : "";
  auto printed = hcl::print(*file);
  auto again = hcl::parse(printed);
  if (!again || hcl::print(*again) != printed)
    return "HCL is not read back as it was printed:\n" + printed;
  auto before = hcl::to_node(std::move(*file));
  auto after = hcl::to_node(std::move(*again));
  if (before.has_value() != after.has_value())
    return "printed HCL has values, or none, unlike the original";
  if (before && hcl::to_go_string(*before) != hcl::to_go_string(*after))
    return "printed HCL has other values than the original";
  return !before && before.error().message.empty()
           ? "values are refused without a reason"
           : "";
}

inline std::string check_json(const std::string& bytes) {
  auto file = hcl::parse_hcl_json(bytes);
  if (!file && file.error().message.empty())
    return "JSON in HCL is refused without a reason";
  auto root = hcl::parse_json(bytes);
  if (!root)
    return root.error().message.empty() ? "JSON is refused without a reason"
                                        : "";
  auto printed = hcl::print_json(*root);
  auto again = hcl::parse_json(printed);
  return again && hcl::print_json(*again) == printed
           ? ""
           : "JSON is not read back as it was printed:\n" + printed;
}

inline std::string check_variables(const std::string& bytes) {
  auto values = hcl::evaluate_file(bytes, "x.tfvars");
  return !values && values.error().message.empty()
           ? "variables are refused without a reason"
           : "";
}

/// The configuration of one file of that name, from the bytes to the settings.
inline std::string check_load(const std::string& name,
                              const std::string& bytes) {
  auto around = config::surroundings{.working_dir = "/srv"};
  around.read_file = [](const std::string& path) -> result<std::string> {
    if (path == "v.tfvars")
      return std::string{"a = [for x in [1, 2] : x]"};
    return fail(errc::not_found, "open ", path, ": no such file or directory");
  };
  auto outcome = config::show({{name, bytes}}, around);
  if (const auto* refused = std::get_if<config::failure>(&outcome)) {
    for (const auto& each : refused->errors)
      if (each.message.empty() || config::print(each).empty())
        return "a configuration is refused without a reason";
    return refused->errors.empty() ? "a configuration is refused silently" : "";
  }
  const auto& all = std::get<config::shown>(outcome);
  if (!hcl::parse(config::to_hcl(all)))
    return "an effective configuration is no HCL";
  return hcl::parse_json(config::to_json(all))
           ? ""
           : "an effective configuration is no JSON";
}

} // namespace cts::fuzz
