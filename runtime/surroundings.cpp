#include "runtime/surroundings.hpp"

#include "runtime/config_files.hpp"
#include "runtime/http_options.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <thread>

namespace cts {

namespace {

result<std::string> host_name() {
  char text[256] = {};
  if (::gethostname(text, sizeof text - 1) != 0)
    return fail(errc::system,
                "cannot read the host name: ", std::strerror(errno));
  return std::string{text};
}

template <auto Function>
struct calls {
  template <class T>
  void operator()(T* x) const {
    Function(x);
  }
};

using bio = std::unique_ptr<BIO, calls<BIO_free>>;
using certificate = std::unique_ptr<X509, calls<X509_free>>;
using private_key = std::unique_ptr<EVP_PKEY, calls<EVP_PKEY_free>>;

bio memory_of(const std::string& text) {
  return bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

result<void> check_key_pair(const std::string& cert, const std::string& key) {
  auto chain = memory_of(cert);
  auto secret = memory_of(key);
  auto leaf
    = certificate{PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)};
  auto owner = private_key{
    PEM_read_bio_PrivateKey(secret.get(), nullptr, nullptr, nullptr)};
  ERR_clear_error();
  if (!leaf)
    return fail(errc::configuration,
                "tls: failed to find any PEM data in certificate input");
  if (!owner && key.find("BEGIN CERTIFICATE") != std::string::npos)
    return fail(errc::configuration,
                "tls: found a certificate rather than a key in the PEM for "
                "the private key");
  if (!owner)
    return fail(errc::configuration,
                "tls: failed to find any PEM data in key input");
  if (X509_check_private_key(leaf.get(), owner.get()) != 1) {
    ERR_clear_error();
    return fail(errc::configuration,
                "tls: private key does not match public key");
  }
  return {};
}

} // namespace

result<config::surroundings> process_surroundings() {
  auto failure = std::error_code{};
  auto working_dir = std::filesystem::current_path(failure);
  if (failure)
    return fail(errc::configuration,
                "cannot name the working directory: ", failure.message(),
                ": start cts in a folder that exists");
  return config::surroundings{
    .environment = process_environment(),
    .host_name = host_name(),
    .working_dir = working_dir.string(),
    .cpu_count = std::max(1U, std::thread::hardware_concurrency()),
    .read_file = read_whole_file,
    .check_key_pair = check_key_pair,
    .syslog_available = [] {
      auto ignored = std::error_code{};
      return std::filesystem::exists("/dev/log", ignored);
    }};
}

} // namespace cts
