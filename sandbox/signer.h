// An RSA-2048 key pair, and the signatures that VideoSDK puts on its webhooks.
// The pair is made at its first use; any thread.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <mutex>
#include <string>

namespace sandbox {

enum class Padding { pkcs1, pss };

class Signer {
 public:
  // Each throws std::runtime_error if OpenSSL cannot make a key.
  // Base64 of RSA-SHA256 over the bytes.
  std::string sign(const std::string& bytes, Padding padding) const;
  // BEGIN RSA PUBLIC KEY.
  std::string pkcs1_pem() const;
  // BEGIN PUBLIC KEY.
  std::string spki_pem() const;

 private:
  std::string pem(const char* structure) const;

  EVP_PKEY* key() const;

  mutable std::once_flag made_;
  mutable std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace sandbox
