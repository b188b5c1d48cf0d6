// The disk under the simulated store, and its troubles. The store is the daemon's own; it writes to the
// faulty disk in memory that the store's tests use. A write may fail before or after it was applied, once or
// for a while. The disk may be full. A flush may hang, and the write that waits for it may be on disk
// already, may come to be, or may fail in the end.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/time.h"
#include "runtime/store_access.h"
#include "sim/random.h"
#include "store/faulty_disk.h"
#include "store/store.h"

namespace keeper::sim {

enum class Trouble {
  none,
  fails,         // writes and flushes fail
  loses_writes,  // a flush fails, and what it should have flushed is lost
  full,          // no file can grow
  denies,        // a transaction is applied, and its commit says that it failed
  hangs,         // a flush does not return
  forgets,       // writes and flushes fail, and then the files are as they were some minutes ago
};
std::string_view to_string(Trouble trouble);

class SimDisk final : public StoreAccess {
 public:
  // `now` is asked whenever the store is used.
  SimDisk(const InstanceId& instance, std::function<Mono()> now);
  ~SimDisk() override;

  Store& store() { return *store_; }

  // The trouble lasts from now until then.
  void trouble(Trouble trouble, Mono until, Random& random);
  Trouble trouble() const { return trouble_; }

  // What the files hold now is what a disk that forgets gives back.
  void remember() { remembered_ = disk_.image(); }
  // Since the last start of a process.
  bool forgot() const { return forgot_; }

  // For a process that was killed and starts anew: the disk works again, and work that hung was done or not.
  void start_anew(Random& random);

  Result<std::int64_t> commit(Store& store, const Batch& batch);

  bool run(StoreWork work) override;
  bool idle() override;

 private:
  void heal();
  void close();
  void forget();
  void note_reopening();
  bool hangs() const { return trouble_ == Trouble::hangs && now_() < until_; }

  const InstanceId instance_;
  const std::function<Mono()> now_;
  const std::string path_;
  kit::FaultyDisk disk_;
  std::unique_ptr<Store> store_;
  Trouble trouble_ = Trouble::none;
  Mono until_{};
  bool applies_early_ = false;  // what hangs has been done, and does not return
  bool fails_late_ = false;     // what hangs fails in the end
  bool busy_ = false;
  int reopenings_ = 0;  // that failed in this trouble
  bool forgot_ = false;
  kit::FaultyDisk::Image remembered_;
  StoreWork waiting_;
};

}  // namespace keeper::sim
