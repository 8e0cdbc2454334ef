#include "drivers/terraform/terraform_driver.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "actors/log.hpp"
#include "drivers/terraform/command.hpp"
#include "drivers/terraform/lock_release.hpp"
#include "drivers/terraform/messages.hpp"
#include "drivers/terraform/run_log.hpp"
#include "drivers/terraform/run_steps.hpp"
#include "drivers/terraform/running_process.hpp"
#include "drivers/terraform/secrets.hpp"
#include "drivers/terraform/state_file.hpp"
#include "drivers/terraform/step_options.hpp"
#include "drivers/terraform/task_directory.hpp"
#include "drivers/terraform/workspace.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <algorithm>

namespace cts {

namespace {

namespace run_steps = terraform::run_steps;
using terraform::command;

using terraform_driver_impl
  = cafx::extended<driver_actor, caf::result<void>(retry_command)>;

/// Longest apply without a configured limit.
constexpr auto unlimited = std::chrono::minutes{7 * 24 * 60};
/// The process service ends a process that is out of time within this, one of
/// an earlier instance that it waits for included.
constexpr auto stop_margin = std::chrono::minutes{4};
/// The two files that exist with variables only.
const auto variable_files
  = std::vector<std::string>{"variables.module.tf", "variables.auto.tfvars"};

/// Drives one task's Terraform. Child of the task's actor. A restart loses
/// nothing: what is initialised is in the directory.
class terraform_driver {
public:
  using actor_type = terraform_driver_impl;
  static inline constexpr const char* name = "driver.terraform";

  terraform_driver(actor_type::pointer self, terraform_driver_options options);
  actor_type::behavior_type make_behavior();

private:
  template <class Event>
  void on(const Event& event);

  void perform(const run_steps::check_leftovers&);
  void perform(const run_steps::remove_leftovers& effect);
  void perform(const run_steps::write_module& effect);
  void perform(const run_steps::write_selection&);
  void perform(const run_steps::write_inputs&);
  void perform(const run_steps::check_errored_state&);
  void perform(const run_steps::archive_errored_state& effect);
  void perform(const run_steps::start_command& effect);
  void perform(const run_steps::stop_command&);
  void perform(const run_steps::inspect_lock&);
  void perform(const run_steps::free_former_lock&);
  void perform(const run_steps::arm_timer& effect);
  void perform(const run_steps::finish_prepare&);
  void perform(const run_steps::finish_render& effect);
  void perform(const run_steps::finish_apply& effect);
  void perform(const run_steps::finish_inspect& effect);
  void perform(const run_steps::finish_failed& effect);
  void perform(const run_steps::finish_stop&);
  void perform(const run_steps::report& effect);
  void perform(const run_steps::report_warnings& effect);

  caf::error busy() const;
  caf::result<void> prepare();
  caf::result<inputs_rendered> render(const render_inputs& request);
  caf::result<run_applied> apply(const apply_workspace& request);
  caf::result<run_inspected> inspect();
  caf::result<void> stop(const stop_driver& request);

  void write(std::vector<file_content> files);
  terraform::lock_inspection_ptr lock_order(std::optional<former_run> former);

