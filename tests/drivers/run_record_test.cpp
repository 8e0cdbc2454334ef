#include "drivers/terraform/run_record.hpp"

#include <gtest/gtest.h>

namespace cts::terraform {
namespace {

run_record sample(std::int64_t id) {
  return {.process_id = id,
          .process_start = 99,
          .boot_id = "b",
          .host = "h",
          .command = "terraform \"apply\"",
          .started = 1000,
          .ended = 1001,
          .killed = true};
}

TEST(RunRecords, SurviveTheirFile) {
  auto running = sample(2);
  running.ended.reset();
  running.job = "5f0c8a52-0d4e-4c55-9c3e-0d9f7a4b6e11";
  auto all = run_records{sample(1), running};
  EXPECT_EQ(decode_run_records(encode_run_records(all)), all);
}

TEST(RunRecords, KeepTheNewest) {
  auto all = run_records{};
  for (auto i = 0; i < 20; ++i)
    all.push_back(sample(i));
  auto kept = decode_run_records(encode_run_records(all));
  EXPECT_EQ(kept.size(), run_records_max);
  EXPECT_EQ(kept.back(), sample(19));
}

TEST(RunRecords, AreEmptyIfTheFileIsNotOurs) {
  for (auto text : {"", "{}", "[1]", R"({"runs": [{}]})", R"({"runs": 1})"})
    EXPECT_TRUE(decode_run_records(text).empty()) << text;
}

} // namespace
} // namespace cts::terraform
