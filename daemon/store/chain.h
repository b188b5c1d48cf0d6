// The hash chain over a session's transitions. Each hash covers the hash before it and every field of its own
// row, so that a transition that was changed, removed or moved is noticed. `session-keeper verify-store`
// walks the chains. An object keeps a buffer and belongs to one thread.
#pragma once

#include <string>
#include <string_view>

#include "core/model.h"

namespace keeper {

class Chain {
 public:
  static const std::string start;  // 32 zero bytes

  // SHA-256 (32 bytes) of `previous` and the row, its seq apart. `previous` is `start` for the first
  // transition. Each text goes in with its length in front; numbers as 8 bytes, least significant first.
  std::string link(std::string_view previous, const TransitionRow& row);

 private:
  std::string buffer_;
};

}  // namespace keeper
