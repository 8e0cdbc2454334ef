#include "api/target.hpp"

#include <gtest/gtest.h>

#include <random>

using namespace cts::api;

using strings = std::vector<std::string>;

TEST(Target, DecodesPercentOnce) {
  EXPECT_EQ(percent_decoded("t%31"), "t1");
  EXPECT_EQ(percent_decoded("%2541"), "%41");
  EXPECT_EQ(percent_decoded("a+b"), "a+b");
  EXPECT_EQ(percent_decoded("%c3%A4"), "ä");
}

TEST(Target, RefusesBrokenPercentEncoding) {
  EXPECT_FALSE(percent_decoded("%"));
  EXPECT_FALSE(percent_decoded("a%4"));
  EXPECT_FALSE(percent_decoded("%g0"));
  EXPECT_FALSE(parse_target("/a%zz"));
}

TEST(Target, SplitsPathAndQuery) {
  const auto parsed = parse_target("/v1/tasks?run=now&x&y=a=b&run=inspect");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->path, "/v1/tasks");
  EXPECT_EQ(values_of(*parsed, "run"), (strings{"now", "inspect"}));
  EXPECT_EQ(values_of(*parsed, "x"), strings{""});
  EXPECT_EQ(values_of(*parsed, "y"), strings{"a=b"});
  EXPECT_EQ(values_of(*parsed, "z"), strings{});
}

TEST(Target, DecodesTheQueryAndSkipsWhatIsBroken) {
  const auto parsed = parse_target("/?a=1+2%263&b=%zz&c;d=1&e=2&&");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(values_of(*parsed, "a"), strings{"1 2&3"});
  EXPECT_EQ(values_of(*parsed, "e"), strings{"2"});
  EXPECT_EQ(parsed->query.size(), 2U);
}

TEST(Target, KeepsAnEncodedSlashApartFromASeparator) {
  EXPECT_EQ(parse_target("/a%2Fb")->path, "/a%2Fb");
}

TEST(Target, AcceptsTheFormsOfHttp) {
  EXPECT_EQ(parse_target("http://host:1/v1/tasks?a=b")->path, "/v1/tasks");
  EXPECT_EQ(parse_target("http://host")->path, "/");
  EXPECT_EQ(parse_target("*")->path, "*");
  EXPECT_EQ(parse_target("/a?x=http://b/c")->path, "/a");
  EXPECT_FALSE(parse_target("v1/tasks"));
  EXPECT_FALSE(parse_target(""));
}

TEST(Target, SurvivesAnything) {
  auto random = std::mt19937{7};
  auto byte = std::uniform_int_distribution<int>{0, 255};
  for (auto round = 0; round < 20'000; ++round) {
    auto text = std::string{"/"};
    for (auto i = byte(random) % 24; i > 0; --i)
      text += "%&=?;+/a1"[byte(random) % 9];
    text += static_cast<char>(byte(random));
    if (const auto parsed = parse_target(text)) {
      EXPECT_TRUE(parsed->path.starts_with('/'));
    }
  }
}
