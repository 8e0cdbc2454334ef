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
#include "drivers/terraform/workspace.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <algorithm>

namespace cts {

namespace {

namespace run_steps = terraform::run_steps;
using terraform::command;

using terraform_driver_impl
  = cafx::extended<driver_actor, caf::result<void>(retry_command)>;

constexpr auto files_deadline = std::chrono::minutes{1};
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
  void perform(const run_steps::arm_timer& effect);
  void perform(const run_steps::finish_prepare&);
  void perform(const run_steps::finish_render& effect);
  void perform(const run_steps::finish_apply& effect);
  void perform(const run_steps::finish_failed& effect);
  void perform(const run_steps::finish_stop&);
  void perform(const run_steps::report& effect);
  void perform(const run_steps::report_warnings& effect);

  caf::error busy() const;
  caf::result<void> prepare();
  caf::result<inputs_rendered> render(const render_inputs& request);
  caf::result<run_applied> apply();
  caf::result<void> stop(const stop_driver& request);

  terraform::root_module module(bool relative_source) const;
  std::string path_of(const std::string& file) const;
  void write(std::vector<file_content> files);
  void fail_files(error reason);

  actor_type::pointer self_;
  terraform_driver_options options_;
  std::string directory_;
  std::vector<std::string> environment_;
  std::vector<std::string> secrets_;
  std::optional<error> environment_error_;
  run_steps::state steps_;
  milliseconds stop_grace_{0};
  file_content inputs_;
  terraform::running_process process_;
  cafx::answer<caf::unit_t> prepared_;
  cafx::answer<inputs_rendered> rendered_;
  cafx::answer<run_applied> applied_;
  std::vector<cafx::answer<caf::unit_t>> stopped_;
};

// -- start --------------------------------------------------------------------

terraform_driver::terraform_driver(actor_type::pointer self,
                                   terraform_driver_options options)
  : self_(self), options_(std::move(options)),
    directory_(
      terraform::directory_of(*options_.task, options_.process_directory)),
    secrets_(terraform::secrets_of(*options_.settings)),
    steps_{.options = terraform::step_options(options_, directory_)},
    process_(options_.processes, directory_) {
  cafx::install_guards(self_, [](const std::string& text) {
    log::error("driver.terraform", text);
  });
  terraform::log_destination(options_.settings->driver, directory_);
  auto environment
    = terraform::environment_of({.inherited = options_.environment,
                                 .settings = *options_.settings,
                                 .task = *options_.task,
                                 .directory = directory_});
  if (environment)
    environment_ = *std::move(environment);
  else
    environment_error_ = environment.error();
}

terraform_driver::actor_type::behavior_type terraform_driver::make_behavior() {
  return {
    [this](const prepare_workspace&) { return prepare(); },
    [this](const render_inputs& request) { return render(request); },
    [this](const apply_workspace&) { return apply(); },
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

caf::result<run_applied> terraform_driver::apply() {
  if (!is_idle(steps_))
    return busy();
  auto promise = self_->make_response_promise<run_applied>();
  applied_ = cafx::answer<run_applied>{promise};
  on(run_steps::apply_requested{});
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

terraform::root_module terraform_driver::module(bool relative_source) const {
  return {.task = *options_.task,
          .settings = *options_.settings,
          .version = options_.program.version,
          .process_directory = options_.process_directory,
          .relative_source = relative_source};
}

std::string terraform_driver::path_of(const std::string& file) const {
  return directory_ + '/' + file;
}

void terraform_driver::fail_files(error reason) {
  on(run_steps::files_failed{std::move(reason)});
}

void terraform_driver::write(std::vector<file_content> files) {
  auto request = write_files{.directory = directory_, .files = files};
  self_->request(options_.files, files_deadline, std::move(request))
    .then(
      [this](const files_written& done) {
        terraform::log_written(options_.task->name, done);
        auto inputs = std::ranges::count(done.changed, inputs_.name) > 0;
        on(run_steps::files_written{inputs});
      },
      [this](caf::error& reason) { fail_files(to_core(reason)); });
}

void terraform_driver::perform(const run_steps::check_leftovers&) {
  auto paths = std::vector<std::string>{};
  for (const auto& file : variable_files)
    paths.push_back(path_of(file));
  self_->request(options_.files, files_deadline, read_files{paths})
    .then(
      [this, paths](const files_read& found) {
        on(run_steps::leftovers_found{
          terraform::generated_among(paths, found.contents)});
      },
      [this](caf::error& reason) { fail_files(to_core(reason)); });
}

void terraform_driver::perform(const run_steps::remove_leftovers& effect) {
  self_->request(options_.files, files_deadline, remove_files{effect.paths})
    .then([this] { on(run_steps::files_removed{}); },
          [this](caf::error& reason) { fail_files(to_core(reason)); });
}

void terraform_driver::perform(const run_steps::write_module& effect) {
  auto files = terraform::root_module_files(module(effect.relative_source));
  if (!files)
    return fail_files(files.error());
  write(*std::move(files));
}

void terraform_driver::perform(const run_steps::write_selection&) {
  write({terraform::selection_file(options_.task->name)});
}

// The module goes with the inputs: Terraform takes a folder without main.tf for
// an order to destroy everything, and another workspace for an empty one.
void terraform_driver::perform(const run_steps::write_inputs&) {
  auto files = terraform::root_module_files(module(steps_.relative_source));
  if (!files)
    return fail_files(files.error());
  if (steps_.options.writes_selection)
    files->push_back(terraform::selection_file(options_.task->name));
  files->push_back(inputs_);
  write(*std::move(files));
}

void terraform_driver::perform(const run_steps::check_errored_state&) {
  auto request = read_files{{steps_.options.errored_state_path}};
  self_->request(options_.files, files_deadline, std::move(request))
    .then(
      [this](const files_read& found) {
        on(run_steps::errored_state_read{found.contents.at(0)});
      },
      [this](caf::error& reason) { fail_files(to_core(reason)); });
}

void terraform_driver::perform(const run_steps::archive_errored_state& effect) {
  auto archive
    = write_files{.directory = directory_,
                  .files = {{.name = terraform::archive_name(options_.clock()),
                             .bytes = effect.text}}};
  self_->request(options_.files, files_deadline, std::move(archive))
    .then(
      [this](const files_written&) {
        perform(
          run_steps::remove_leftovers{{steps_.options.errored_state_path}});
      },
      [this](caf::error& reason) { fail_files(to_core(reason)); });
}

// -- commands -----------------------------------------------------------------

void terraform_driver::perform(const run_steps::start_command& effect) {
  const auto& driver = options_.settings->driver;
  auto argv = terraform::arguments_of(
    effect.what, {.version = options_.program.version,
                  .workspace = options_.task->name,
                  .parallelism = driver.parallelism,
                  .lock_timeout = terraform::lock_timeout_of(driver)});
  argv.insert(argv.begin(), options_.program.path);
  if (driver.log)
    terraform::log_command(argv);
  auto limit = terraform::limit_of(effect.what, steps_.options);
  auto deadline = limit == milliseconds{0} ? milliseconds{unlimited}
                                           : limit + milliseconds{stop_margin};
  process_.start(self_, {.request = {.key = directory_,
                                     .argv = std::move(argv),
                                     .environment = environment_,
                                     .directory = directory_,
                                     .output_file = path_of(".cts/run.out"),
                                     .error_file = path_of(".cts/run.err"),
                                     .timeout = limit},
                         .deadline = deadline,
                         .on_end =
                           [this, logged = driver.log,
                            what = effect.what](const process_finished& end) {
                             if (logged)
                               terraform::log_output(what, end, secrets_);
                             on(run_steps::command_ended{end});
                           },
                         .on_failure =
                           [this](error reason) {
                             on(run_steps::command_failed{std::move(reason)});
                           }});
}

void terraform_driver::perform(const run_steps::stop_command&) {
  process_.stop(stop_grace_);
}

void terraform_driver::perform(const run_steps::inspect_lock&) {
  terraform::release_own_lock(
    self_,
    std::make_shared<const terraform::lock_inspection>(
      terraform::lock_inspection{
        .files = options_.files,
        .consul = options_.consul,
        .journal = path_of(".cts/run.json"),
        .key = terraform::lock_key_of(*options_.settings, options_.task->name)
                 .value_or(""),
        .ns = options_.settings->consul.kv_namespace,
        .tell
        = [this](bool released) { on(run_steps::lock_inspected{released}); }}));
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

void terraform_driver::perform(const run_steps::finish_failed& effect) {
  auto shown = effect.reason;
  shown.message = terraform::masked(std::move(shown.message), secrets_);
  auto reason = to_caf(shown);
  prepared_.fail(reason);
  rendered_.fail(reason);
  applied_.fail(reason);
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
