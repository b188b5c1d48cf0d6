// What a listener needs to serve https: a certificate chain and its private key, which are checked against
// each other. An error names the file and what is wrong with it. Any thread.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"

namespace keeper {

struct ServerTls {
  std::shared_ptr<SSL_CTX> context;  // null: plain text
  Wall valid_until{};
};

// `chain`: PEM, the server's own certificate first. TLS 1.2 or newer. Errors: malformed, with the cure; never
// the key.
Result<ServerTls> make_server_tls(const std::string& chain, const Secret& key);

}  // namespace keeper
