#include "drivers/terraform/terraform_finder.hpp"

#include "actors/caf/state_actor.hpp"
#include "actors/log.hpp"
#include "tests/support/sim_fixture.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace cts {
namespace {

using words = std::vector<std::string>;

/// Every program is the Terraform of this version.
class versioned_processes {
public:
  using actor_type = process_actor;
  static inline constexpr const char* name = "versioned_processes";

  versioned_processes(process_actor::pointer, std::string version)
    : version_(std::move(version)) {}

  process_actor::behavior_type make_behavior() {
    return {
      [this](const start_process&) {
        return process_finished{.output = "{\"terraform_version\": \""
                                          + version_ + "\"}"};
      },
      [](const stop_process&) {},
      [](const extend_lease&) {},
      [](revoke_lease) {},
    };
  }

private:
  std::string version_;
};

class TerraformFinder : public cafx::sim_fixture {
protected:
  void TearDown() override {
    log::set_sink({});
    sim_fixture::TearDown();
  }

  bool find(const std::string& version) {
    log::set_sink([this](const log::line& x) {
      if (x.level == log::level::warn)
        warnings.push_back(std::string{x.sentence} + ": "
                           + x.fields.front().value);
      for (const auto& field : x.fields)
        values.push_back(field.value);
    });
    auto processes
      = cafx::spawn_state<versioned_processes>(self.ptr(), version);
    auto finder = make_terraform_finder(
      self.ptr(), {.settings = std::make_shared<const cts::config::settings>(),
                   .environment = {"TF_LOG=hidden", "TF_CLI_ARGS_init=hidden",
                                   "PATH=/bin", "TF_VAR_x=1", "TF_INPUT="},
                   .process_directory = "/srv",
                   .processes = processes});
    auto found = ask<driver_program>(finder, find_program{});
    stop(processes);
    return static_cast<bool>(found);
  }

  words warnings;
  words values;
};

TEST_F(TerraformFinder, WarnsOfVariablesThatAreNotPassedOn) {
  EXPECT_TRUE(find("1.2.9"));
  auto sentence = std::string{"inherited environment variable is not passed "
                              "on to Terraform: "};
  EXPECT_EQ(warnings,
            (words{sentence + "TF_CLI_ARGS_init", sentence + "TF_LOG"}));
  for (const auto& value : values)
    EXPECT_EQ(value.find("hidden"), std::string::npos) << value;
}

TEST_F(TerraformFinder, DoesNotWarnWithoutAProgram) {
  EXPECT_FALSE(find("0.1.0"));
  EXPECT_EQ(warnings, words{});
}

} // namespace
} // namespace cts
