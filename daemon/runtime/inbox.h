// Inbox: the one way into the loop. Any thread may post to it; only the loop's thread takes from it and waits
// on it. It refuses deliveries when it holds `deliveries_max` of them. It never refuses answers,
// configurations and orders. It wakes the loop when an item comes, at a time of the boot clock, and when the
// wall clock is stepped. It decides nothing.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/descriptor.h"
#include "base/locked.h"
#include "core/event.h"
#include "core/preview.h"

namespace keeper {

// Called once on the loop's thread, with what became of the event; empty: it could not be put on disk.
using Receipt = std::function<void(std::optional<Ack>)>;

// Whether the loop has taken an item, or whoever posted it has withdrawn it before. Any thread.
class Claim {
 public:
  // False: it was withdrawn. An item that was taken may be put back and taken again.
  bool take() { return settle(Holder::loop); }
  // False: the loop has it, and what becomes of it is for the receipt to say.
  bool withdraw() { return settle(Holder::poster); }

 private:
  enum class Holder { nobody, loop, poster };
  bool settle(Holder holder) {
    Holder found = Holder::nobody;
    return holder_.compare_exchange_strong(found, holder) || found == holder;
  }

  std::atomic<Holder> holder_{Holder::nobody};
};

struct Item {
  Event event;
  Receipt receipt;                 // may be empty
  std::shared_ptr<Claim> claim{};  // null: it cannot be withdrawn
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
  void post(Event event, Receipt receipt = {}, std::shared_ptr<Claim> claim = {});

  // Puts items ahead of all others, in this order.
  void put_back(std::vector<Item> items);

  // Queries are answered in their order, apart from the items, and are never refused.
  void ask(Query query);
  std::vector<Query> take_queries();

  // While the store cannot be written, offer() refuses all deliveries.
  void accept_deliveries(bool accept);

  // Takes the oldest items out, at most `items_max`. Those that were withdrawn are left out.
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
