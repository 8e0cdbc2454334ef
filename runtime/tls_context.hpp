#pragma once

#include "core/config/config.hpp"
#include "core/error.hpp"

#include <memory>

namespace boost::asio::ssl {
class context;
} // namespace boost::asio::ssl

namespace cts::http {

/// What the API's TLS needs: TLS 1.2 or newer, our certificate and, with
/// `verify_incoming`, the authorities of clients. `enabled` is not looked at.
/// Fails with `configuration` and the TLS library's text.
result<std::shared_ptr<boost::asio::ssl::context>>
make_tls_context(const config::server_tls& from);

} // namespace cts::http
