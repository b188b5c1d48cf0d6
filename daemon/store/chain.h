// The hash chain over a session's transitions: each hash covers the one before it and every field of its row, so
// that a changed, removed or reordered transition shows. One object per thread.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/model.h"

namespace keeper {

class Chain {
 public:
  static const std::string start;  // 32 zero bytes

  Chain();

  // SHA-256 (32 bytes) of `previous` and the row, its seq apart. `previous` is `start` for the first transition.
  // Each text goes in with its length in front; numbers as 8 bytes, least significant first.
  std::string link(std::string_view previous, const TransitionRow& row);

 private:
  struct Release {
    void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD, Release> digest_;
  std::unique_ptr<EVP_MD_CTX, Release> context_;
  std::string buffer_;
};

}  // namespace keeper
