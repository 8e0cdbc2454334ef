#include "core/config/finalize_parts.hpp"
#include "core/hcl/evaluate.hpp"

namespace cts::config {

namespace {

/// Adds the attributes of one file over those of earlier ones.
void read_file(object& to, const std::string& path, const place& where,
               const surroundings& around, report& reports) {
  if (!around.read_file)
    return;
  auto refuse = [&](const std::string& message) {
    reports.error(stage::finalize, {.message = message, .where = where});
  };
  auto bytes = around.read_file(path);
  if (!bytes)
    return refuse(bytes.error().message);
  auto values = hcl::evaluate_file(*bytes, path);
  if (!values)
    return refuse(values.error().message);
  for (auto& [name, x] : *values)
    to.insert_or_assign(name, std::move(x));
}

} // namespace

// The reference evaluates `variables` only when it creates the task.
object finalize_variables(const block& from, const surroundings& around,
                          report& to) {
  auto values = object{};
  for (const auto& [name, text] : from.text_map("variables")) {
    auto x = hcl::evaluate_expression(text, "");
    if (x)
      values.insert_or_assign(name, std::move(*x));
    else
      to.error(stage::validate,
               {.message = "error initializing task "
                           + from.text("name").value_or("") + ": "
                           + x.error().message,
                .where = from.place_of("variables"),
                .hint = "each variable is an expression; text needs quotes of "
                        "its own: \"\\\"text\\\"\""});
  }
  for (const auto& path : from.texts("variable_files"))
    read_file(values, path, from.place_of("variable_files"), around, to);
  return values;
}

} // namespace cts::config
