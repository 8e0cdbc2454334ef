#include "core/ha/last_will.hpp"

namespace cts::ha::last_will {

namespace {

using witness::purpose;

void add_lock(const election::state& s, wishes& out) {
  auto leads = election::in_office(s);
  if (s.session.empty() || (!leads && !s.releasing))
    return;
  out.emplace(release_name, wish{.purpose = purpose::release,
                                 .id = s.session,
                                 .epoch = leads ? s.epoch : s.release_epoch});
}

void add_runs(const lease::state& s, wishes& out) {
  using at = lease::run::step_at;
  for (const auto& [task, x] : s.runs)
    if (x.at == at::intending || x.at == at::resolving)
      out.emplace("inflight/" + task,
                  wish{.purpose = purpose::resolve, .task = task, .run = x.id});
    else
      out.emplace("inflight/" + task, wish{.purpose = purpose::acknowledge,
                                           .task = task,
                                           .run = x.id,
                                           .index = x.index,
                                           .ended = x.at == at::ended});
}

/// Whether the instance's id is ours. Until then, and once we were expelled,
/// the service may be that of another process.
bool is_member(const membership::state& s) {
  using at = membership::step_at;
  return s.at == at::member || s.at == at::bereft || s.at == at::leaving;
}

} // namespace

wishes wishes_of(const elector::state& s, const std::string& service) {
  auto out = wishes{};
  add_lock(s.election, out);
  add_runs(s.lease, out);
  if (!s.member.session.empty())
    out.emplace(session_name,
                wish{.purpose = purpose::farewell, .id = s.member.session});
  if (is_member(s.member) && !service.empty())
    out.emplace(service_name,
                wish{.purpose = purpose::farewell, .id = service});
  return out;
}

} // namespace cts::ha::last_will
