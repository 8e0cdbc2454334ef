#include "tests/simulation/terraform.hpp"

#include <algorithm>
#include <utility>

namespace cts::simulation {

namespace {

using namespace std::chrono_literals;

constexpr auto lock_flags = "3304740253564472344";
constexpr auto backend_path = "consul-terraform-sync/terraform";

std::string last_part(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

/// The value of `"name": "..."` in a small answer of Consul.
std::string text_of(const std::string& json, const std::string& name) {
  auto at = json.find('"' + name + '"');
  if (at == std::string::npos)
    return {};
  auto begin = json.find('"', at + name.size() + 2) + 1;
  return json.substr(begin, json.find('"', begin) - begin);
}

std::string number_of(const std::string& json, const std::string& name) {
  auto at = json.find('"' + name + "\":");
  if (at == std::string::npos)
    return "0";
  auto begin = at + name.size() + 3;
  return json.substr(begin, json.find_first_of(",}", begin) - begin);
}

std::string two_digits(std::int64_t x) {
  return (x < 10 ? "0" : "") + std::to_string(x);
}

/// RFC 3339 in UTC.
std::string stamp(wall_time at) {
  auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  auto day = std::chrono::floor<std::chrono::days>(seconds);
  auto date = std::chrono::year_month_day{day};
  auto time = std::chrono::hh_mm_ss{seconds - day};
  auto part = [](unsigned x) { return two_digits(x); };
  return std::to_string(static_cast<int>(date.year())) + "-"
         + part(static_cast<unsigned>(date.month())) + "-"
         + part(static_cast<unsigned>(date.day())) + "T"
         + two_digits(time.hours().count()) + ":"
         + two_digits(time.minutes().count()) + ":"
         + two_digits(time.seconds().count()) + "Z";
}

} // namespace

terraform_process::terraform_process(process_site& site, process_origin origin,
                                     start_process request)
  : site_(site), number_(origin.number), life_(std::move(origin.life)),
    request_(std::move(request)), task_(last_part(request_.directory)),
    state_key_(std::string{backend_path} + "-env:" + task_) {
  if (request_.argv.size() > 1)
    command_ = request_.argv[1];
}

void terraform_process::start(on_end tell) {
  tell_ = std::move(tell);
  began_ = site_.engine.now();
  if (!locks())
    return after(site_.random.between(2ms, 40ms), [this] { finish_simple(); });
  auto found = site_.files.find(request_.directory + "/terraform.tfvars");
  if (found != site_.files.end())
    inputs_ = found->second;
  after(site_.random.between(5ms, 60ms),
        [this] { lock_state([this] { read_state(); }); });
}

// With the task's workspace selected, `init` locks the state, too (F3).
bool terraform_process::locks() const {
  auto selected
    = site_.files.contains(request_.directory + "/.terraform/environment");
  return command_ == "apply" || command_ == "plan"
         || (command_ == "init" && selected);
}

// -- signals ------------------------------------------------------------------

void terraform_process::interrupt() {
  if (!is_alive_)
    return;
  ++interrupts_;
  if (interrupts_ > 1)
    return go_on([this] { end(1, "Two interrupts received\n"); });
  if (hangs_ && !site_.habits.stubborn.contains(task_))
    after(site_.random.between(10ms, 800ms), [this] { write_state(); });
}

void terraform_process::kill() {
  if (!is_alive_)
    return;
  is_alive_ = false;
  deferred_.clear();
}

void terraform_process::pause(bool paused) {
  is_paused_ = paused;
  if (paused)
    return;
  for (auto& next : std::exchange(deferred_, {}))
    go_on(next);
}

// -- how it goes on -----------------------------------------------------------

void terraform_process::go_on(const step& next) {
  if (!is_alive_)
    return;
  if (is_paused_)
    deferred_.push_back(next);
  else
    next();
}

void terraform_process::after(nanoseconds delay, step next) {
  site_.engine.after(delay, [self = shared_from_this(),
                             next = std::move(next)] { self->go_on(next); });
}

void terraform_process::ask(
  std::string method, const std::string& target, std::string body,
  std::function<void(const result<http_reply>&)> next) {
  // Ids of instances are smaller.
  constexpr auto ours = std::uint64_t{1} << 63U;
  auto request = http_request{.id = ours | number_ << 20U | ++requests_,
                              .method = std::move(method),
                              .url = "http://agent/v1" + target,
                              .body = std::move(body),
                              .deadline = 10s};
  site_.network.exchange(site_.machine, std::move(request),
                         [self = shared_from_this(), next = std::move(next)](
                           const result<http_reply>& outcome) {
                           self->go_on([next, outcome] { next(outcome); });
                         });
}

void terraform_process::end(int code, const std::string& complaint) {
  if (!is_alive_)
    return;
  is_alive_ = false;
  auto finish = process_finished{.exit_code = code};
  finish.stopped = interrupts_ > 0;
  if (command_ == "version")
    finish.output = R"({"terraform_version":"1.11.4"})";
  if (command_ == "validate")
    finish.output = R"({"valid":true,"diagnostics":[]})";
  finish.error_output = complaint;
  finish.wall_time
    = std::chrono::duration_cast<milliseconds>(site_.engine.now() - began_);
  tell_(finish);
}

void terraform_process::finish_simple() {
  if (interrupts_ > 0)
    return end(1, "Interrupt received\n");
  end(0);
}

// -- the lock of the state ----------------------------------------------------

void terraform_process::lock_state(step next) {
  ask("PUT", "/session/create",
      R"({"Name":"Consul API Lock","TTL":"15s","LockDelay":"5s"})",
      [this, next = std::move(next)](const result<http_reply>& x) {
        if (!x || x->status != 200)
          return end(1, "Error: Error loading state: failed to lock state in "
                        "Consul: cannot create a session\n");
        session_ = text_of(x->body, "ID");
        after(7'500ms, [this] { renew(); });
        acquire(next);
      });
}

void terraform_process::acquire(step next) {
  ask("PUT",
      "/kv/" + state_key_ + "/.lock?acquire=" + session_
        + "&flags=" + lock_flags,
      "lock", [this, next = std::move(next)](const result<http_reply>& x) {
        if (x && x->status == 200 && x->body.starts_with("true"))
          return describe_lock(next);
        after(1s, [this] {
          unlock(1, "Error: Error loading state: failed to lock state in "
                    "Consul: Lock Info:\n");
        });
      });
}

void terraform_process::describe_lock(step next) {
  auto info = R"({"ID":")" + session_ + R"(","Operation":"Operation)" + command_
              + R"(","Who":")" + site_.who + R"(","Created":")"
              + stamp(site_.wall()) + R"("})";
  ask("PUT", "/kv/" + state_key_ + "/.lockinfo", info,
      [next = std::move(next)](const result<http_reply>&) { next(); });
}