  actor_type::pointer self_;
  terraform_driver_options options_;
  terraform::task_directory directory_;
  std::vector<std::string> environment_;
  std::vector<std::string> secrets_;
  std::optional<error> environment_error_;
  run_steps::state steps_;
  milliseconds stop_grace_{0};
  file_content inputs_;
  /// What a run was asked for.
  apply_workspace run_;
  terraform::running_process process_;
  cafx::answer<caf::unit_t> prepared_;
  cafx::answer<inputs_rendered> rendered_;
  cafx::answer<run_applied> applied_;
  cafx::answer<run_inspected> inspected_;
  std::vector<cafx::answer<caf::unit_t>> stopped_;
};

// -- start --------------------------------------------------------------------

terraform_driver::terraform_driver(actor_type::pointer self,
                                   terraform_driver_options options)
  : self_(self), options_(std::move(options)),
    directory_(
      options_.files,
      terraform::directory_of(*options_.task, options_.process_directory),
      [this](error reason) { on(run_steps::files_failed{reason}); }),
    secrets_(terraform::secrets_of(*options_.settings, options_.secrets.get())),
    steps_{.options = terraform::step_options(options_, directory_.path())},
    process_(options_.processes, directory_.path()) {
  cafx::install_guards(self_, [](const std::string& text) {
    log::error("driver.terraform", text);
  });
  terraform::log_destination(options_.settings->driver, directory_.path());
  auto environment = terraform::environment_of(
    {.inherited = options_.environment,
     .settings = *options_.settings,
     .task = *options_.task,
     .directory = directory_.path(),
     .plugin_cache = terraform::plugin_cache_of(*options_.settings,
                                                options_.process_directory)});
  if (environment)
    environment_ = *std::move(environment);
  else
    environment_error_ = environment.error();
}

terraform_driver::actor_type::behavior_type terraform_driver::make_behavior() {
  return {
    [this](const prepare_workspace&) { return prepare(); },
    [this](const render_inputs& request) { return render(request); },
    [this](const apply_workspace& request) { return apply(request); },
    [this](inspect_workspace) { return inspect(); },
    [this](const stop_driver& request) { return stop(request); },
    [this](const retry_command&) { on(run_steps::timer_elapsed{}); },
  };
}

template <class Event>
void terraform_driver::on(const Event& event) {
  feed(steps_, event, self_->clock().now(),
       [this](const auto& effect) { this->perform(effect); });
}

// -- requests -----------------------------------------------------------------

caf::error terraform_driver::busy() const {
  return to_caf(fail(errc::driver, "the driver of task '", options_.task->name,
                     "' is still working"));
}

caf::result<void> terraform_driver::prepare() {
  if (!is_idle(steps_))
    return busy();
  if (environment_error_)
    return to_caf(fail(errc::driver, environment_error_->message));
  auto promise = self_->make_response_promise<caf::unit_t>();
  prepared_ = cafx::answer<caf::unit_t>{promise};
  on(run_steps::prepare_requested{});
  return promise;
}

caf::result<inputs_rendered>
terraform_driver::render(const render_inputs& request) {
  if (!is_idle(steps_))
    return busy();
  auto file = terraform::input_file(*options_.task, options_.settings->services,
                                    request.snapshots);
  if (!file)
    return to_caf(fail(errc::driver, file.error().message));
  inputs_ = *std::move(file);
  auto promise = self_->make_response_promise<inputs_rendered>();
  rendered_ = cafx::answer<inputs_rendered>{promise};
  on(run_steps::render_requested{});
  return promise;
}

caf::result<run_applied>
terraform_driver::apply(const apply_workspace& request) {
  if (!is_idle(steps_))
    return busy();
  run_ = request;
  auto promise = self_->make_response_promise<run_applied>();
  applied_ = cafx::answer<run_applied>{promise};
  on(run_steps::apply_requested{run_.former_owner.has_value()});
  return promise;
}

caf::result<run_inspected> terraform_driver::inspect() {
  if (!is_idle(steps_))
    return busy();
  run_ = {};
  auto promise = self_->make_response_promise<run_inspected>();
  inspected_ = cafx::answer<run_inspected>{promise};
  on(run_steps::inspect_requested{});
  return promise;
}

caf::result<void> terraform_driver::stop(const stop_driver& request) {
  auto promise = self_->make_response_promise<caf::unit_t>();
  stopped_.emplace_back(promise);
  stop_grace_ = request.grace;
  on(run_steps::stop_requested{});
  return promise;
}

// -- files --------------------------------------------------------------------

void terraform_driver::write(std::vector<file_content> files) {
  directory_.write(self_, std::move(files), [this](const files_written& done) {
    terraform::log_written(options_.task->name, done);
    auto inputs = std::ranges::count(done.changed, inputs_.name) > 0;
    on(run_steps::files_written{inputs});
  });
}

void terraform_driver::perform(const run_steps::check_leftovers&) {
  auto paths = std::vector<std::string>{};
  for (const auto& file : variable_files)
    paths.push_back(directory_.path_of(file));
  directory_.read(self_, paths, [this, paths](const files_read& found) {
    on(run_steps::leftovers_found{
      terraform::generated_among(paths, found.contents)});
  });
}

void terraform_driver::perform(const run_steps::remove_leftovers& effect) {
  directory_.remove(self_, effect.paths,
                    [this] { on(run_steps::files_removed{}); });
}

void terraform_driver::perform(const run_steps::write_module& effect) {
  auto files = terraform::root_module_files(
    terraform::module_of(options_, effect.relative_source));
  if (!files)
    return on(run_steps::files_failed{files.error()});
  write(*std::move(files));
}

void terraform_driver::perform(const run_steps::write_selection&) {
  write({terraform::selection_file(options_.task->name)});
}

// The module goes with the inputs: Terraform takes a folder without main.tf for
// an order to destroy everything, and another workspace for an empty one.
void terraform_driver::perform(const run_steps::write_inputs&) {
  auto files = terraform::root_module_files(
    terraform::module_of(options_, steps_.relative_source));
  if (!files)
    return on(run_steps::files_failed{files.error()});
  if (steps_.options.writes_selection && !steps_.options.clustered)
    files->push_back(terraform::selection_file(options_.task->name));
  files->push_back(inputs_);
  write(*std::move(files));
}

void terraform_driver::perform(const run_steps::check_errored_state&) {
  directory_.read(self_, {steps_.options.errored_state_path},
                  [this](const files_read& found) {
                    on(run_steps::errored_state_read{found.contents.at(0)});
                  });
}

void terraform_driver::perform(const run_steps::archive_errored_state& effect) {
  auto archive = file_content{.name = terraform::archive_name(options_.clock()),
                              .bytes = effect.text};
  directory_.write(self_, {archive}, [this](const files_written&) {
    perform(run_steps::remove_leftovers{{steps_.options.errored_state_path}});
  });
}

// -- commands -----------------------------------------------------------------

void terraform_driver::perform(const run_steps::start_command& effect) {
  const auto& driver = options_.settings->driver;
  auto argv = terraform::argv_of(options_, effect.what);
  if (driver.log)
    terraform::log_command(argv);
  auto limit = terraform::limit_of(effect.what, steps_.options);
  auto deadline = limit == milliseconds{0} ? milliseconds{unlimited}
                                           : limit + milliseconds{stop_margin};
  auto ended = [this, logged = driver.log,
                what = effect.what](const process_finished& end) {
    if (logged)
      terraform::log_output(what, end, secrets_);
    on(run_steps::command_ended{end});
  };
  auto failed = [this](error reason) {
    on(run_steps::command_failed{std::move(reason)});
  };
  process_.start(self_,
                 {.request = {.key = directory_.path(),
                              .argv = std::move(argv),
                              .environment = environment_,
                              .directory = directory_.path(),
                              .output_file = directory_.path_of(".cts/run.out"),
                              .error_file = directory_.path_of(".cts/run.err"),
                              .timeout = limit,
                              .fenced = effect.fenced,
                              .task = options_.task->name,
                              .job = effect.fenced ? run_.lease_job : ""},
                  .deadline = deadline,
                  .on_end = ended,
                  .on_failure = failed});
}

void terraform_driver::perform(const run_steps::stop_command&) {
  process_.stop(stop_grace_);
}

terraform::lock_inspection_ptr
terraform_driver::lock_order(std::optional<former_run> former) {
  auto key = terraform::lock_key_of(*options_.settings, options_.task->name);
  return std::make_shared<const terraform::lock_inspection>(
    terraform::lock_inspection{.files = options_.files,
                               .consul = options_.consul,
                               .journal = directory_.path_of(".cts/run.json"),
                               .key = key.value_or(""),
                               .ns = options_.settings->consul.kv_namespace,
                               .former = std::move(former),
                               .tell = [this](bool released) {
                                 on(run_steps::lock_inspected{released});
                               }});
}

void terraform_driver::perform(const run_steps::inspect_lock&) {
  terraform::release_own_lock(self_, lock_order(std::nullopt));
}

void terraform_driver::perform(const run_steps::free_former_lock&) {
  terraform::release_lock_of_former_run(self_, lock_order(run_.former_owner));
}

void terraform_driver::perform(const run_steps::arm_timer& effect) {
  self_->delayed_send(self_, effect.due - self_->clock().now(),
                      retry_command{});
}

// -- ends ---------------------------------------------------------------------

void terraform_driver::perform(const run_steps::finish_prepare&) {
  prepared_.deliver(caf::unit);
}

void terraform_driver::perform(const run_steps::finish_render& effect) {
  rendered_.deliver(inputs_rendered{effect.changed});
}

void terraform_driver::perform(const run_steps::finish_apply& effect) {
  applied_.deliver(run_applied{effect.wall_time});
}

void terraform_driver::perform(const run_steps::finish_inspect& effect) {
  auto plan = terraform::plan_text(effect.output, inspected_plan_max);
  inspected_.deliver(
    run_inspected{.changes = effect.changes,
                  .plan = terraform::masked(std::move(plan), secrets_),
                  .wall_time = effect.wall_time});
}

void terraform_driver::perform(const run_steps::finish_failed& effect) {
  auto shown = effect.reason;
  shown.message = terraform::masked(std::move(shown.message), secrets_);
  auto reason = to_caf(shown);
  prepared_.fail(reason);
  rendered_.fail(reason);
  applied_.fail(reason);
  inspected_.fail(reason);
}

void terraform_driver::perform(const run_steps::finish_stop&) {
  for (auto& answer : std::exchange(stopped_, {}))
    answer.deliver(caf::unit);
}

void terraform_driver::perform(const run_steps::report& effect) {
  terraform::log_note(effect.what, options_.task->name);
}

void terraform_driver::perform(const run_steps::report_warnings& effect) {
  log::warn("client.terraformcli", "Terraform validate returned warnings",
            {{"warnings", terraform::masked(effect.text, secrets_)}});
}

} // namespace

driver_actor make_terraform_driver(caf::local_actor* parent,
                                   terraform_driver_options options) {
  return cafx::spawn_state<terraform_driver>(parent, std::move(options));
}

} // namespace cts
