// Signed deliveries, made once and kept in a file, so that no run pays for signing. One thread, but for
// make().
#pragma once

#include <string>
#include <vector>

namespace keeper::load {

struct SignedDelivery {
  std::string id;  // of its session: no two are equal
  std::string signature;
  std::string body;
};

// `count` deliveries of some 600 bytes, signed by all cores with a new RSA-2048 key, into
// `directory`/deliveries, and the public key into `directory`/public.pem. Their ids are UUIDs, as the
// provider's are, or rise, which is easier for an index. Throws std::runtime_error.
void make(const std::string& directory, int count, bool rising);

// Throws std::runtime_error.
std::vector<SignedDelivery> read(const std::string& directory);

}  // namespace keeper::load
