#include "base/server_tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>

namespace keeper {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;

Error malformed(std::string what) { return {ErrorKind::malformed, std::move(what)}; }

Bio bio_of(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Nobody is there to be asked for a passphrase.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

Certificate next_certificate(BIO* from) {
  return Certificate(PEM_read_bio_X509(from, nullptr, no_passphrase, nullptr));
}

Wall time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return Wall{Seconds{timegm(&parts)}};
}

Status use_chain(SSL_CTX* context, const std::string& chain, Wall* valid_until) {
  const Bio text = bio_of(chain);
  const Certificate own = next_certificate(text.get());
  if (!own) return malformed("certificate_file has no certificate in PEM form (-----BEGIN CERTIFICATE-----)");
  if (SSL_CTX_use_certificate(context, own.get()) != 1)
    return malformed("OpenSSL cannot use the first certificate in certificate_file");
  *valid_until = time_of(X509_get0_notAfter(own.get()));
  while (const Certificate issuer = next_certificate(text.get())) {
    if (SSL_CTX_add1_chain_cert(context, issuer.get()) != 1)
      return malformed("OpenSSL cannot use the further certificates in certificate_file");
  }
  return Done{};
}

}  // namespace

Result<ServerTls> make_server_tls(const std::string& chain, const Secret& key) {
  ServerTls tls;
  tls.context.reset(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX* context = tls.context.get();
  if (context == nullptr || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) {
    return malformed("OpenSSL cannot make a TLS server");
  }
  SSL_CTX_set_options(context,
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);  // a client that waits holds no record's buffer
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  Status used = use_chain(context, chain, &tls.valid_until);
  if (used) {
    const Bio text = bio_of(key.reveal());
    const Key parsed(PEM_read_bio_PrivateKey(text.get(), nullptr, no_passphrase, nullptr));
    if (!parsed) {
      used = malformed("key_file has no private key in PEM form, or the key is encrypted");
    } else if (SSL_CTX_use_PrivateKey(context, parsed.get()) != 1) {
      used = malformed("the key in key_file does not belong to the certificate");
    }
  }
  ERR_clear_error();
  if (!used) return used.error();
  return tls;
}

}  // namespace keeper
