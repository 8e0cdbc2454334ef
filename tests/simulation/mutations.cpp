#include "tests/simulation/mutations.hpp"

#include "core/consul/kv.hpp"
#include "tests/simulation/record_text.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace cts::simulation {

namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

using kv_edit = std::function<void(json::object& kv)>;
using operations_edit = std::function<void(json::array& operations)>;

void replace(std::string& in, const std::string& what,
             const std::string& with) {
  for (auto at = in.find(what); at != std::string::npos;
       at = in.find(what, at + with.size()))
    in.replace(at, what.size(), with);
}

std::string key_of(const json::object& kv) {
  return text_in(kv, "Key");
}

/// Changes the transactions on their way to Consul.
tampering with_operations(operations_edit edit) {
  return [edit = std::move(edit)](outside& x, const std::string&) {
    x.exchange = [next = x.exchange, edit](http_request request,
                                           answer_to<http_reply> tell) {
      auto parsed = request.url.ends_with("/v1/txn") ? read_record(request.body)
                                                     : json::value{};
      if (auto* operations = parsed.if_array()) {
        edit(*operations);
        request.body = json::serialize(parsed);
      }
      next(std::move(request), std::move(tell));
    };
  };
}

tampering with_each_operation(kv_edit edit) {
  return with_operations([edit = std::move(edit)](json::array& operations) {
    for (auto& each : operations)
      edit(each.as_object().at("KV").as_object());
  });
}

tampering without_operations(const std::string& key_part) {
  return with_operations([key_part](json::array& operations) {
    auto gone = [&](const json::value& x) {
      return key_of(x.as_object().at("KV").as_object()).find(key_part)
             != std::string::npos;
    };
    operations.erase(std::remove_if(operations.begin(), operations.end(), gone),
                     operations.end());
  });
}

void edit_value(json::object& kv,
                const std::function<void(std::string&)>& edit) {
  auto text = consul::decode_base64(text_in(kv, "Value"));
  if (!text || text->empty())
    return;
  edit(*text);
  kv["Value"] = consul::encode_base64(*text);
}

/// Changes the lists of entries that an instance reads.
void hide_entries(outside& x, const std::string& url_part,
                  const std::string& key_part) {
  x.exchange = [next = x.exchange, url_part,
                key_part](http_request request, answer_to<http_reply> tell) {
    if (request.url.find(url_part) == std::string::npos)
      return next(std::move(request), std::move(tell));
    next(std::move(request), [tell, key_part](const result<http_reply>& reply) {
      if (!reply)
        return tell(reply);
      auto body = read_record(reply->body);
      auto* entries = body.if_array();
      if (entries == nullptr && body.is_object())
        entries = body.get_object()["Results"].if_array();
      if (entries == nullptr)
        return tell(reply);
      auto hidden = [&](const json::value& each) {
        const auto& kv = member_of(each, "KV");
        return text_in(kv.is_object() ? kv : each, "Key").find(key_part)
               != std::string::npos;
      };
      entries->erase(std::remove_if(entries->begin(), entries->end(), hidden),
                     entries->end());
      auto changed = *reply;
      changed.body = json::serialize(body);
      tell(changed);
    });
  };
}

/// Services whose ids end like this are not seen.
void hide_instances(outside& x, const std::string& id_end) {
  x.exchange = [next = x.exchange, id_end](http_request request,
                                           answer_to<http_reply> tell) {
    if (request.url.find("/v1/health/service/") == std::string::npos)
      return next(std::move(request), std::move(tell));
    next(std::move(request), [tell, id_end](const result<http_reply>& reply) {
      auto body = reply ? read_record(reply->body) : json::value{};
      auto* entries = body.if_array();
      if (entries == nullptr)
        return tell(reply);
      auto hidden = [&](const json::value& each) {
        return text_in(member_of(each, "Service"), "ID").ends_with(id_end);
      };
      entries->erase(std::remove_if(entries->begin(), entries->end(), hidden),
                     entries->end());
      auto changed = *reply;
      changed.body = json::serialize(body);
      tell(changed);
    });
  };
}

void lengthen_lease(outside& x, nanoseconds by) {
  x.lease = [next = x.lease, by](std::optional<nanoseconds> deadline) {
    next(deadline ? std::optional{*deadline + by} : std::nullopt);
  };
}

// -- what happens meanwhile ---------------------------------------------------

incidents changes(nanoseconds until) {
  auto out = incidents{};
  auto number = std::uint64_t{0};
  for (auto at = nanoseconds{10s}; at < until; at += 2s)
    out.push_back(on(fault::register_instance, at, 0, number++));
  return out;
}

