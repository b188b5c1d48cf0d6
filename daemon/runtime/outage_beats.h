// OutageBeats: keeps sessions alive whose answers wait for the store. In an outage of the store an answer
// that changes a row waits, and until it is decided its session has a call in flight, so that the keeper
// sends it nothing. A heartbeat needs no row: here each waiting answer is decided without being installed,
// and the heartbeat that the decision would send leaves by itself. What the provider says to it goes with the
// waiting answer (Answer::kept), so that both count once the answer is decided. No thread or clock; loop
// thread only.
//
// Example: the disk fails, and the answer to a start comes in. The remote is not on disk and the session
// stays queued; its heartbeats leave for as long as the outage lasts, and no other call does.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "core/keeper.h"
#include "runtime/inbox.h"

namespace keeper {

class OutageBeats {
 public:
  // Appends to `beats` the heartbeats that are due for the sessions whose answers are among these items. Each
  // takes a ticket of the keeper's.
  void send_due(Keeper& keeper, std::vector<Item>& waiting, Now now, std::vector<Effect>& beats);

  // True: it is the answer to one of those heartbeats, and is kept here.
  bool take(const Answer& answer, Now now);

  // Before the waiting answers are decided: gives each what was kept for its session.
  void give_to(std::vector<Item>& waiting) const;

  // The waiting answers turned out to be decided and on disk. From here on each heartbeat is the call in
  // flight of its session, if that has no other; the answers to those that are answered are returned.
  std::vector<Item> hand_over(Keeper& keeper);

 private:
  struct Beat {
    RemoteId remote;
    std::uint64_t ticket = 0;
    Mono since{};
    Mono not_before{};
    Mono idle_at = mono_never;
    bool in_flight = false;
    std::shared_ptr<const Answer> kept;  // the newest good one
  };

  std::map<SessionId, Beat> beats_;
};

}  // namespace keeper
