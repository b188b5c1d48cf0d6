// Inbox: the one way into the loop. Any thread may post; only the loop thread takes and waits.
// Deliveries are bounded and refused when full; answers, configurations and signals are never refused.
// Wakes the loop for an item, at a boot time, or when the wall clock is stepped. Never decides anything.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "base/locked.h"
#include "core/event.h"
#include "core/preview.h"
#include "runtime/descriptor.h"

namespace keeper {

// Called once, on the loop thread: what became of the event, or empty if it could not be put on disk.
using Receipt = std::function<void(std::optional<Ack>)>;

struct Item {
  Event event;
  Receipt receipt;  // may be empty
};

// A question to the keeper that changes nothing, called once on the loop's thread between two rounds. `spent`
// reads the store, and may be called until it gives an error. A null keeper: the store cannot be used now, so
// there is no answer.
using Query = std::function<void(const Keeper* keeper, const SpentIn& spent, Now now)>;

class Inbox {
 public:
  explicit Inbox(std::size_t deliveries_max);

  // False: full, or closed to deliveries; the item is not kept and `receipt` is not called.
  [[nodiscard]] bool offer(Delivered delivered, Receipt receipt);
  void post(Event event, Receipt receipt = {});

  // Ahead of all others, in this order.
  void put_back(std::vector<Item> items);

  // Apart from the items, in their order; never refused.
  void ask(Query query);
  std::vector<Query> take_queries();

  // While the store cannot be written, deliveries are refused at the door.
  void accept_deliveries(bool accept);

  // The oldest items, at most `items_max`.
  std::vector<Item> take(std::size_t items_max);

  // Returns when wake() was called or an item waits, at `until`, or after a step of the wall clock.
  void wait(Mono until);
  void wake();

  std::size_t size();

 private:
  struct Queue {
    std::deque<Item> items;
    std::vector<Query> queries;
    std::size_t deliveries = 0;
    bool accepting = true;
    bool woken = false;
    bool signalled = false;  // the eventfd is readable
  };

  void arm_step();
  bool over();
  void signal(Queue& queue) const;
  void drain(Queue& queue) const;

  std::size_t deliveries_max_;
  Descriptor event_;
  Descriptor timer_;
  Descriptor step_;
  Mono armed_ = mono_never;
  Locked<Queue> queue_;
};

}  // namespace keeper