incidents failovers() {
  return all_of({changes(30s),
                 {on(fault::destroy_sessions, 14s, 0),
                  on(fault::destroy_sessions, 24s, 0)}});
}

/// Leaders freeze and are cut off while runs go on, again and again.
incidents hard_times() {
  return all_of({changes(120s), everywhere(fault::pause, 14s, 5s),
                 everywhere(fault::resume, 50s, 5s),
                 everywhere(fault::cut_agent, 70s),
                 everywhere(fault::heal_agent, 110s)});
}

/// A run that does not end is left behind by a leader that is cut off.
incidents left_behind() {
  return all_of({{on(fault::hang_module, 4s, 0, 3),
                  on(fault::register_instance, 10s, 0, 0)},
                 everywhere(fault::cut_agent, 14s, 40s),
                 everywhere(fault::heal_agent, 48s, 40s)});
}

/// Workers die while a run goes on that does not end.
incidents killed_in_turn() {
  return all_of({{on(fault::hang_module, 4s, 0, 3),
                  on(fault::register_instance, 10s, 0, 0)},
                 everywhere(fault::kill, 16s, 30s),
                 everywhere(fault::boot, 18s, 30s)});
}

// -- the lock -----------------------------------------------------------------

std::vector<mutation> of_the_lock() {
  auto takes_any_lock = with_each_operation([](json::object& kv) {
    auto is_lock
      = text_in(kv, "Verb") == "lock" && key_of(kv).ends_with("leader");
    auto is_meta = text_in(kv, "Verb") == "cas" && key_of(kv).ends_with("meta");
    if (is_lock || is_meta)
      kv["Verb"] = "set";
  });
  auto keeps_epoch = with_each_operation([](json::object& kv) {
    if (text_in(kv, "Verb") == "cas" && key_of(kv).ends_with("/meta"))
      edit_value(kv, [](std::string& text) {
        auto at = text.find("\"epoch\":");
        if (at != std::string::npos)
          text.replace(at, text.find_first_of(",}", at) - at, "\"epoch\":1");
      });
  });
  auto proves_nothing = with_each_operation([](json::object& kv) {
    if (text_in(kv, "Verb") == "check-session")
      kv["Verb"] = "get";
  });
  return {
    {"WithoutExclusion", "I1", {.incidents = {}, .tamper = takes_any_lock}},
    {"WithoutSessionCheck",
     "I5",
     {.incidents = hard_times(), .tamper = proves_nothing}},
    {"WithoutANewEpoch",
     "I6",
     {.incidents = failovers(), .tamper = keeps_epoch}},
  };
}

std::vector<mutation> of_candidates() {
  auto delays_lock = [](outside& x, const std::string&) {
    x.exchange = [next = x.exchange](http_request request,
                                     answer_to<http_reply> tell) {
      if (request.url.find("/session/create") != std::string::npos)
        replace(request.body, "\"LockDelay\":\"0s\"", "\"LockDelay\":\"15s\"");
      next(std::move(request), std::move(tell));
    };
  };
  auto left = std::make_shared<int>(1);
  auto gives_up = [left](outside& x, const std::string&) {
    x.exchange = [next = x.exchange, left](http_request request,
                                           answer_to<http_reply> tell) {
      auto takes = request.body.find("get-tree") != std::string::npos;
      if (!takes || --*left >= 0)
        return next(std::move(request), std::move(tell));
      tell(http_reply{.status = 500, .body = "No cluster leader"});
    };
  };
  return {
    {"WithOneCandidacyOnly",
     "I13",
     {.incidents = failovers(), .tamper = gives_up}},
    {"WithALockDelay",
     "I19",
     {.incidents = failovers(), .tamper = delays_lock}},
  };
}

// -- runs ---------------------------------------------------------------------

std::vector<mutation> of_leases() {
  auto sees_no_runs = [](outside& x, const std::string& machine) {
    with_each_operation([](json::object& kv) {
      if (text_in(kv, "Verb") == "cas"
          && key_of(kv).find("/inflight/") != std::string::npos)
        kv["Verb"] = "set";
    })(x, machine);
    hide_entries(x, "/v1/txn", "/inflight/");
  };
  auto ends_late = [](outside& x, const std::string&) {
    // The second interrupt comes 2 s before the end.
    lengthen_lease(x, 3s);
  };
  auto tells_early = [](outside& x, const std::string&) {
    x.bequeath = [next = x.bequeath](const ha::witness::bequest& what) {
      auto changed = what;
      changed.task.clear();
      next(changed);
    };
  };
  auto runs_beside = [](config::settings& x, const std::string&) {
    x.high_availability->failover.exclusive = "task";
  };
  return {
    {"WithoutRunsInFlight",
     "I2",
     {.incidents = left_behind(), .tamper = sees_no_runs}},
    {"WithoutExclusiveMode",
     "I3",
     {.incidents = left_behind(), .exclusive = true, .adjust = runs_beside}},
    {"WithoutIntent",
     "I4",
     {.incidents = failovers(), .tamper = without_operations("/inflight/")}},
    {"WithAWitnessThatDoesNotWait",
     "I7",
     {.incidents = killed_in_turn(), .tamper = tells_early}},
    {"WithALongerLease",
     "I8",
     {.incidents = left_behind(), .tamper = ends_late}},
  };
}

