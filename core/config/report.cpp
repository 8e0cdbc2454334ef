#include "core/config/report.hpp"

#include "core/config/redact.hpp"

#include <utility>

namespace cts::config {

const char* to_string(stage x) {
  switch (x) {
    case stage::build: return "building";
    case stage::finalize: return "finalizing";
    case stage::validate: return "validating";
    case stage::logging: return "setting up logging";
  }
  return "";
}

void report::add(std::vector<diagnostic>& to, diagnostic x,
                 const remark& from) {
  if (to.size() >= kept_max)
    return;
  x.message = without_logins(from.message);
  x.hint = from.hint;
  x.component = from.component;
  if (from.where && from.where->at.line > 0) {
    x.range = excerpts_.range_of(*from.where);
    x.excerpt = from.secret ? "" : excerpts_.at(*from.where);
  }
  to.push_back(std::move(x));
}

void report::error(stage found, remark x) {
  add(errors_, {.level = diagnostic::severity::error, .where_found = found}, x);
}

void report::warn(stage found, remark x) {
  add(warnings_, {.level = diagnostic::severity::warning, .where_found = found},
      x);
}

std::string report::first_one(const place& where) const {
  auto range = excerpts_.range_of(where);
  return "the first one is in " + range.file + ":" + std::to_string(range.line);
}

std::string print(const diagnostic& x) {
  auto text = x.message;
  if (x.range)
    text += "\n" + x.range->file + ":" + std::to_string(x.range->line) + ":"
            + std::to_string(x.range->column);
  if (!x.excerpt.empty())
    text += "\n" + x.excerpt;
  if (!x.hint.empty())
    text += "\nhint: " + x.hint;
  return text;
}

} // namespace cts::config
