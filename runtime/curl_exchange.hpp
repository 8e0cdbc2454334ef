#pragma once

#include "actors/contract.hpp"
#include "core/error.hpp"
#include "core/machine.hpp"
#include "runtime/http_options.hpp"

#include <curl/curl.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace cts {

struct curl_easy_deleter {
  void operator()(CURL* x) const { curl_easy_cleanup(x); }
};

struct curl_list_deleter {
  void operator()(curl_slist* x) const { curl_slist_free_all(x); }
};

/// How an exchange ended, for who must tell a dead process from a slow one.
enum class exchange_end : std::uint8_t {
  answered,
  /// Nobody listens there.
  refused,
  /// The connection ended before the answer was complete.
  closed,
  /// The peer said nothing in time, or could not be reached at all.
  silent,
  other,
};

/// One HTTP exchange as libcurl carries it out. Lives on the I/O thread, at an
/// address that does not change.
class curl_exchange {
public:
  curl_exchange(std::uint64_t ticket, http_request request,
                const http_options& options, time_point late_at);
  curl_exchange(const curl_exchange&) = delete;
  curl_exchange& operator=(const curl_exchange&) = delete;

  std::uint64_t ticket() const { return ticket_; }
  time_point late_at() const { return late_at_; }
  CURL* easy() const { return easy_.get(); }

  /// The answer, or why there is none, in the words of the reference.
  result<http_reply> outcome(CURLcode code);

  exchange_end end_of(CURLcode code) const;

  /// An error about this exchange: `Get "url": ` and the text.
  error failure(errc code, std::string_view text) const;

private:
  void set_request();
  void set_connection();
  void set_tls();
  void set_server_name();
  void set_proxy();

  std::size_t add_body(std::string_view bytes);
  std::size_t add_header(std::string_view line);
  void note_peer(const curl_sockaddr& x);
  std::string peer() const;
  error failure_of(CURLcode code) const;
  std::string system_reason() const;

  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count,
                             void* self);
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count,
                               void* self);
  static curl_socket_t on_socket(void* self, curlsocktype use,
                                 curl_sockaddr* peer);

  std::uint64_t ticket_;
  http_request request_;
  const http_options& options_;
  time_point late_at_;
  std::unique_ptr<CURL, curl_easy_deleter> easy_;
  std::unique_ptr<curl_slist, curl_list_deleter> fields_;
  std::unique_ptr<curl_slist, curl_list_deleter> connect_to_;
  std::array<char, CURL_ERROR_SIZE> problem_{};
  http_reply reply_;
  std::size_t header_bytes_ = 0;
  /// Which limit the answer has broken, and what to do; empty: none.
  std::string too_long_;
  /// The first address that was tried, as the reference prints it.
  std::string peer_;
};

} // namespace cts
