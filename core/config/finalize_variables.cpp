#include "core/config/finalize_parts.hpp"

namespace cts::config {

namespace {

/// Adds the attributes of one file over those of earlier ones.
result<void> read_file(object& to, const std::string& path,
                       variable_source& with) {
  if (!with.around.read_file)
    return {};
  auto bytes = with.around.read_file(path);
  if (!bytes)
    return bytes.error();
  auto values = hcl::evaluate_file(*bytes, path, with.loops);
  if (!values)
    return values.error();
  for (auto& [name, x] : *values)
    to.insert_or_assign(name, std::move(x));
  return {};
}

} // namespace

// The reference evaluates `variables` only when it creates the task.
object finalize_variables(const block& from, variable_source& with,
                          report& to) {
  auto values = object{};
  for (const auto& [name, text] : from.text_map("variables")) {
    auto x = hcl::evaluate_expression(text, "", with.loops);
    if (x)
      values.insert_or_assign(name, std::move(*x));
    else
      to.error(stage::validate,
               {.message = "error initializing task "
                           + from.text("name").value_or("") + ": "
                           + x.error().message,
                .where = from.place_of("variables"),
                .hint = "variable \"" + name
                        + "\": each is an expression; text needs quotes of "
                          "its own: \"\\\"text\\\"\""});
  }
  for (const auto& path : from.texts("variable_files"))
    if (auto read = read_file(values, path, with); !read)
      to.error(stage::finalize, {.message = read.error().message,
                                 .where = from.place_of("variable_files")});
  return values;
}

} // namespace cts::config
