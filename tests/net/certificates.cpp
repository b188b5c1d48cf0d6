#include "net/certificates.h"

#include <openssl/ec.h>
#include <openssl/pem.h>

#include <atomic>
#include <stdexcept>

namespace keeper::test {
namespace {

void need(bool good) {
  if (!good) throw std::runtime_error("OpenSSL cannot make a test certificate");
}

void add_extension(X509* x509, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, x509, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  need(extension != nullptr);
  X509_add_ext(x509, extension, -1);
  X509_EXTENSION_free(extension);
}

template <class Write>
std::string text_of(Write write) {
  BIO* memory = BIO_new(BIO_s_mem());
  need(memory != nullptr && write(memory) == 1);
  char* bytes = nullptr;
  const long count = BIO_get_mem_data(memory, &bytes);
  std::string text(bytes, static_cast<std::size_t>(count));
  BIO_free(memory);
  return text;
}

}  // namespace

Certificate make_certificate(const CertificateOptions& options, const Certificate* issuer) {
  static std::atomic<long> serial{1};
  Certificate made{{X509_new(), X509_free}, {EVP_EC_gen("P-256"), EVP_PKEY_free}};
  X509* x509 = made.x509.get();
  need(x509 != nullptr && made.key != nullptr);
  X509_set_version(x509, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), serial++);
  X509_gmtime_adj(X509_getm_notBefore(x509), options.valid_from_s);
  X509_gmtime_adj(X509_getm_notAfter(x509), options.valid_until_s);
  X509_set_pubkey(x509, made.key.get());
  X509_NAME* subject = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(options.common_name.c_str()), -1, -1, 0);
  X509* signer = issuer != nullptr ? issuer->x509.get() : x509;
  X509_set_issuer_name(x509, X509_get_subject_name(signer));
  add_extension(x509, signer, NID_basic_constraints, options.is_authority ? "critical,CA:TRUE" : "CA:FALSE");
  if (!options.names.empty()) add_extension(x509, signer, NID_subject_alt_name, options.names);
  EVP_PKEY* key = issuer != nullptr ? issuer->key.get() : made.key.get();
  need(X509_sign(x509, key, EVP_sha256()) > 0);
  return made;
}

std::string pem_of(const Certificate& certificate) {
  return text_of([&](BIO* to) { return PEM_write_bio_X509(to, certificate.x509.get()); });
}

std::string key_pem_of(const Certificate& certificate, const std::string& passphrase) {
  return text_of([&](BIO* to) {
    return PEM_write_bio_PKCS8PrivateKey(to, certificate.key.get(),
                                         passphrase.empty() ? nullptr : EVP_aes_128_cbc(), passphrase.data(),
                                         static_cast<int>(passphrase.size()), nullptr, nullptr);
  });
}

void write_pem(const Certificate& certificate, const std::string& path) {
  BIO* file = BIO_new_file(path.c_str(), "w");
  need(file != nullptr && PEM_write_bio_X509(file, certificate.x509.get()) == 1);
  BIO_free(file);
}

std::shared_ptr<SSL_CTX> server_context(const Certificate& certificate, int version_max) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  // The lowest security level, so that a test can offer what the client must refuse.
  SSL_CTX_set_security_level(context.get(), 0);
  need(SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION) == 1);
  need(SSL_CTX_set_max_proto_version(context.get(), version_max) == 1);
  need(SSL_CTX_use_certificate(context.get(), certificate.x509.get()) == 1);
  need(SSL_CTX_use_PrivateKey(context.get(), certificate.key.get()) == 1);
  return context;
}

}  // namespace keeper::test
