// What a round asks of the store before it decides. There are four questions: whether a delivery was seen
// before, which rows the remotes of a list had, which deliveries are held for a remote, and what ended
// sessions took of a budget's period. All questions of a round are asked together, so that one piece of work
// away from the loop's thread answers them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/keeper.h"
#include "runtime/inbox.h"
#include "store/store.h"

namespace keeper {

struct Questions {
  struct OfDelivery {
    ProviderName provider;
    std::string key;
    RemoteId remote;
  };
  // Of a remote that a find or a list shows and that no session in the memory has.
  struct OfRemote {
    std::size_t item = 0;    // the answer's place in the round
    std::size_t remote = 0;  // its place in the answer
    ProviderName provider;
    RemoteId id;
    std::optional<SessionId> tag;
  };
  std::vector<OfDelivery> deliveries;  // one for each delivery of the round, in its order
  std::vector<OfRemote> remotes;       // in the order of the round
  std::vector<std::int64_t> held;      // deliveries whose rows are wanted, by id
  std::vector<Period> periods;         // of budgets
  Prices prices;

  bool empty() const { return deliveries.empty() && remotes.empty() && held.empty() && periods.empty(); }
};

struct Findings {
  std::vector<Seen> seen;  // as Questions::deliveries
  std::vector<std::optional<SessionRow>>
      known;  // as Questions::remotes: the row that had it, or whose tag it carries
  std::map<std::int64_t, DeliveryRow> held;
  std::vector<std::vector<SpentBy>> spent;  // as Questions::periods
};

// Loop thread.
Questions questions_of(const Keeper& keeper, const std::vector<Item>& items, Now now);

// On the thread that uses the store. Errors: storage.
Result<Findings> look_up(Store& store, const Questions& questions);

}  // namespace keeper
