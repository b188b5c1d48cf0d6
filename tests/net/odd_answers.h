// Odd answers: what a server may send in place of a plain answer, as the bytes that leave it. The tests of
// the client, of the adapters and of the keeper put the same ones to each, and the fuzzer begins with them.
//
// The bytes hold marks, which stand for the answer that the request would have got:
//   @body @length @chunks     its body, the body's length, the body in chunks without the last one
//   @doubled                  its body, each member of its object twice
//   @target                   the target of the request
//   @date @ago @ahead         its Date, and the same an hour earlier and later
//   @imf @rfc850 @asctime     40 s after its Date, in the three forms
//   @pause                    nothing for 20 ms, once
#pragma once

#include <string>
#include <vector>

#include "net/fake_server.h"

namespace keeper::test {

// What the server does once all is sent. half_closes: it sends nothing more, and goes on reading. hangs: it
// keeps the connection and says nothing.
enum class WireEnd { keeps, closes, resets, half_closes, hangs };

// What the answer proves of the request. refused: it was not acted on. Nothing: it may have been.
enum class Proof { done, refused, nothing };

struct OddAnswer {
  std::string name;
  Proof proof = Proof::nothing;
  std::string bytes;
  WireEnd ending = WireEnd::keeps;
  bool unprompted = false;      // sent as soon as the connection is there, before the request is read
  bool acts = true;             // the server carries the request out first
  bool drips = false;           // its body, a byte at a time
  bool for_every_call = false;  // not only for starts, in the tables of the adapters
};

// The answer that the request would have got.
struct PlainAnswer {
  std::string body = "{}";
  std::string target = "/";
  long long date = 784111777;  // Unix seconds
};

const std::vector<OddAnswer>& odd_answers();

// The bytes with every mark filled in.
std::string filled(const std::string& bytes, const PlainAnswer& plain);

// Sends it as it is to be sent, and ends as it is to end.
void give(const OddAnswer& answer, const PlainAnswer& plain, Wire& wire);

}  // namespace keeper::test
