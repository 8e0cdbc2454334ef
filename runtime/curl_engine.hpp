#pragma once

#include "runtime/curl_exchange.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace cts {

struct curl_multi_deleter {
  void operator()(CURLM* x) const { curl_multi_cleanup(x); }
};

/// Carries out any number of HTTP exchanges on one thread of its own. Knows no
/// actors; `start` and `cancel` may be called from any thread.
class curl_engine {
public:
  /// Called on the engine's thread, once for each started exchange that was
  /// not cancelled. Must not block.
  using finished = std::function<void(
    std::uint64_t ticket, result<http_reply> outcome, exchange_end how)>;

  curl_engine(http_options options, finished report);

  /// Drops what is under way without a report; waits for the thread, which
  /// takes no longer than closing the connections.
  ~curl_engine();

  curl_engine(const curl_engine&) = delete;
  curl_engine& operator=(const curl_engine&) = delete;

  /// `ticket` is new.
  void start(std::uint64_t ticket, http_request request);

  /// Closes the connection (HTTP/1.1) or resets the stream (HTTP/2). There
  /// may be a report all the same, if it was under way.
  void cancel(std::uint64_t ticket);

private:
  using command = std::function<void()>;

  void post(command x);
  bool run_commands();
  void run();
  void add(std::uint64_t ticket, http_request request, time_point late_at);
  void drop(std::uint64_t ticket);
  void finish(CURL* easy, CURLcode code);
  void collect();
  void expire();
  int poll_timeout() const;

  http_options options_;
  finished report_;
  std::unique_ptr<CURLM, curl_multi_deleter> multi_;
  /// Only on the engine's thread.
  std::map<std::uint64_t, std::unique_ptr<curl_exchange>> open_;
  std::mutex mutex_;
  std::vector<command> commands_;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace cts
