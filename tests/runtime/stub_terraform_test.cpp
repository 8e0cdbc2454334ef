#include "drivers/terraform/terraform_finder.hpp"
#include "tests/runtime/terraform_fixture.hpp"

namespace cts {
namespace {

/// A program that records how it is called.
class StubTerraform : public terraform_fixture {
protected:
  StubTerraform() {
    program.path = directory / "bin" / "terraform";
    std::filesystem::create_directories(directory / "bin");
    std::filesystem::copy_file(
      path{CTS_SOURCE_DIR} / "tests/support/stub_terraform", program.path);
    configuration.driver.path = directory / "bin";
    configuration.driver.path_configured = true;
    environment = {"PATH=/usr/bin:/bin", "SECRET=1"};
    says_version("1.11.4");
  }

  void says_version(const std::string& version) {
    put(program.path + ".version", version);
  }

  result<driver_program> find() {
    auto finder = make_terraform_finder(
      self.ptr(),
      {.settings = std::make_shared<const config::settings>(configuration),
       .environment = environment,
       .process_directory = directory,
       .processes = runner});
    return ask<driver_program>(finder, find_program{});
  }

  std::string recorded(const std::string& what) const {
    return bytes_of(program.path + '.' + what);
  }

  void run_all() {
    auto found = find().value();
    program = {.path = found.path,
               .version = terraform::parse_version(found.version).value()};
    auto x = driver();
    ASSERT_TRUE(prepare(x));
    ASSERT_TRUE(render(x, {"api-1"}));
    ASSERT_TRUE(apply(x));
  }
};

constexpr auto unsupported
  = "unsupported Terraform version: remove Terraform from the configured path "
    "or specify a new path to safely install a compatible version.";

TEST_F(StubTerraform, IsCalledLikeTheReferenceDoesIt) {
  configuration.driver.classic_commands = true;
  run_all();
  EXPECT_EQ(recorded("log"),
            "version -json\n"
            "init -no-color -force-copy -input=false -backend=true -get=true "
            "-upgrade=false\n"
            "workspace new -no-color web\n"
            "workspace select -no-color web\n"
            "validate -no-color -json\n"
            "apply -no-color -auto-approve -input=false -lock=true "
            "-parallelism=10 -refresh=true\n");
  EXPECT_EQ(recorded("pwd"), (directory / task.working_dir).string() + "\n");
}

TEST_F(StubTerraform, IsCalledWithFewerCommandsByDefault) {
  run_all();
  EXPECT_EQ(recorded("log").find("workspace"), std::string::npos);
  EXPECT_EQ(bytes_of(directory / task.working_dir / ".terraform/environment"),
            "web");
}

TEST_F(StubTerraform, GetsTheLongFormOfInitIfItIsOld) {
  says_version("0.13.7");
  configuration.providers = {{.name = "dns"}};
  task.providers = {"dns"};
  run_all();
  EXPECT_NE(recorded("log").find("-get-plugins=true -verify-plugins=true"),
            std::string::npos);
  auto variables = bytes_of(directory / task.working_dir / "variables.tf");
  EXPECT_NE(variables.find("variable \"dns\""), std::string::npos);
  EXPECT_EQ(variables.find("sensitive"), std::string::npos);
}

TEST_F(StubTerraform, GetsExactlyTheEnvironmentOfTheChapter) {
  environment.insert(environment.end(),
                     {"TF_VAR_x=1", "TF_LOG=TRACE", "TF_CLI_ARGS=-x"});
  configuration.driver.backend.type = "consul";
  configuration.consul.token = "top-secret";
  run_all();
  EXPECT_EQ(recorded("env"),
            "CHECKPOINT_DISABLE=\nCONSUL_HTTP_ADDR=localhost:8500\n"
            "CONSUL_HTTP_TOKEN=top-secret\nPATH=/usr/bin:/bin\n"
            "PWD="
              + (directory / task.working_dir).string()
              + "\nSECRET=1\n"
                "TF_APPEND_USER_AGENT=consul-terraform-sync/" CTS_VERSION "\n"
                "TF_IN_AUTOMATION=1\nTF_LOG=\nTF_LOG_PATH=\nTF_VAR_x=1\n"
                "TF_WORKSPACE=\n");
}

TEST_F(StubTerraform, LeavesNoTokenInAnyFile) {
  configuration.driver.backend.type = "consul";
  configuration.consul.token = "top-secret";
  run_all();
  using walk = std::filesystem::recursive_directory_iterator;
  auto all = std::string{};
  for (const auto& entry : walk{directory / task.working_dir})
    if (entry.is_regular_file())
      all += bytes_of(entry.path());
  EXPECT_EQ(all.find("top-secret"), std::string::npos);
}

TEST_F(StubTerraform, IsRefusedIfItsVersionIs) {
  for (auto version : {"0.12.31", "2.0.0", "1.11.0-rc1"}) {
    says_version(version);
    EXPECT_EQ(find().error().message, unsupported) << version;
  }
}

TEST_F(StubTerraform, IsRefusedIfItIsNoProgram) {
  put(program.path, "just words");
  EXPECT_EQ(find().error().message,
            "incompatible Terraform binary: remove Terraform from the "
            "configured path or specify a new path to safely install a "
            "compatible version.");
}

TEST_F(StubTerraform, IsFoundInPathIfNoFolderIsConfigured) {
  configuration.driver.path = directory;
  configuration.driver.path_configured = false;
  environment
    = {"PATH=/nowhere:" + (directory / "bin").string() + ":/usr/bin:/bin"};
  EXPECT_EQ(find().value().path, program.path);
  configuration.driver.path_configured = true;
  EXPECT_EQ(
    find().error().message,
    "terraform not found in " + directory.string()
      + " and installation is disabled: put terraform on PATH, or name its "
        "folder as `path` of driver \"terraform\"");
}

TEST_F(StubTerraform, MakesARunFailWithItsWords) {
  put(program.path + ".fails", "apply");
  auto x = driver();
  ASSERT_TRUE(prepare(x));
  EXPECT_EQ(apply(x).error().message,
            "error tf-apply for 'web': exit status 1\nboom\n");
}

} // namespace
} // namespace cts
