#include "sandbox/signer.h"

#include <openssl/encoder.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <stdexcept>

#include "sandbox/codec.h"

namespace sandbox {

EVP_PKEY* Signer::key() const {
  std::call_once(made_, [this] {
    key_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}), EVP_PKEY_free);
    if (!key_) throw std::runtime_error("OpenSSL could not make an RSA key");
  });
  return key_.get();
}

std::string Signer::sign(const std::string& bytes, Padding padding) const {
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_PKEY_CTX* parameters = nullptr;
  bool good = EVP_DigestSignInit(context.get(), &parameters, EVP_sha256(), nullptr, key()) == 1;
  if (good && padding == Padding::pss) {
    good = EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1;
  }
  std::string signature(512, '\0');
  std::size_t length = signature.size();
  good = good && EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                                reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()) == 1;
  if (!good) throw std::runtime_error("OpenSSL could not sign");
  signature.resize(length);
  return encode_base64(signature);
}

std::string Signer::pem(const char* structure) const {
  const std::unique_ptr<OSSL_ENCODER_CTX, void (*)(OSSL_ENCODER_CTX*)> context(
      OSSL_ENCODER_CTX_new_for_pkey(key(), EVP_PKEY_PUBLIC_KEY, "PEM", structure, nullptr),
      OSSL_ENCODER_CTX_free);
  unsigned char* text = nullptr;
  std::size_t length = 0;
  if (!context || OSSL_ENCODER_to_data(context.get(), &text, &length) != 1) {
    throw std::runtime_error("OpenSSL could not write the public key");
  }
  std::string pem(reinterpret_cast<char*>(text), length);
  OPENSSL_free(text);
  return pem;
}

std::string Signer::pkcs1_pem() const { return pem("type-specific"); }
std::string Signer::spki_pem() const { return pem("SubjectPublicKeyInfo"); }

}  // namespace sandbox
