#include "runtime/curl_engine.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace cts {

namespace {

using clock = std::chrono::steady_clock;

constexpr long streams_per_connection = 200;

void initialise_curl() {
  static const auto code = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(code);
}

CURLM* make_multi() {
  initialise_curl();
  return curl_multi_init();
}

} // namespace

curl_engine::curl_engine(http_options options, finished report)
  : options_(std::move(options)), report_(std::move(report)),
    multi_(make_multi()) {
  auto* multi = multi_.get();
  curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
  curl_multi_setopt(multi, CURLMOPT_MAX_CONCURRENT_STREAMS,
                    streams_per_connection);
  curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                    static_cast<long>(options_.connections_max));
  const auto& transport = options_.transport;
  auto idle
    = transport.max_idle_conns > 0
        ? std::min(transport.max_idle_conns, transport.max_idle_conns_per_host)
        : transport.max_idle_conns_per_host;
  // libcurl counts connections in use as well.
  curl_multi_setopt(
    multi, CURLMOPT_MAXCONNECTS,
    static_cast<long>(std::max(idle, options_.connections_max)));
  thread_ = std::thread{[this] { run(); }};
}

curl_engine::~curl_engine() {
  {
    auto guard = std::lock_guard{mutex_};
    stopping_ = true;
  }
  curl_multi_wakeup(multi_.get());
  thread_.join();
}

void curl_engine::start(std::uint64_t ticket, http_request request) {
  auto late_at = clock::now() + request.deadline;
  post([this, ticket, late_at, request = std::move(request)] {
    add(ticket, request, late_at);
  });
}

void curl_engine::cancel(std::uint64_t ticket) {
  post([this, ticket] { drop(ticket); });
}

void curl_engine::post(command x) {
  {
    auto guard = std::lock_guard{mutex_};
    commands_.push_back(std::move(x));
  }
  curl_multi_wakeup(multi_.get());
}

// -- on the engine's thread ---------------------------------------------------

void curl_engine::run() {
  while (run_commands()) {
    auto running = 0;
    curl_multi_perform(multi_.get(), &running);
    collect();
    expire();
    curl_multi_poll(multi_.get(), nullptr, 0, poll_timeout(), nullptr);
  }
  while (!open_.empty())
    drop(open_.begin()->first);
}

/// False when it is time to stop.
bool curl_engine::run_commands() {
  auto todo = std::vector<command>{};
  {
    auto guard = std::lock_guard{mutex_};
    if (stopping_)
      return false;
    todo.swap(commands_);
  }
  for (const auto& one : todo)
    one();
  return true;
}

void curl_engine::add(std::uint64_t ticket, http_request request,
                      time_point late_at) {
  auto exchange = std::make_unique<curl_exchange>(ticket, std::move(request),
                                                  options_, late_at);
  auto code = curl_multi_add_handle(multi_.get(), exchange->easy());
  if (code != CURLM_OK) {
    report_(ticket, exchange->failure(errc::system, curl_multi_strerror(code)),
            exchange_end::other);
    return;
  }
  open_.emplace(ticket, std::move(exchange));
}

void curl_engine::drop(std::uint64_t ticket) {
  auto found = open_.find(ticket);
  if (found == open_.end())
    return;
  curl_multi_remove_handle(multi_.get(), found->second->easy());
  open_.erase(found);
}

void curl_engine::finish(CURL* easy, CURLcode code) {
  void* owner = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &owner);
  auto& exchange = *static_cast<curl_exchange*>(owner);
  auto outcome = exchange.outcome(code);
  auto how = exchange.end_of(code);
  auto ticket = exchange.ticket();
  drop(ticket);
  report_(ticket, std::move(outcome), how);
}

void curl_engine::collect() {
  auto left = 0;
  while (auto* message = curl_multi_info_read(multi_.get(), &left))
    if (message->msg == CURLMSG_DONE)
      finish(message->easy_handle, message->data.result);
}

/// libcurl's own time limit does not count the wait for a free connection.
void curl_engine::expire() {
  auto now = clock::now();
  auto late = std::vector<std::uint64_t>{};
  for (const auto& [ticket, exchange] : open_)
    if (exchange->late_at() <= now)
      late.push_back(ticket);
  for (auto ticket : late) {
    auto reason
      = open_.at(ticket)->failure(errc::timed_out, "context deadline exceeded");
    drop(ticket);
    report_(ticket, std::move(reason), exchange_end::silent);
  }
}

int curl_engine::poll_timeout() const {
  auto longest = std::chrono::milliseconds{60'000};
  auto now = clock::now();
  for (const auto& [ticket, exchange] : open_)
    longest
      = std::min(longest, std::chrono::ceil<std::chrono::milliseconds>(
                            std::max(exchange->late_at() - now, duration{0})));
  return static_cast<int>(longest.count());
}

} // namespace cts
