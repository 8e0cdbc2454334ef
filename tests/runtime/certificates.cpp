#include "tests/runtime/certificates.hpp"

#include "tests/support/raw_client.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdio>
#include <memory>

namespace cts::tests {

namespace {

struct release {
  void operator()(EVP_PKEY* x) const { EVP_PKEY_free(x); }
  void operator()(X509* x) const { X509_free(x); }
  void operator()(X509_EXTENSION* x) const { X509_EXTENSION_free(x); }
  void operator()(SSL_CTX* x) const { SSL_CTX_free(x); }
  void operator()(SSL* x) const { SSL_free(x); }
  void operator()(std::FILE* x) const { std::fclose(x); }
};

template <class T>
using owned = std::unique_ptr<T, release>;

/// A key and the certificate that belongs to it.
struct identity {
  owned<EVP_PKEY> key;
  owned<X509> certificate;
};

void name_it(X509_NAME* name, const char* text) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, bytes, -1, -1, 0);
}

void add_extension(X509* certificate, int kind, const char* text) {
  const auto made
    = owned<X509_EXTENSION>{X509V3_EXT_conf_nid(nullptr, nullptr, kind, text)};
  X509_add_ext(certificate, made.get(), -1);
}

identity make_identity(const char* name, const identity* issuer) {
  auto made = identity{.key = owned<EVP_PKEY>{EVP_EC_gen("P-256")},
                       .certificate = owned<X509>{X509_new()}};
  auto* certificate = made.certificate.get();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), issuer ? 2 : 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  name_it(X509_get_subject_name(certificate), name);
  X509_set_pubkey(certificate, made.key.get());
  const auto& signer = issuer ? *issuer : made;
  X509_set_issuer_name(certificate,
                       X509_get_subject_name(signer.certificate.get()));
  add_extension(certificate, NID_basic_constraints,
                issuer ? "CA:FALSE" : "critical,CA:TRUE");
  X509_sign(certificate, signer.key.get(), EVP_sha256());
  return made;
}

void write(const identity& from, const std::string& stem) {
  auto certificate = owned<std::FILE>{std::fopen((stem + ".pem").c_str(), "w")};
  PEM_write_X509(certificate.get(), from.certificate.get());
  auto key = owned<std::FILE>{std::fopen((stem + ".key").c_str(), "w")};
  PEM_write_PrivateKey(key.get(), from.key.get(), nullptr, nullptr, 0, nullptr,
                       nullptr);
}

owned<SSL_CTX> make_context(const tls_client_options& options) {
  auto context = owned<SSL_CTX>{SSL_CTX_new(TLS_client_method())};
  if (options.newest_version != 0) {
    SSL_CTX_set_max_proto_version(context.get(), options.newest_version);
    // OpenSSL 3 forbids old versions to itself at its usual level.
    SSL_CTX_set_security_level(context.get(), 0);
  }
  if (!options.certificate.empty()) {
    SSL_CTX_use_certificate_file(context.get(), options.certificate.c_str(),
                                 SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(context.get(), options.key.c_str(),
                                SSL_FILETYPE_PEM);
  }
  return context;
}

} // namespace

certificates::certificates(const char* authority_name) {
  auto pattern = std::filesystem::temp_directory_path() / "cts_tls_XXXXXX";
  auto text = pattern.string();
  if (::mkdtemp(text.data()) != nullptr)
    folder_ = text;
  const auto authority = make_identity(authority_name, nullptr);
  write(authority, path("ca"));
  write(make_identity("localhost", &authority), path("server"));
  write(make_identity("a client", &authority), path("client"));
}

certificates::~certificates() {
  auto ignored = std::error_code{};
  std::filesystem::remove_all(folder_, ignored);
}

std::string tls_exchange(int port, const std::string& request,
                         const tls_client_options& options) {
  const auto context = make_context(options);
  const auto connection = raw_client{port};
  const auto tls = owned<SSL>{SSL_new(context.get())};
  SSL_set_fd(tls.get(), connection.descriptor());
  if (SSL_connect(tls.get()) != 1)
    return {};
  SSL_write(tls.get(), request.data(), static_cast<int>(request.size()));
  auto all = std::string{};
  auto bytes = std::array<char, 4096>{};
  auto count = SSL_read(tls.get(), bytes.data(), bytes.size());
  for (; count > 0; count = SSL_read(tls.get(), bytes.data(), bytes.size()))
    all.append(bytes.data(), static_cast<std::size_t>(count));
  SSL_shutdown(tls.get());
  return all;
}

std::vector<std::string> authorities_of(int port) {
  const auto context = make_context({});
  const auto connection = raw_client{port};
  const auto tls = owned<SSL>{SSL_new(context.get())};
  SSL_set_fd(tls.get(), connection.descriptor());
  SSL_connect(tls.get());
  const auto* names = SSL_get_client_CA_list(tls.get());
  auto out = std::vector<std::string>{};
  for (auto i = 0; i < sk_X509_NAME_num(names); ++i) {
    auto text = std::array<char, 100>{};
    X509_NAME_get_text_by_NID(sk_X509_NAME_value(names, i), NID_commonName,
                              text.data(), text.size());
    out.emplace_back(text.data());
  }
  return out;
}

} // namespace cts::tests
