#include "drivers/terraform/run_record.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace cts::terraform {

namespace {

namespace json = boost::json;

json::object to_json(const run_record& x) {
  auto out = json::object{
    {"process_id", x.process_id}, {"process_start", x.process_start},
    {"boot_id", x.boot_id},       {"host", x.host},
    {"command", x.command},       {"started", x.started},
    {"killed", x.killed}};
  if (!x.job.empty())
    out["job"] = x.job;
  if (x.ended)
    out["ended"] = *x.ended;
  return out;
}

run_record from_json(const json::object& x) {
  auto out = run_record{
    .process_id = x.at("process_id").to_number<std::int64_t>(),
    .process_start = x.at("process_start").to_number<std::uint64_t>(),
    .boot_id = json::value_to<std::string>(x.at("boot_id")),
    .host = json::value_to<std::string>(x.at("host")),
    .command = json::value_to<std::string>(x.at("command")),
    .started = x.at("started").to_number<std::int64_t>(),
    .killed = x.at("killed").as_bool(),
  };
  if (const auto* job = x.if_contains("job"))
    out.job = json::value_to<std::string>(*job);
  if (const auto* ended = x.if_contains("ended"))
    out.ended = ended->to_number<std::int64_t>();
  return out;
}

} // namespace

std::string encode_run_records(const run_records& records) {
  auto first = records.size() > run_records_max
                 ? records.size() - run_records_max
                 : std::size_t{0};
  auto runs = json::array{};
  for (auto i = first; i < records.size(); ++i)
    runs.push_back(to_json(records[i]));
  return json::serialize(json::object{{"runs", std::move(runs)}}) + '\n';
}

run_records decode_run_records(const std::string& text) {
  try {
    auto out = run_records{};
    const auto root = json::parse(text);
    for (const auto& x : root.as_object().at("runs").as_array())
      out.push_back(from_json(x.as_object()));
    return out;
  } catch (const std::exception&) {
    // Somebody else's file: there is nothing to learn from it.
    return {};
  }
}

} // namespace cts::terraform
