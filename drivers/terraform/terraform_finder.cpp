#include "drivers/terraform/terraform_finder.hpp"

#include "actors/caf/answer.hpp"
#include "actors/caf/guards.hpp"
#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "actors/log.hpp"
#include "drivers/terraform/command.hpp"
#include "drivers/terraform/program_search.hpp"
#include "drivers/terraform/running_process.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace cts {

namespace {

namespace search = terraform::program_search;

constexpr auto component = std::string_view{"driver.terraform"};
/// A program that does not tell its version within this is broken.
constexpr auto answer_limit = std::chrono::minutes{1};

std::string folder_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

/// Looks for the program, once. Child of the controller.
class terraform_finder {
public:
  using actor_type = driver_setup_actor;
  static inline constexpr const char* name = "terraform_finder";

  terraform_finder(actor_type::pointer self, terraform_finder_options options)
    : self_(self), options_(std::move(options)),
      search_(search::begin(options_.settings->driver, options_.environment)),
      process_(options_.processes, "terraform version") {
    cafx::install_guards(
      self_, [](const std::string& text) { log::error(component, text); });
  }

  actor_type::behavior_type make_behavior() {
    return {
      [this](const find_program&) -> caf::result<driver_program> {
        auto promise = self_->make_response_promise<driver_program>();
        found_ = cafx::answer<driver_program>{promise};
        on(search::step(search_));
        return promise;
      },
    };
  }

private:
  void on(search::transition next) {
    search_ = std::move(next.state);
    std::visit([this](const auto& decision) { perform(decision); },
               next.decision);
  }

  void perform(const search::ask& decision) {
    auto argv = decision.arguments;
    argv.insert(argv.begin(), decision.path);
    process_.start(
      self_,
      {.request = {.key = "terraform version",
                   .argv = std::move(argv),
                   .environment = terraform::passed_on(options_.environment),
                   .directory = options_.process_directory,
                   .timeout = answer_limit},
       .deadline = 3 * answer_limit,
       .on_end =
         [this](const process_finished& end) {
           on(search::step(search_, search::answered{end}));
         },
       .on_failure =
         [this](error reason) {
           on(search::step(search_, search::not_started{reason}));
         }});
  }

  void perform(const search::found& decision) {
    const auto& program = decision.program;
    auto version = to_string(program.version);
    const auto& configured = options_.settings->driver.version;
    if (!configured.empty() && configured != version)
      log::warn(component,
                "another terraform version was found that does not match the "
                "configured version",
                {{"terraform_path", folder_of(program.path)},
                 {"terraform_version", version},
                 {"configured_version", configured}});
    log::info(
      component, "skipping install, terraform already exists",
      {{"tf_version", version}, {"install_path", folder_of(program.path)}});
    warn_of_suppressed();
    found_.deliver(driver_program{.path = program.path, .version = version});
    self_->quit();
  }

  void warn_of_suppressed() const {
    for (const auto& variable :
         terraform::suppressed_variables(options_.environment))
      log::warn(component,
                "inherited environment variable is not passed on to Terraform",
                {{"name", variable}});
  }

  void perform(const search::failed& decision) {
    if (!decision.unsupported.empty())
      log::error(
        component,
        "found Terraform version does not satisfy the version constraint",
        {{"terraform_path", folder_of(decision.path)},
         {"version", decision.unsupported},
         {"compatible_version_constraint",
          std::string{terraform::version_constraint}}});
    found_.fail(to_caf(decision.reason));
    self_->quit();
  }

  actor_type::pointer self_;
  terraform_finder_options options_;
  search::state search_;
  terraform::running_process process_;
  cafx::answer<driver_program> found_;
};

} // namespace

driver_setup_actor make_terraform_finder(caf::local_actor* parent,
                                         terraform_finder_options options) {
  return cafx::spawn_state<terraform_finder>(parent, std::move(options));
}

} // namespace cts
