#include "runtime/tls_context.hpp"

#include <boost/asio/ssl/context.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>
#include <vector>

namespace cts::http {

namespace {

namespace fs = std::filesystem;
namespace ssl = boost::asio::ssl;
using boost::system::error_code;

struct free_names {
  void operator()(STACK_OF(X509_NAME) * x) const {
    sk_X509_NAME_pop_free(x, X509_NAME_free);
  }
};

/// Tells clients which certificates would do.
using authority_names = std::unique_ptr<STACK_OF(X509_NAME), free_names>;

error tls_failure(const char* what, const std::string& path, error_code why) {
  return fail(errc::configuration, "the ", what, " '", path,
              "' of the API's TLS cannot be used: ", why.message());
}

result<void> use_certificate(ssl::context& tls,
                             const config::server_tls& from) {
  auto failure = error_code{};
  tls.use_certificate_chain_file(from.cert, failure);
  if (failure)
    return tls_failure("certificate", from.cert, failure);
  tls.use_private_key_file(from.key, ssl::context::pem, failure);
  if (failure)
    return tls_failure("private key", from.key, failure);
  return {};
}

/// The files of a folder in alphabetical order; whatever they are called, as
/// in the reference (OpenSSL itself demands hashed names).
std::vector<std::string> files_of(const std::string& folder) {
  auto paths = std::vector<std::string>{};
  auto failure = std::error_code{};
  auto entry = fs::directory_iterator{folder, failure};
  for (; !failure && entry != fs::directory_iterator{};
       entry.increment(failure)) {
    auto ignored = std::error_code{};
    if (entry->is_regular_file(ignored))
      paths.push_back(entry->path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

result<void> use_authority(ssl::context& tls, authority_names& names,
                           const std::string& path) {
  auto failure = error_code{};
  tls.load_verify_file(path, failure);
  if (failure)
    return tls_failure("CA certificate", path, failure);
  SSL_add_file_cert_subjects_to_stack(names.get(), path.c_str());
  return {};
}

result<void> verify_clients(ssl::context& tls, const config::server_tls& from) {
  auto authorities
    = from.ca_cert.empty() ? files_of(from.ca_path) : std::vector{from.ca_cert};
  if (authorities.empty())
    return fail(errc::configuration, "the folder '", from.ca_path,
                "' has no CA certificate for the API's TLS");
  auto names = authority_names{sk_X509_NAME_new_null()};
  for (const auto& path : authorities)
    if (auto used = use_authority(tls, names, path); !used)
      return used;
  SSL_CTX_set_client_CA_list(tls.native_handle(), names.release());
  // Without it a client that resumes its session is refused.
  static constexpr unsigned char context_id[] = "cts api";
  SSL_CTX_set_session_id_context(tls.native_handle(), context_id,
                                 sizeof context_id);
  auto failure = error_code{};
  tls.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert,
                      failure);
  return {};
}

} // namespace

result<std::shared_ptr<ssl::context>>
make_tls_context(const config::server_tls& from) {
  auto tls = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(tls->native_handle(), TLS1_2_VERSION);
  if (auto used = use_certificate(*tls, from); !used)
    return used.error();
  if (!from.verify_incoming)
    return tls;
  if (auto used = verify_clients(*tls, from); !used)
    return used.error();
  return tls;
}

} // namespace cts::http