std::vector<mutation> of_processes() {
  auto tells_early = [](outside& x, const std::string&) {
    x.start = [next = x.start](const start_process& request,
                               answer_to<process_finished> tell) {
      if (request.argv.size() < 2 || request.argv[1] != "apply")
        return next(request, std::move(tell));
      next(request, [](const result<process_finished>&) {});
      tell(process_finished{});
    };
  };
  auto plans_as_follower = [](outside& x, const std::string&) {
    x.start = [next = x.start](start_process request,
                               answer_to<process_finished> tell) {
      if (!request.fenced && request.argv.size() > 1
          && request.argv[1] == "init")
        request.argv[1] = "plan";
      next(std::move(request), std::move(tell));
    };
  };
  auto one_slot
    = [](config::settings& x, const std::string&) { x.max_parallel_runs = 1; };
  return {
    {"WithoutWaitingForTheEnd",
     "I7",
     {.incidents = failovers(), .tamper = tells_early}},
    {"WithOneSlotForAll",
     "I14",
     {.incidents = failovers(), .watches_delays = true, .adjust = one_slot}},
    {"WithFollowersThatPlan",
     "I15",
     {.incidents = failovers(), .tamper = plans_as_follower}},
  };
}

// -- the state ----------------------------------------------------------------

std::vector<mutation> of_tasks() {
  auto loses_tasks = with_each_operation([](json::object& kv) {
    auto key = key_of(kv);
    replace(key, "/tasks/x", "/tasks/y");
    kv["Key"] = key;
  });
  auto hears_nothing
    = [](outside& x, const std::string&) { hide_instances(x, "-last"); };
  auto overlooks_a_task = [](outside& x, const std::string&) {
    hide_entries(x, "recurse", "/tasks/t1");
  };
  auto creations = all_of(
    {{on(fault::create_task, 11s, 0, 0), on(fault::create_task, 11s, 1, 1),
      on(fault::create_task, 11s, 2, 2)},
     failovers()});
  return {
    {"WithoutTheNewTask",
     "I9",
     {.incidents = creations, .tamper = loses_tasks}},
    {"WithoutNews", "I10", {.incidents = {}, .tamper = hears_nothing}},
    {"WithoutATask", "I12", {.incidents = {}, .tamper = overlooks_a_task}},
    {"WithHalfAGeneration",
     "I18",
     {.incidents = {}, .tamper = without_operations("/state/1/tasks/t1")}},
  };
}

std::vector<mutation> of_transactions() {
  auto packs_too_much = with_operations([](json::array& operations) {
    if (operations.empty())
      return;
    auto first = operations.front();
    while (operations.size() < 64)
      operations.push_back(first);
  });
  auto leaves_its_place = with_each_operation([](json::object& kv) {
    auto key = key_of(kv);
    replace(key, "/sim/state/", "/simx/state/");
    kv["Key"] = key;
  });
  auto tells_secrets = with_each_operation([](json::object& kv) {
    if (key_of(kv).find("/events/") != std::string::npos)
      edit_value(kv, [](std::string& text) {
        replace(text, "\"v\":1", "\"v\":1,\"token\":\"never-to-be-seen\"");
      });
  });
  return {
    {"WithoutEvents",
     "I11",
     {.incidents = failovers(), .tamper = without_operations("/events/")}},
    {"WithoutLimits", "I16", {.incidents = {}, .tamper = packs_too_much}},
    {"OutsideOfItsPlace", "I17", {.incidents = {}, .tamper = leaves_its_place}},
    {"WithTokens", "I20", {.incidents = failovers(), .tamper = tells_secrets}},
  };
}

} // namespace

std::vector<mutation> mutations() {
  auto out = std::vector<mutation>{};
  for (auto&& some : {of_the_lock(), of_candidates(), of_leases(),
                      of_processes(), of_tasks(), of_transactions()})
    out.insert(out.end(), some.begin(), some.end());
  return out;
}

} // namespace cts::simulation
