// TLS towards a server that we call: which authorities are trusted, and that a name in the certificate's SAN
// is the host's. It speaks TLS 1.2 or newer and never looks at a common name. The trusted authorities are
// read once and shared by all connections. Any thread may call the functions.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "base/result.h"

namespace keeper {

struct SslFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslContext = std::unique_ptr<SSL_CTX, SslFree>;
using Ssl = std::unique_ptr<SSL, SslFree>;

// `ca_file`: PEM; empty: the system's authorities. Errors: denied, where the file cannot be read.
Result<SslContext> make_tls_context(const std::string& ca_file);

// For one connection, before the handshake. Null if OpenSSL refuses.
Ssl make_tls_client(SSL_CTX* context, int socket, const std::string& host);

// Why the last handshake or call of this thread failed, in words.
std::string tls_failure(const SSL* ssl);

}  // namespace keeper
