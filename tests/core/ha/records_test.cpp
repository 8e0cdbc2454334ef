#include "core/ha/records.hpp"

#include "core/ha/json.hpp"
#include "core/rfc3339.hpp"
#include "core/sha256.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <random>

namespace cts::ha {
namespace {

/// Draws records of any content.
class source {
public:
  explicit source(std::uint32_t seed) : random_{seed} {}

  std::uint64_t number() { return random_() >> (random_() % 64U); }
  bool flag() { return random_() % 2 == 0; }
  int port() { return static_cast<int>(random_() % 65536U); }
  std::chrono::milliseconds lease() {
    return std::chrono::milliseconds{random_() % 90'000U};
  }

  std::string text() {
    constexpr auto letters = std::string_view{"ab\"\\/\n\t\x01 %{}"};
    auto out = std::string{};
    for (auto n = random_() % 8U; n > 0; --n)
      out += random_() % 9U == 0
               ? std::string{"\xC3\xA4"}
               : std::string{letters[random_() % letters.size()]};
    return out;
  }

  wall_time time() {
    return wall_time{
      std::chrono::microseconds{random_() % 4'000'000'000'000'000U}};
  }

  std::vector<std::string> texts() {
    auto out = std::vector<std::string>{};
    for (auto n = random_() % 3U; n > 0; --n)
      out.push_back(text());
    return out;
  }

  task_event event() {
    auto out = task_event{.id = text(),
                          .success = flag(),
                          .start_time = time(),
                          .end_time = time(),
                          .task = text(),
                          .providers = texts(),
                          .services = texts(),
                          .source = text()};
    if (!out.success)
      out.error = text();
    return out;
  }

  /// Members of a newer version.
  object rest() {
    auto out = object{};
    for (auto n = random_() % 3U; n > 0; --n)
      out["new_" + std::to_string(n)]
        = flag() ? value{text()} : value{list{{flag()}, {}}};
    return out;
  }

  meta_record meta() {
    return {.schema = port() + 1,
            .min_reader = port() + 1,
            .cluster = text(),
            .epoch = number(),
            .generation = number(),
            .leader = text(),
            .boot = text(),
            .created = time(),
            .writer = text(),
            .rest = rest()};
  }

  leader_record leader() {
    return {.id = text(),
            .boot = text(),
            .epoch = number(),
            .address = text(),
            .port = port(),
            .scheme = text(),
            .service_name = text(),
            .state = static_cast<lock_state>(number() % 3U),
            .clean = flag(),
            .elected_at = time(),
            .reason = text(),
            .rest = rest()};
  }

  instance_record instance() {
    return {.id = text(),
            .boot = text(),
            .session = text(),
            .seq = number(),
            .lease = lease(),
            .role = text(),
            .host = text(),
            .host_boot_id = text(),
            .pid = number(),
            .pid_start = number(),
            .address = text(),
            .port = port(),
            .scheme = text(),
            .service_name = text(),
            .version = text(),
            .schema_max = port(),
            .warm
            = {.tasks = number(), .ready = number(), .incompatible = texts()},
            .started_at = time(),
            .rest = rest()};
  }

  inflight_record inflight() {
    auto out = inflight_record{.task = text(),
                               .epoch = number(),
                               .owner = text(),
                               .boot = text(),
                               .job = text(),
                               .driver = text(),
                               .phase = text(),
                               .state = static_cast<run_state>(number() % 3U),
                               .lease = lease(),
                               .who = text(),
                               .started_at = time(),
                               .backend_type = text(),
                               .lock_key = text(),
                               .workspace_id = text(),
                               .run_id = text(),
                               .killed = flag(),
                               .rest = rest()};
    if (flag())
      out.result = event();
    return out;
  }

  task_record task() {
    return {.name = "n" + text(),
            .source = text(),
            .order = number(),
            .rev = number(),
            .enabled = flag(),
            .deleting = flag(),
            .config = rest(),
            .updated_at = time(),
            .updated_by = text(),
            .updated_in = number(),
            .rest = rest()};
  }

  events_record events() {
    auto out
      = events_record{.runs = number(), .failures = number(), .rest = rest()};
    for (auto n = number() % 6U; n > 0; --n)
      out.events.push_back(event());
    return out;
  }

private:
  std::mt19937_64 random_;
};

template <class Record, class Decode>
void expect_same(const Record& x, Decode decode) {
  auto read = decode(encode(x));
  ASSERT_TRUE(read) << read.error().message << ": " << encode(x);
  EXPECT_EQ(*read, x) << encode(x);
}

TEST(Records, ReadBackAsTheyWereWritten) {
  for (auto seed = 0U; seed < 500; ++seed) {
    auto from = source{seed};
    expect_same(from.meta(), decode_meta);
    expect_same(from.leader(), decode_leader);
    expect_same(from.instance(), decode_instance);
    expect_same(from.inflight(), decode_inflight);
    expect_same(from.task(), decode_task_record);
    expect_same(from.events(), decode_events);
  }
}

/// The text with a member put into each object that begins with `opening`.
std::string grown(std::string text, const std::string& opening) {
  auto at = text.find(opening);
  EXPECT_NE(at, std::string::npos) << text;
  return text.insert(at + opening.size(), R"("future":[1.50,{"x":null}],)");
}

template <class Decode>
void expect_kept(const std::string& text, Decode decode) {
  auto read = decode(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(parse_json(encode(*read)).value(), parse_json(text).value());
}

TEST(Records, KeepWhatTheyDoNotKnow) {
  auto from = source{1};
  expect_kept(grown(encode(from.meta()), "{"), decode_meta);
  expect_kept(grown(encode(from.leader()), "{"), decode_leader);
  expect_kept(grown(encode(from.instance()), "{"), decode_instance);
  expect_kept(grown(encode(from.instance()), R"("warm":{)"), decode_instance);
  auto run = from.inflight();
  run.run_id = "run-1";
  expect_kept(grown(encode(run), R"("backend":{)"), decode_inflight);
  expect_kept(grown(encode(run), R"("tfc":{)"), decode_inflight);
  expect_kept(grown(encode(from.task()), R"("updated_by":{)"),
              decode_task_record);
  expect_kept(grown(encode(from.events()), "{"), decode_events);
}

TEST(Records, ReadTheExamplesOfTheSpecification) {
  auto meta = decode_meta(
    R"({ "v":1, "min_reader":1, "cluster":"cts-cluster", "epoch":17, "gen":3,
         "leader":"cts-01", "boot":"8c1e", "created":"2024-05-04T10:30:49Z",
         "writer":"cts/0.1" })");
  ASSERT_TRUE(meta);
  EXPECT_EQ(meta->epoch, 17u);
  EXPECT_EQ(meta->generation, 3u);
  auto run = decode_inflight(
    R"({ "v":1, "task":"task_a", "epoch":17, "owner":"cts-01", "boot":"8c",
         "job":"j", "driver":"terraform", "phase":"apply", "state":"running",
         "lease_ms":30000, "who":"cts@h1", "started_at":"",
         "backend":{ "type":"consul", "lock_key":"a/.lock" },
         "killed":false, "result":null })");
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_EQ(run->lease, std::chrono::seconds{30});
  EXPECT_EQ(run->lock_key, "a/.lock");
  EXPECT_FALSE(run->result);
}

TEST(Records, RefuseWrongTypesAndVersions) {
  EXPECT_FALSE(decode_meta("[]"));
  EXPECT_FALSE(decode_meta(R"({"v":1})"));
  EXPECT_FALSE(decode_meta(R"({"v":1,"min_reader":1,"epoch":"x"})"));
  EXPECT_FALSE(decode_leader(R"({"v":0})"));
  EXPECT_FALSE(decode_leader(R"({"v":1,"state":"odd"})"));
  EXPECT_FALSE(decode_instance(R"({"v":1,"lease_ms":86400001})"));
  EXPECT_FALSE(decode_inflight(R"({"v":1,"backend":[]})"));
  EXPECT_FALSE(decode_task_record(R"({"v":1,"name":"a"})"));
  EXPECT_FALSE(decode_events(R"({"v":1,"events":[3]})"));
  EXPECT_FALSE(decode_events(R"({"v":1})"));
}

TEST(Records, SurviveDamagedText) {
  auto random = std::mt19937{5};
  for (auto seed = 0U; seed < 300; ++seed) {
    auto from = source{seed};
    for (auto text : {encode(from.meta()), encode(from.leader()),
                      encode(from.instance()), encode(from.inflight()),
                      encode(from.task()), encode(from.events())}) {
      text[random() % text.size()] = static_cast<char>(random() % 256);
      text.resize(text.size() - random() % 3);
      (void)decode_meta(text);
      (void)decode_leader(text);
      (void)decode_instance(text);
      (void)decode_inflight(text);
      (void)decode_task_record(text);
      (void)decode_events(text);
      (void)decode_chunked(text);
    }
  }
}

TEST(Records, TellTheDigestOfTheConfiguration) {
  auto x = task_record{.name = "a", .config = {{"module", {true}}}};
  EXPECT_NE(encode(x).find(sha256_hex(R"({"module":true})")),
            std::string::npos);
}

TEST(Records, KeepTheFiveNewestEvents) {
  auto x = events_record{};
  for (auto i = 0; i < 7; ++i)
    EXPECT_TRUE(add_event(
      x, {.id = std::to_string(i), .success = i % 2 == 0, .task = "t"}));
  ASSERT_EQ(x.events.size(), event_store::events_max);
  EXPECT_EQ(x.events.front().id, "6");
  EXPECT_EQ(x.events.back().id, "2");
  EXPECT_EQ(x.runs, 7u);
  EXPECT_EQ(x.failures, 3u);
}

TEST(Records, TakeAnEventOnce) {
  auto x = events_record{};
  EXPECT_TRUE(add_event(x, {.id = "a", .task = "t"}));
  EXPECT_FALSE(add_event(x, {.id = "a", .task = "t"}));
  EXPECT_EQ(x.runs, 1u);
}

TEST(Records, CutLongErrors) {
  auto x = events_record{};
  add_event(x, {.id = "a",
                .task = "t",
                .error = std::string(event_store::error_bytes_max + 3, 'x')});
  EXPECT_TRUE(x.events.front().error->ends_with("... [truncated 3 bytes]"));
  // Bytes that are no UTF-8 get longer, and are cut afterwards.
  add_event(x, {.id = "b", .task = "t", .error = std::string(20'000, '\xFF')});
  EXPECT_LT(x.events.front().error->size(), event_store::error_bytes_max + 40);
  for (auto i = 0; i < 5; ++i)
    add_event(x, {.id = std::to_string(i),
                  .task = "t",
                  .error = std::string(20'000, 'x')});
  EXPECT_LT(encode(x).size(), 100U * 1024U);
  expect_same(x, decode_events);
}

TEST(Records, PointToChunks) {
  auto x = chunked_record{
    .sha256 = "ab", .size = 5, .pieces = 2, .directory = "chunks/tasks/t/ab/"};
  EXPECT_EQ(decode_chunked(encode(x)), x);
  EXPECT_FALSE(decode_chunked(encode(task_record{.name = "a"})));
  EXPECT_FALSE(decode_chunked("garbage"));
}

} // namespace
} // namespace cts::ha
