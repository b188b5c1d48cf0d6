#include "store/verifier.h"

#include "base/digest.h"

namespace keeper {
namespace {

constexpr std::size_t problems_max = 100;

}  // namespace

void Verifier::begin_session(const std::string& id, const std::string& state, const std::string& head) {
  session_ = id;
  state_ = state;
  head_ = head;
  hash_ = Chain::start;
  last_.reset();
  ++found_.sessions;
}

void Verifier::transition(const TransitionRow& row, const std::string& hash) {
  const std::string place = "session " + session_ + ", transition " + std::to_string(row.seq);
  if (row.from != last_) add_problem(place + ": does not follow from the one before it");
  if (chain_.link(hash_, row) != hash) add_problem(place + ": was changed, its hash does not match");
  hash_ = hash;
  last_ = row.to;
  ++found_.transitions;
}

void Verifier::end_session() {
  if (hash_ != head_)
    add_problem("session " + session_ + ": its last transitions are missing or were replaced");
  if (!last_ || to_string(*last_) != state_)
    add_problem("session " + session_ + ": its state is not that of its last transition");
}

void Verifier::delivery(const std::string& key, const std::string& digest, const std::string& body) {
  if (digest != sha256_hex(body)) add_problem("delivery " + key + ": its body does not match its digest");
  ++found_.deliveries;
}

void Verifier::sessions_kept(std::int64_t recorded, std::int64_t kept) {
  if (recorded == kept) return;
  add_problem(std::to_string(kept) +
              " sessions are here, and by what was recorded and removed there should be " +
              std::to_string(recorded));
}

void Verifier::add_problem(const std::string& problem) {
  if (found_.problems.size() < problems_max) found_.problems.push_back(problem);
}

}  // namespace keeper
