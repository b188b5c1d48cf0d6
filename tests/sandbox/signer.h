// An RSA-2048 key pair, and the signatures that VideoSDK puts on its webhooks.
// Immutable once made; any thread.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>

namespace sandbox {

enum class Padding { pkcs1, pss };

class Signer {
 public:
  // Throws std::runtime_error if OpenSSL cannot make a key.
  Signer();

  // Base64 of RSA-SHA256 over the bytes.
  std::string sign(const std::string& bytes, Padding padding) const;
  // BEGIN RSA PUBLIC KEY.
  std::string pkcs1_pem() const;
  // BEGIN PUBLIC KEY.
  std::string spki_pem() const;

 private:
  std::string pem(const char* structure) const;

  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace sandbox
