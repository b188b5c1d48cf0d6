// Verifier: what must hold of a store's rows, whichever database they come from. It is fed sessions, each
// with its transitions in their order, and deliveries. It reads nothing itself; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/model.h"
#include "store/chain.h"
#include "store/verify.h"

namespace keeper {

class Verifier {
 public:
  // `state` and `head` as its row has them. Its transitions follow, then end_session().
  void begin_session(const std::string& id, const std::string& state, const std::string& head);
  void transition(const TransitionRow& row, const std::string& hash);
  void end_session();

  void delivery(const std::string& key, const std::string& digest, const std::string& body);

  // Whole sessions go by retention alone, which counts them. `recorded`: ever recorded, less those that were
  // removed; `kept`: that are there.
  void sessions_kept(std::int64_t recorded, std::int64_t kept);

  void add_problem(const std::string& problem);
  void add_note(const std::string& note) { found_.notes.push_back(note); }

  Verification take() { return std::move(found_); }

 private:
  Verification found_;
  Chain chain_;
  std::string session_;
  std::string state_;
  std::string head_;
  std::string hash_;
  std::optional<State> last_;
};

}  // namespace keeper
