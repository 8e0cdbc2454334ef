#include "drivers/terraform/state_file.hpp"

#include "actors/contract.hpp"

#include <gtest/gtest.h>

namespace cts::terraform {
namespace {

constexpr auto errored = R"({"serial": 2, "lineage": "a", "resources": [{}]})";

std::string verdict(const std::string& stored) {
  auto x = judge_errored_state(errored, stored);
  if (!x)
    return x.error().message;
  return *x == errored_state::push ? "push" : "archive";
}

TEST(ErroredState, IsPushedWhereItContinuesTheStoredOne) {
  EXPECT_EQ(verdict(R"({"serial":1,"lineage":"a","resources":[{}]})"), "push");
  EXPECT_EQ(verdict(R"({"serial":5,"lineage":"b","resources":[]})"), "push");
  EXPECT_EQ(verdict("\n"), "push");
  EXPECT_EQ(verdict(errored), "archive");
}

TEST(ErroredState, IsNotPushedWhereTheStoredOneCannotBeRead) {
  auto sentence = std::string{
    "cannot be compared with the stored state, which cannot be read"};
  EXPECT_EQ(verdict("Warning: x"), sentence);
  EXPECT_EQ(verdict("{}"), sentence);
  EXPECT_EQ(verdict(R"({"serial":1,"lineage":"a)"), sentence);
}

TEST(ErroredState, IsLeftToTheOperatorWhereTheStoredOneIsTooBig) {
  auto tail = std::string(process_output_max - 1, ' ') + '}';
  auto said = verdict(tail);
  EXPECT_NE(said.find(" because it has more than 4 MiB"), std::string::npos);
  EXPECT_NE(said.find("run `terraform state push errored.tfstate`"),
            std::string::npos);
}

} // namespace
} // namespace cts::terraform
