#include "actors/elector_shell.hpp"
#include "core/consul/agent.hpp"
#include "core/consul/session.hpp"

// What the witness is to do should this process die or hang.

namespace cts {

namespace {

using namespace std::chrono_literals;
namespace last_will = ha::last_will;
using ha::witness::purpose;

constexpr auto patience = 5s;

} // namespace

void elector_shell::keep_will() {
  if (!options_.witness)
    return;
  const auto& registration = options_.settings->consul.service_registration;
  auto wanted = last_will::wishes_of(
    machine_, registration.enabled ? options_.settings->id : "");
  for (const auto& [title, wish] : will_)
    if (!wanted.contains(title))
      tell_witness(withdraw_bequest{title});
  for (const auto& [title, wish] : wanted) {
    auto known = will_.find(title);
    if (known == will_.end() || known->second != wish)
      bequeath_wish(title, wish);
  }
  will_ = std::move(wanted);
}

void elector_shell::bequeath_wish(const std::string& title,
                                  const last_will::wish& x) {
  auto request = request_of(title, x);
  if (request) {
    auto what = ha::witness::bequest{.name = title,
                                     .purpose = x.purpose,
                                     .task = x.task,
                                     .request = *std::move(request)};
    if (x.purpose == purpose::resolve) {
      what.record = consul::read_keys(
        {.key = options_.keys.inflight(x.task), .ns = ha().ns});
      what.text = ha::encode(intents_.at(x.task));
    }
    return tell_witness(bequeath{std::move(what)});
  }
  tell_witness(withdraw_bequest{title});
  log::error("ha", "the witness of this process cannot be told what to do",
             {{"what", title}, {"error", request.error().message}});
}

result<consul::request>
elector_shell::request_of(const std::string& title,
                          const last_will::wish& x) const {
  switch (x.purpose) {
    case purpose::release: {
      auto leader = leader_of(x.epoch);
      leader.state = ha::lock_state::crashed;
      leader.reason = "witness";
      return consul::txn::request_for(
        ha::tx_release(options_.keys, x.id, leader), ha().ns);
    }
    case purpose::acknowledge:
    case purpose::resolve: // with an index of 0, which is found out
      return consul::txn::request_for(
        ha::tx_acknowledge(options_.keys, end_of(x.task), x.index), ha().ns);
    case purpose::farewell: break;
  }
  if (title == last_will::session_name)
    return consul::destroy_session(x.id, ha().ns);
  const auto& registration = options_.settings->consul.service_registration;
  return consul::deregister_service(x.id, registration.ns);
}

ha::inflight_record elector_shell::end_of(const task_name& task) const {
  auto written = intents_.find(task);
  auto out = written == intents_.end() ? ha::inflight_record{.task = task}
                                       : written->second;
  out.state = ha::run_state::stopped;
  if (auto run = machine_.lease.runs.find(task);
      run != machine_.lease.runs.end())
    out.result = run->second.result;
  // Its processes are gone, so a lock of Terraform that is still there may be
  // released (4.8), whatever ended them.
  out.killed = !out.result || !out.result->success;
  return out;
}

template <class Message>
void elector_shell::tell_witness(const Message& x) {
  self_->request(options_.witness, patience, x)
    .then([] {}, [](const caf::error&) {});
}

void elector_shell::beat() {
  tell_witness(heartbeat{});
  self_->delayed_send(self_, ha::witness::beat_every, beat_due{});
}

} // namespace cts
