#include "api/api_shell.hpp"

#include "api/error_reply.hpp"
#include "api/mutation.hpp"

#include <utility>

// What changes something.

namespace cts::api {

void api_state::carry_out(std::uint64_t number, const exchange& waiting) {
  const auto& id = waiting.known.request_id;
  if (const auto* create = std::get_if<create_task>(&waiting.asked))
    carry_out(number, waiting, *create);
  else if (const auto* update = std::get_if<update_task>(&waiting.asked))
    carry_out(number, waiting, *update);
  else if (const auto* removal = std::get_if<delete_task>(&waiting.asked))
    send(number, sources_.tasks, cts::delete_task{removal->name},
         [id] { return deleted(id); });
  else
    send(number, sources_.elector, cts::step_down{},
         [id] { return stepped_down(id); });
}

void api_state::carry_out(std::uint64_t number, const exchange& waiting,
                          const create_task& asked) {
  const auto& id = waiting.known.request_id;
  if (is_known(waiting.wish.name, waiting.known))
    return close(open_.find(number), name_taken(waiting.wish.name, id));
  auto task = task_of(waiting.wish, *options_.settings, asked.run);
  if (const auto* wrong = std::get_if<refused>(&task)) {
    note_failure(waiting, wrong->message);
    return close(open_.find(number), error_reply(*wrong, id));
  }
  const auto& wanted = std::get<wanted_task>(task);
  for (const auto& warning : wanted.warnings)
    log::warn("api.createtask", warning, {{"request_id", id}});
  if (auto why = problem_for_driver(*wanted.configuration)) {
    note_failure(waiting, *why);
    const auto status = asked.run == task_run::inspect ? 400 : 500;
    return close(number, status, *why);
  }
  send(
    number, sources_.tasks,
    cts::create_task{.configuration = wanted.configuration, .run = asked.run},
    [wanted, wish = waiting.wish, id](const task_mutated& x) {
      return created(wanted, wish, x, id);
    });
}

std::optional<std::string>
api_state::problem_for_driver(const config::task& task) const {
  if (!options_.unsupported)
    return std::nullopt;
  auto sentences = options_.unsupported(task);
  if (sentences.empty())
    return std::nullopt;
  return std::move(sentences.front());
}

void api_state::carry_out(std::uint64_t number, const exchange& waiting,
                          const update_task& asked) {
  const auto& id = waiting.known.request_id;
  const auto enabled = read_enabled(waiting.body);
  if (const auto* wrong = std::get_if<refused>(&enabled))
    return close(open_.find(number), error_reply(*wrong, id));
  const auto order = change_task{
    .task = asked.name, .enabled = std::get<bool>(enabled), .run = asked.run};
  const auto* what = order.enabled ? "enabling task" : "disabling task";
  if (order.run == task_run::inspect)
    what = "generating inspect plan if task becomes enabled";
  log::info("api.updatetask", what,
            {{"request_id", id}, {"task_name", order.task}});
  send(number, sources_.tasks, order,
       [](const task_mutated& x) { return changed(x); });
}

/// Asks `whom` to carry out `order`; `reply` makes the reply of the answer.
template <class Actor, class Order, class Reply>
void api_state::send(std::uint64_t number, const Actor& whom,
                     const Order& order, Reply reply) {
  auto done = [this, number, reply](const auto&... answer) {
    const auto found = open_.find(number);
    if (found != open_.end())
      close(found, reply(answer...));
  };
  auto refuse = [this, number](const caf::error& reason) {
    const auto found = open_.find(number);
    if (found == open_.end())
      return;
    const auto why = to_core(reason);
    note_failure(found->second, why.message);
    close(found,
          failed(found->second.asked, why, found->second.known.request_id));
  };
  if constexpr (std::is_invocable_v<Reply>)
    self_->request(whom, options_.mutation_patience, order)
      .then([done] { done(); }, refuse);
  else
    self_->request(whom, options_.mutation_patience, order)
      .then([done](const task_mutated& x) { done(x); }, refuse);
}

void api_state::note_failure(const exchange& failed, const std::string& why) {
  const auto* create = std::get_if<create_task>(&failed.asked);
  if (create != nullptr)
    log::error("api.createtask",
               create->run == task_run::inspect ? "error inspecting new task"
                                                : "error creating task",
               {{"request_id", failed.known.request_id},
                {"task_name", failed.wish.name},
                {"error", why}});
}

} // namespace cts::api
