// StoreAccess: how the loop uses the store. Everything that may wait for the disk goes through it, one piece
// of work at a time. The loop waits for a piece of work only up to the commit patience. Work that takes
// longer goes on, and the loop turns without the store meanwhile.
#pragma once

#include <functional>

namespace keeper {

class Store;

using StoreWork = std::function<void(Store&)>;

class StoreAccess {
 public:
  virtual ~StoreAccess() = default;

  // Has the work done. True: it has returned. False: the patience is over and the work goes on; nothing more
  // may be asked before idle() is true. Loop thread.
  [[nodiscard]] virtual bool run(StoreWork work) = 0;

  // Whether no work is under way. What the work wrote may be read once this is true. Loop thread.
  virtual bool idle() = 0;
};

// Does the work on the caller's thread, however long it takes: for runs without a thread of the store's own.
class DirectStore final : public StoreAccess {
 public:
  explicit DirectStore(Store& store) : store_(store) {}
  bool run(StoreWork work) override {
    work(store_);
    return true;
  }
  bool idle() override { return true; }

 private:
  Store& store_;
};

}  // namespace keeper
