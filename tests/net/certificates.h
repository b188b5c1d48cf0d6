// Throw-away certificates for TLS tests, on P-256.
#pragma once

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace keeper::test {

struct CertificateOptions {
  std::string common_name = "test";
  std::string names = "";  // subjectAltName, as in openssl.cnf: "DNS:localhost,IP:127.0.0.1"
  long valid_from_s = -3600;
  long valid_until_s = 3600;
  bool is_authority = false;
};

struct Certificate {
  std::shared_ptr<X509> x509;
  std::shared_ptr<EVP_PKEY> key;
};

// Signed by `issuer`, or by itself.
Certificate make_certificate(const CertificateOptions& options, const Certificate* issuer = nullptr);
std::string pem_of(const Certificate& certificate);
// Encrypted with the passphrase, where there is one.
std::string key_pem_of(const Certificate& certificate, const std::string& passphrase = "");
void write_pem(const Certificate& certificate, const std::string& path);
std::shared_ptr<SSL_CTX> server_context(const Certificate& certificate, int version_max = TLS1_3_VERSION);

}  // namespace keeper::test
