#pragma once

#include "tests/support/child_daemon.hpp"
#include "tests/support/real_consul.hpp"
#include "tests/support/real_program.hpp"
#include "tests/support/temp_directory.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace cts::test {

/// The built program in a folder of its own, beside a real Consul.
class Instance : public ::testing::Test {
protected:
  /// Skips the test without Consul or Terraform.
  void SetUp() override;

  /// Writes `cts.hcl`: connection, driver and a free port, then `more`.
  void configure(const std::string& more);

  /// A task `name` with the module `list`, for the service `name`.
  static std::string task(const std::string& name,
                          const std::string& more = {});

  /// Starts the program with these words and remembers it as `daemon`.
  void start(std::vector<std::string> words
             = {"start", "-config-file=cts.hcl"});

  /// Waits until the API listens and notes its port.
  void wait_for_api();

  /// From now on each apply of the module `list` says when its work begins.
  void make_bell();

  /// Waits for the work of an apply to begin.
  void wait_for_bell();

  /// The body of the API's answer to `GET target`.
  std::string get(const std::string& target);

  /// The whole answer of the API to a request with a JSON body.
  std::string ask(const std::string& method, const std::string& target,
                  const std::string& body = {});

  /// Waits for a log line that contains `text`; fails the test without it.
  std::string expect_line(const std::string& text);

  /// Waits for the program's end and checks how it ended.
  void expect_exit(int code);

  /// All that the program has logged.
  const std::string& log() const { return daemon->standard_error(); }

  /// The file below the working directory of task `name`.
  std::string task_file(const std::string& name, const std::string& file) {
    return folder.read("sync-tasks/" + name + "/" + file);
  }

  void register_service(const std::string& name, const std::string& id);

  temp_directory folder{};
  std::unique_ptr<real_consul> consul{};
  std::unique_ptr<child_daemon> daemon{};
  std::string consul_address{};
  int port = 0;
};

} // namespace cts::test
