#pragma once

#include "runtime/process_runner.hpp"
#include "tests/runtime/service_fixture.hpp"

#include <caf/send.hpp>

#include <string>

namespace cts {

/// A process service and a shell to run with it.
class ProcessRunner : public service_fixture {
protected:
  ~ProcessRunner() override {
    caf::anon_send_exit(runner, caf::exit_reason::user_shutdown);
  }

  start_process shell(const std::string& script) {
    return {.key = "key",
            .argv = {"/bin/sh", "-c", script},
            .environment = {"PATH=/usr/bin:/bin"},
            .directory = directory};
  }

  result<process_finished> run(const start_process& request) {
    return ask<process_finished>(runner, request);
  }

  auto begin(const start_process& request) {
    return self->request(runner, patience, request);
  }

  process_runner_actor runner = make_process_runner(self.ptr(), io.context());
};

} // namespace cts
