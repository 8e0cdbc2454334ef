#include "drivers/terraform/output.hpp"

#include <simdjson.h>

namespace cts::terraform {

namespace {

namespace dom = simdjson::dom;

std::string text_at(const dom::element& x, std::string_view pointer) {
  auto text = std::string_view{};
  if (x.at_pointer(pointer).get(text) != simdjson::SUCCESS)
    return {};
  return std::string{text};
}

std::string number_at(const dom::element& x, std::string_view pointer) {
  auto number = std::int64_t{0};
  if (x.at_pointer(pointer).get(number) != simdjson::SUCCESS)
    return {};
  return std::to_string(number);
}

bool has_object(const dom::element& x, std::string_view key) {
  auto found = dom::object{};
  return x[key].get(found) == simdjson::SUCCESS;
}

/// The friendly text for a variable that the module does not declare; empty
/// for any other diagnostic.
std::string missing_variable(const std::string& detail,
                             const std::string& task) {
  for (auto name : {"services", "catalog_services", "consul_kv"}) {
    auto variable = std::string{name};
    if (detail
        != "An argument named \"" + variable + "\" is not expected here.")
      continue;
    auto text = "module for task \"" + task + "\" is missing the \"" + variable
                + "\" variable";
    if (variable != "services")
      text += ", add to module or set \"use_as_module_input\" to false";
    return text;
  }
  return {};
}

std::string location(const dom::element& x) {
  auto context = text_at(x, "/snippet/context");
  return "\non " + text_at(x, "/range/filename") + " line "
         + number_at(x, "/range/start/line")
         + (context.empty() ? "" : ", in " + context) + "\n"
         + number_at(x, "/snippet/start_line") + ":"
         + text_at(x, "/snippet/code") + "\n\n";
}

std::string diagnostic_text(const dom::element& x, const std::string& task) {
  auto detail = text_at(x, "/detail");
  auto friendly = missing_variable(detail, task);
  if (!friendly.empty() && has_object(x, "range"))
    return friendly + " (on " + text_at(x, "/range/filename") + " line "
           + number_at(x, "/range/start/line") + ")";
  if (!friendly.empty())
    return friendly;
  auto text = text_at(x, "/severity") + ": " + text_at(x, "/summary") + "\n";
  if (has_object(x, "range") && has_object(x, "snippet"))
    text += location(x);
  return text + detail;
}

} // namespace

std::optional<validation> parse_validation(const std::string& output,
                                           const std::string& task) {
  auto parser = dom::parser{};
  auto root = dom::element{};
  auto out = validation{};
  if (parser.parse(output).get(root) != simdjson::SUCCESS
      || root["valid"].get(out.valid) != simdjson::SUCCESS)
    return std::nullopt;
  auto diagnostics = dom::array{};
  if (root["diagnostics"].get(diagnostics) != simdjson::SUCCESS)
    return out;
  for (auto x : diagnostics)
    out.text += "\n" + diagnostic_text(x, task) + "\n";
  return out;
}

result<version> parse_version_output(const std::string& output) {
  auto parser = dom::parser{};
  auto root = dom::element{};
  if (parser.parse(output).get(root) == simdjson::SUCCESS)
    return parse_version(text_at(root, "/terraform_version"));
  constexpr auto mark = std::string_view{"Terraform v"};
  auto at = output.find(mark);
  if (at == std::string::npos)
    return fail(errc::malformed, "no version in the output of Terraform: ",
                output.substr(0, 200));
  auto text = std::string_view{output}.substr(at + mark.size());
  return parse_version(text.substr(0, text.find_first_of(" \r\n")));
}

} // namespace cts::terraform
