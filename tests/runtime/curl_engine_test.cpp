#include "runtime/curl_engine.hpp"

#include "tests/support/scripted_server.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <set>

namespace cts {
namespace {

using namespace std::chrono_literals;
using action = scripted_server::action;

/// Collects what the engine reports, from whichever thread.
class reports {
public:
  curl_engine::finished writer() {
    return [this](std::uint64_t ticket, result<http_reply> outcome,
                  exchange_end how) {
      auto guard = std::lock_guard{mutex_};
      ends_.insert_or_assign(ticket, how);
      outcomes_.insert_or_assign(ticket, std::move(outcome));
      changed_.notify_all();
    };
  }

  std::map<std::uint64_t, result<http_reply>> await(std::size_t count) {
    auto lock = std::unique_lock{mutex_};
    changed_.wait(lock, [&] { return outcomes_.size() >= count; });
    return outcomes_;
  }

  /// After await().
  exchange_end end_of(std::uint64_t ticket) const { return ends_.at(ticket); }

private:
  std::map<std::uint64_t, exchange_end> ends_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, result<http_reply>> outcomes_;
};

TEST(CurlEngine, MayBeUsedFromAnyThread) {
  auto server = scripted_server{
    [](const std::string&) { return action{http_response(200, "ok")}; }};
  auto seen = reports{};
  auto engine = curl_engine{{}, seen.writer()};
  auto threads = std::vector<std::thread>{};
  for (auto t = 0u; t < 4; ++t)
    threads.emplace_back([&engine, &server, t] {
      for (auto i = 0u; i < 25; ++i)
        engine.start(
          t * 25 + i,
          {.method = "GET", .url = server.url("/"), .deadline = 20s});
    });
  for (auto& thread : threads)
    thread.join();
  for (const auto& [ticket, outcome] : seen.await(100))
    EXPECT_TRUE(outcome) << outcome.error().message;
}

TEST(CurlEngine, TellsHowExchangesEnd) {
  auto server = scripted_server{[](const std::string& request) {
    return request.starts_with("GET /answer") ? action{http_response(200, "ok")}
                                              : action{.close = true};
  }};
  auto seen = reports{};
  auto engine = curl_engine{{}, seen.writer()};
  engine.start(
    1, {.method = "GET", .url = server.url("/answer"), .deadline = 20s});
  engine.start(2,
               {.method = "GET", .url = server.url("/close"), .deadline = 20s});
  engine.start(
    3, {.method = "GET", .url = "http://127.0.0.1:1/", .deadline = 20s});
  seen.await(3);
  EXPECT_EQ(seen.end_of(1), exchange_end::answered);
  EXPECT_EQ(seen.end_of(2), exchange_end::closed);
  EXPECT_EQ(seen.end_of(3), exchange_end::refused);
}

TEST(CurlEngine, EndsWithExchangesUnderWay) {
  auto server = scripted_server{[](const std::string&) { return action{}; }};
  auto seen = reports{};
  {
    auto engine = curl_engine{{}, seen.writer()};
    for (auto i = 0u; i < 20; ++i)
      engine.start(i,
                   {.method = "GET", .url = server.url("/"), .deadline = 1h});
    engine.cancel(3);
    engine.cancel(99);
  }
  server.await_disconnects();
  EXPECT_TRUE(seen.await(0).empty());
}

TEST(CurlEngine, ReportsAUrlThatIsNone) {
  auto seen = reports{};
  auto engine = curl_engine{{}, seen.writer()};
  engine.start(1, {.method = "GET", .url = "ftp://a/", .deadline = 20s});
  EXPECT_FALSE(seen.await(1).at(1));
}

} // namespace
} // namespace cts
