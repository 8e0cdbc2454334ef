#pragma once

#include "drivers/terraform/terraform_driver.hpp"

#include "actors/caf/state_actor.hpp"
#include "actors/errors.hpp"
#include "actors/log.hpp"
#include "tests/support/sim_fixture.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <deque>

namespace cts {

using words = std::vector<std::string>;

/// What the fake world does and has seen.
struct script {
  /// Answers to commands in their order; afterwards all succeed.
  std::deque<process_finished> ends{};
  /// The next command does not end by itself.
  bool hangs = false;
  std::optional<error> start_failure{};
  std::optional<error> write_failure{};
  std::map<std::string, std::string> disk{};

  words commands{};
  std::vector<start_process> requests{};
  std::vector<milliseconds> stops{};
};

using script_ptr = std::shared_ptr<script>;

/// Answers commands as the script says; what hangs ends when it is stopped.
class fake_processes {
public:
  using actor_type = process_actor;
  static inline constexpr const char* name = "fake_processes";

  fake_processes(process_actor::pointer self, script_ptr script)
    : self_(self), script_(std::move(script)) {}

  process_actor::behavior_type make_behavior() {
    return {
      [this](const start_process& x) -> caf::result<process_finished> {
        script_->requests.push_back(x);
        script_->commands.push_back(x.argv.at(1));
        if (script_->start_failure)
          return to_caf(*script_->start_failure);
        if (script_->hangs) {
          hanging_ = self_->make_response_promise<process_finished>();
          return hanging_;
        }
        return next();
      },
      [this](const stop_process& x) {
        script_->stops.push_back(x.grace);
        if (hanging_.pending())
          hanging_.deliver(process_finished{.exit_code = 1, .stopped = true});
      },
      [](const extend_lease&) {},
      [](revoke_lease) {},
    };
  }

private:
  process_finished next() {
    if (script_->ends.empty())
      return {.output = R"({"valid": true})", .wall_time = milliseconds{7}};
    auto end = script_->ends.front();
    script_->ends.pop_front();
    return end;
  }

  process_actor::pointer self_;
  script_ptr script_;
  caf::typed_response_promise<process_finished> hanging_{};
};

/// A disk in memory.
class fake_files {
public:
  using actor_type = files_actor;
  static inline constexpr const char* name = "fake_files";

  fake_files(files_actor::pointer, script_ptr script)
    : script_(std::move(script)) {}

  files_actor::behavior_type make_behavior() {
    return {
      [this](const write_files& x) -> caf::result<files_written> {
        if (script_->write_failure)
          return to_caf(*script_->write_failure);
        auto done = files_written{};
        for (const auto& file : x.files) {
          auto& bytes = script_->disk[x.directory + '/' + file.name];
          if (bytes != file.bytes)
            done.changed.push_back(file.name);
          bytes = file.bytes;
        }
        return done;
      },
      [this](const read_files& x) -> caf::result<files_read> {
        auto done = files_read{};
        for (const auto& path : x.paths) {
          auto found = script_->disk.find(path);
          done.contents.emplace_back();
          if (found != script_->disk.end())
            done.contents.back() = found->second;
        }
        return done;
      },
      [this](const remove_files& x) {
        for (const auto& path : x.paths)
          script_->disk.erase(path);
      },
    };
  }

private:
  script_ptr script_;
};

class TerraformDriver : public cafx::sim_fixture {
protected:
  TerraformDriver() {
    configuration.driver.backend.type = "local";
    task.name = "web";
    task.module = "./m";
    task.working_dir = "sync-tasks/web";
    task.condition
      = cts::config::services_condition{.query = {.names = {"api"}}};
  }

  void start() {
    processes = cafx::spawn_state<fake_processes>(self.ptr(), world);
    files = cafx::spawn_state<fake_files>(self.ptr(), world);
    driver = make_terraform_driver(
      self.ptr(),
      {.task = std::make_shared<const cts::config::task>(task),
       .settings = std::make_shared<const cts::config::settings>(configuration),
       .program = {.path = "/bin/terraform", .version = {1, 11, 4, ""}},
       .process_directory = "/srv",
       .environment = {"PATH=/bin"},
       .files = files,
       .processes = processes,
       .consul = consul,
       .clock = [] { return wall_time{std::chrono::seconds{1767323045}}; }});
    run();
  }

  void TearDown() override {
    stop(driver);
    stop(processes);
    stop(files);
    sim_fixture::TearDown();
  }

  /// The answer in words.
  template <class Answer, class Message>
  std::string say(const Message& what) {
    auto answer = ask<Answer>(driver, what);
    return answer ? "done" : to_core(answer.error()).message;
  }

  std::string file(const std::string& name) {
    return world->disk.at("/srv/sync-tasks/web/" + name);
  }

  script_ptr world = std::make_shared<script>();
  cts::config::settings configuration;
  cts::config::task task;
  process_actor processes;
  files_actor files;
  consul_actor consul;
  driver_actor driver;
};

} // namespace cts