void terraform_process::renew() {
  if (session_.empty())
    return;
  ask(
    "PUT", "/session/renew/" + session_, {},
    [this](const result<http_reply>&) { after(7'500ms, [this] { renew(); }); });
}

void terraform_process::unlock(int code, std::string complaint) {
  auto session = std::exchange(session_, {});
  auto key = "/kv/" + state_key_ + "/.lock";
  ask("DELETE", "/kv/" + state_key_ + "/.lockinfo", {},
      [this, key, session, code,
       complaint = std::move(complaint)](const result<http_reply>&) {
        ask("PUT", key + "?release=" + session + "&flags=" + lock_flags, {},
            [this, session, code, complaint](const result<http_reply>&) {
              ask("PUT", "/session/destroy/" + session, {},
                  [this, code, complaint](const result<http_reply>&) {
                    end(code, complaint);
                  });
            });
      });
}

// -- an apply -----------------------------------------------------------------

void terraform_process::read_state() {
  ask("GET", "/kv/" + state_key_, {}, [this](const result<http_reply>& x) {
    if (!x || x->status >= 500)
      return unlock(1, "Error: Error loading state\n");
    state_index_ = x->status == 200 ? number_of(x->body, "ModifyIndex") : "0";
    if (!applies() || interrupts_ > 0)
      return unlock(interrupts_ > 0 ? 1 : 0, {});
    call_provider(1 + site_.random.below(site_.habits.calls_max));
  });
}

void terraform_process::call_provider(std::size_t left) {
  site_.provider({.at = site_.engine.now(),
                  .task = task_,
                  .machine = site_.machine,
                  .process = number_,
                  .inputs = inputs_});
  hangs_ = site_.habits.hanging.contains(task_);
  if (hangs_)
    return;
  auto takes
    = site_.random.between(site_.habits.call_min, site_.habits.call_max);
  after(takes, [this, left] { finish_call(left); });
}

void terraform_process::finish_call(std::size_t left) {
  if (left > 1 && interrupts_ == 0)
    call_provider(left - 1);
  else
    write_state();
}

// Careless providers show what they were given.
std::string terraform_process::told() const {
  auto out = std::string{};
  for (const auto& x : request_.environment)
    if (x.find("TOKEN") != std::string::npos)
      out += "  with " + x + "\n";
  return out;
}

void terraform_process::write_state() {
  ask("PUT", "/kv/" + state_key_ + "?cas=" + state_index_,
      R"({"by":)" + std::to_string(number_) + "}",
      [this](const result<http_reply>& x) {
        auto written = x && x->status == 200 && x->body.starts_with("true");
        auto failing = site_.habits.failing.contains(task_);
        if (!written)
          return unlock(1, "Error: Failed to save state\n");
        if (failing)
          return unlock(1, "Error: the module is broken\n" + told());
        unlock(interrupts_ > 0 ? 1 : 0,
               interrupts_ > 0 ? "Error: execution halted\n" : "");
      });
}

} // namespace cts::simulation
