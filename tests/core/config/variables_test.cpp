#include "tests/core/config/config_fixture.hpp"

// Acceptance checks 92 to 94 of the configuration chapter, and `variables`.

namespace cts::config {
namespace {

TEST(Variables, LetLaterFilesWin) { // 94
  auto x = configuration{};
  x.files["1.tfvars"] = "a=\"x\"\nb=1\n";
  x.files["2.tfvars"] = "a=\"y\"\n";
  auto variables
    = x.accept(task_t("variables { b = \"2\" c = \"[1]\" } variable_files = "
                      "[\"1.tfvars\", \"2.tfvars\"]"))
        .value.tasks[0]
        .variables;
  EXPECT_EQ(variables, (object{{"a", {std::string{"y"}}},
                               {"b", {number{"1"}}},
                               {"c", {list{cts::value{number{"1"}}}}}}));
}

TEST(Variables, RefuseMissingAndWrongFilesFirst) { // 92, 93
  auto x = configuration{};
  x.files["v.tfvars"] = "a=var.x\n";
  auto missing = x.refuse(task_t("variable_files = [\"nope.tfvars\"]")
                          + "tls { verify_incoming = true }");
  EXPECT_EQ(missing.errors[0].message,
            "open nope.tfvars: no such file or directory");
  EXPECT_EQ(missing.errors[0].where_found, stage::finalize);
  EXPECT_EQ(missing.errors.size(), 2u);
  EXPECT_EQ(x.first_error(task_t("variable_files = [\"v.tfvars\"]")),
            "v.tfvars:1,3-6: Variables not allowed; Variables may not be used "
            "here.");
}

TEST(Variables, NeedQuotesOfTheirOwn) {
  EXPECT_EQ(configuration{}.first_error(task_t("variables { a = \"str\" }")),
            "error initializing task a: :1,1-4: Variables not allowed; "
            "Variables may not be used here.");
}

} // namespace
} // namespace cts::config
