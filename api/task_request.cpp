#include "api/task_request.hpp"

#include "api/schema.hpp"
#include "core/config/coerce.hpp"
#include "core/config/task_object.hpp"
#include "core/go_duration.hpp"
#include "core/go_text.hpp"
#include "core/hcl/json.hpp"
#include "core/hcl/json_check.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace cts::api {

namespace {

namespace json = boost::json;

refused invalid_body(const std::string& reason) {
  return {.status = 400,
          .body = refusal_body::validator,
          .message = "request body has an error: " + reason};
}

refused refusal(int status, std::string message) {
  return {.status = status,
          .body = refusal_body::envelope,
          .message = std::move(message)};
}

std::string content_type(const api_request& from) {
  for (const auto& [name, content] : from.fields)
    if (name == "content-type")
      return content;
  return {};
}

/// Without parameters and white space, in lower case.
std::string media_type(std::string text) {
  text = text.substr(0, text.find(';'));
  std::erase_if(text, [](char c) { return c == ' ' || c == '\t'; });
  for (auto& c : text)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c | 0x20);
  return text;
}

/// The first JSON value of the body; what follows it is ignored.
std::variant<json::value, refused> parse(const std::string& body) {
  auto parser = json::stream_parser{};
  auto failure = json::error_code{};
  parser.write_some(body, failure);
  if (!failure && !parser.done())
    parser.finish(failure);
  if (!failure)
    return parser.release();
  constexpr auto prefix = "failed to decode request body: ";
  if (failure == json::error::incomplete)
    return invalid_body(std::string{prefix} + "unexpected EOF");
  auto checked = hcl::check_json(body);
  return invalid_body(
    prefix + (checked ? failure.message() : checked.error().message));
}

const json::object* member_object(const json::object& from, const char* name) {
  const auto* found = from.if_contains(name);
  return found == nullptr ? nullptr : found->if_object();
}

std::optional<refused> problem_of_times(const json::object& task) {
  const auto* buffer = member_object(task, "buffer_period");
  if (buffer == nullptr)
    return std::nullopt;
  for (const auto* name : {"min", "max"})
    if (const auto* text = buffer->if_contains(name))
      if (auto time = go_duration::parse(json::value_to<std::string>(*text));
          !time)
        return refusal(400, "error with task configuration: "
                              + time.error().message);
  return std::nullopt;
}

// The reference lets one of them win and drops the others silently.
std::optional<refused> problem_of_condition(const json::object& task) {
  const auto* condition = member_object(task, "condition");
  if (condition == nullptr || condition->size() < 2)
    return std::nullopt;
  return refusal(400, "error with task configuration: a task has one "
                      "condition, and this one has several; keep one of them");
}

/// The configuration accepts both with a warning; here nobody would see it.
std::optional<std::string> problem_of_input(const json::object& task) {
  const auto* input = member_object(task, "module_input");
  const auto* services
    = input == nullptr ? nullptr : member_object(*input, "services");
  if (services == nullptr)
    return std::nullopt;
  const auto* names = services->if_contains("names");
  const auto named = names != nullptr && !names->get_array().empty();
  const auto matched = services->contains("regexp");
  const auto prefix
    = std::string{"error validating `module_input \"services\"`: "};
  if (named && matched)
    return prefix
           + "regexp and names fields cannot both be unconfigured. If both "
             "are needed, consider including the list of names as part of "
             "the regex or creating separate tasks";
  if (!named && !matched)
    return prefix + "either the regexp or names field must be configured";
  return std::nullopt;
}

bool same_but_for_case(const std::string& text, std::string_view lower) {
  return text.size() == lower.size()
         && std::equal(text.begin(), text.end(), lower.begin(),
                       [](char a, char b) {
                         return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == b;
                       });
}

std::variant<bool, refused> boolean_of(const hcl::node& from) {
  using kind = hcl::node::kind;
  constexpr auto prefix = "1 error(s) decoding:\n\n* ";
  switch (from.what) {
    case kind::boolean: return from.text == "true";
    case kind::integer:
    case kind::floating: return from.text != "0";
    case kind::string:
      if (from.text.empty())
        return false;
      if (auto parsed = config::boolean_of(from.text))
        return *parsed;
      return refusal(400, prefix
                            + std::string{"cannot parse 'enabled' as bool: "
                                          "strconv.ParseBool: parsing "}
                            + go_quote(from.text) + ": invalid syntax");
    default:
      return refusal(400, prefix
                            + std::string{"'enabled' expected type 'bool', "
                                          "got unconvertible type '"}
                            + hcl::go_type(from) + "', value: '"
                            + hcl::to_go_string(from) + "'");
  }
}

} // namespace

std::variant<task_request, refused> read_task_request(const api_request& from) {
  if (from.body.empty())
    return invalid_body("value is required but missing");
  const auto type = content_type(from);
  if (media_type(type) != "application/json")
    return invalid_body("header Content-Type has unexpected value "
                        + go_quote(type));
  auto parsed = parse(from.body);
  if (auto* wrong = std::get_if<refused>(&parsed))
    return std::move(*wrong);
  auto& body = std::get<json::value>(parsed);
  auto read = task_request{};
  if (body.is_object())
    if (const auto* task = member_object(body.get_object(), "task"))
      for (const auto& member : *task)
        read.sent.emplace(member.key());
  if (auto wrong = problem_of_task_request(body))
    return invalid_body(
      "doesn't match schema #/components/schemas/TaskRequest: " + *wrong);
  const auto& task = body.at("task").get_object();
  read.name = json::value_to<std::string>(task.at("name"));
  read.object = json::serialize(task);
  return read;
}

std::variant<wanted_task, refused>
task_of(const task_request& from, const config::settings& known, task_run run) {
  const auto status = run == task_run::inspect ? 400 : 500;
  auto failure = json::error_code{};
  const auto parsed = json::parse(from.object, failure);
  if (failure)
    return refusal(400, failure.message());
  const auto& task = parsed.get_object();
  if (auto wrong = problem_of_condition(task))
    return *std::move(wrong);
  if (auto wrong = problem_of_times(task))
    return *std::move(wrong);
  auto loaded = config::load_task(from.object, known);
  if (!loaded)
    return refusal(status, loaded.error().message);
  if (auto wrong = problem_of_input(task))
    return refusal(status, *std::move(wrong));
  auto wanted
    = wanted_task{.configuration = std::make_shared<const config::task>(
                    std::move(loaded->value))};
  for (const auto& warning : loaded->warnings)
    wanted.warnings.push_back(warning.message);
  return wanted;
}

std::variant<bool, refused> read_enabled(const std::string& body) {
  auto parsed = hcl::parse_json(body);
  if (!parsed)
    return refusal(400, parsed.error().message);
  const hcl::node* enabled = nullptr;
  auto others = std::vector<std::string>{};
  for (const auto& member : parsed->members)
    if (same_but_for_case(member.name, "enabled"))
      enabled = &member.value;
    else
      others.push_back(member.name);
  std::sort(others.begin(), others.end());
  auto text = std::string{};
  for (const auto& name : others)
    text += (text.empty() ? "" : ", ") + name;
  if (!others.empty())
    return refusal(400,
                   "request body's JSON contains unsupported keys: " + text);
  if (enabled == nullptr || enabled->what == hcl::node::kind::null)
    return refusal(400, "/v1/tasks/:task_name currently only supports the "
                        "'enabled' field. Missing 'enabled' from the request "
                        "body");
  return boolean_of(*enabled);
}

} // namespace cts::api
