#include "sim/disk.h"

#include <stdlib.h>

#include <filesystem>
#include <utility>

#include "base/check.h"

namespace keeper::sim {
namespace {

constexpr int for_long = 1 << 29;  // operations
constexpr int reopenings_whole = 3;

// The files that the store looks for beside the faulty disk: an empty one of its name, and its lock.
const std::string& folder() {
  static const struct Folder {
    Folder() {
      std::string name = (std::filesystem::temp_directory_path() / "keeper-sim-XXXXXX").string();
      KEEPER_CHECK(::mkdtemp(name.data()) != nullptr);
      path = name;
    }
    ~Folder() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
    std::string path;
  } made;
  return made.path;
}

}  // namespace

std::string_view to_string(Trouble trouble) {
  switch (trouble) {
    case Trouble::none:
      return "none";
    case Trouble::fails:
      return "fails";
    case Trouble::loses_writes:
      return "loses writes";
    case Trouble::full:
      return "is full";
    case Trouble::denies:
      return "denies what it did";
    case Trouble::hangs:
      return "hangs";
    case Trouble::forgets:
      return "forgets";
  }
  check_failed("a known Trouble", __FILE__, __LINE__);
}

SimDisk::SimDisk(const InstanceId& instance, std::function<Mono()> now)
    : instance_(instance), now_(std::move(now)), path_(folder() + "/keeper.db") {
  // Every disk begins with the files of a store that has just been made: making them takes longer than many
  // a world lasts.
  static const kit::FaultyDisk::Image blank = [&] {
    Store::open_as(path_, instance).value().reset();
    return disk_.image();
  }();
  disk_.load(blank);
  store_ = Store::open_as(path_, instance).value();
}

SimDisk::~SimDisk() {
  store_.reset();
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

void SimDisk::trouble(Trouble trouble, Mono until, Random& random) {
  heal();
  trouble_ = trouble;
  until_ = until;
  applies_early_ = random.chance(0.5);
  fails_late_ = random.chance(0.3);
  const int next = disk_.operations() + 1;
  if (trouble == Trouble::fails || trouble == Trouble::forgets)
    disk_.fail_at(next, kit::Fault::io_error, for_long);
  if (trouble == Trouble::loses_writes) disk_.fail_at(next, kit::Fault::failed_sync, for_long);
  if (trouble == Trouble::full) disk_.fill();
}

void SimDisk::heal() {
  disk_.heal();
  trouble_ = Trouble::none;
  reopenings_ = 0;
}

void SimDisk::start_anew(Random& random) {
  if (waiting_ && random.chance(0.5)) waiting_(*store_);
  waiting_ = nullptr;
  busy_ = false;
  forgot_ = false;
  close();
  heal();
  store_ = Store::open_as(path_, instance_).value();
}

// As where a process is gone without closing anything.
void SimDisk::close() {
  disk_.cut_power_at(disk_.operations());
  store_.reset();
  disk_.come_back();
}

void SimDisk::forget() {
  close();
  disk_.load(remembered_);
  store_ = Store::open_as(path_, instance_).value();
  forgot_ = true;
}

Result<std::int64_t> SimDisk::commit(Store& store, const Batch& batch) {
  Result<std::int64_t> seq = store.commit(batch);
  if (trouble_ != Trouble::denies || !seq) return seq;
  return Error{ErrorKind::storage, "applied, and said to have failed"};
}

// Each second of a long trouble tries again. After some that failed where they first write, the files cannot
// be opened at all, which takes a hundredth of the time.
void SimDisk::note_reopening() {
  if (trouble_ == Trouble::none || !store_->needs_reopen()) return;
  if (++reopenings_ > reopenings_whole) disk_.refuse_to_open();
}

bool SimDisk::run(StoreWork work) {
  KEEPER_CHECK(!busy_);
  if (trouble_ != Trouble::none && now_() >= until_) {
    // One that never failed has not been opened anew either.
    if (trouble_ == Trouble::forgets && store_->needs_reopen()) forget();
    heal();
  }
  if (!hangs()) {
    work(*store_);
    note_reopening();
    return true;
  }
  busy_ = true;
  if (applies_early_) {
    work(*store_);
  } else {
    waiting_ = std::move(work);
  }
  return false;
}

bool SimDisk::idle() {
  if (busy_ && hangs()) return false;
  if (!busy_) return true;
  heal();
  busy_ = false;
  if (const StoreWork work = std::exchange(waiting_, nullptr)) {
    if (fails_late_) disk_.fail_at(disk_.operations() + 1, kit::Fault::io_error);
    work(*store_);
    disk_.heal();
  }
  return true;
}

}  // namespace keeper::sim
