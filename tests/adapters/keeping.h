// The real rounds, keeper, store and adapter, with one plan that should always be alive, against the sandbox,
// on the sandbox's clock: what is due later is not waited for but jumped to. Calls are made one after the
// other.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "adapters/adapters.h"
#include "adapters/gateway.h"
#include "provider/waiting_provider.h"
#include "runtime/inbox.h"
#include "runtime/rounds.h"
#include "store/store.h"

namespace keeper::test {

// What the keeper did since the count was last begun.
struct Story {
  std::map<EffectKind, int> calls;
  int found = 0;                   // starts whose answer was lost and whose remote was adopted
  int errors = 0;                  // sessions that ended in `error`
  int ended = 0;                   // sessions that ended at all
  std::vector<Mono> starts;        // when one left
  std::optional<Answer> struck{};  // the first to which the gateway gave an odd answer
};

// How often a start was made, and when: "found it", "error, started again at once", "went on".
std::string told_start(const Story& story);

class Keeping {
 public:
  enum class By { itself, gateway };

  explicit Keeping(const Adapter& adapter, Millis request_timeout = Seconds{5}, By by = By::itself);

  void run(Millis time);  // throws where more than one remote lives at the same time
  void stop();            // as an operator stops everything
  void crash();           // a new process finds what is on disk
  Playground& playground() { return playground_; }
  Gateway& gateway() { return *gateway_; }  // only where calls go by one
  Story& story() { return story_; }

  std::size_t live() { return playground_.remotes(true).size(); }
  std::size_t made() { return playground_.remotes(false).size(); }
  std::size_t billed();    // remotes that cost something, also such as have ended
  std::size_t unknown();   // remotes that no row of the ledger ever named
  bool is_active() const;  // the plan's one session is
  std::string first_live();

 private:
  Now now() const;
  RoundPorts ports();
  Answer carry(const Effect& effect);
  void note(const Change<SessionId, Tracked>& change);
  void check_live();

  Playground playground_;
  std::unique_ptr<Gateway> gateway_;  // null: calls go to the sandbox itself
  Settings settings_;
  std::unique_ptr<WaitingProvider> provider_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<DirectStore> access_;
  std::unique_ptr<Inbox> inbox_;
  std::unique_ptr<Rounds> rounds_;
  std::set<std::string> known_;
  Millis jumped_{0};
  Story story_;
};

}  // namespace keeper::test
