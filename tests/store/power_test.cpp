// Power cuts and failing disks under the store. KEEPER_LONG=1 for the long form.
#include <cstdlib>
#include <set>

#include "store/faulty_disk.h"
#include "store/store_kit.h"
#include "store/verify.h"

using namespace keeper;
using namespace keeper::kit;

namespace {

constexpr int commits = 12;

bool is_long() { return std::getenv("KEEPER_LONG") != nullptr; }

// The short form looks at some of the moments, other ones in each case.
int stride(int seldom) { return is_long() ? 1 : seldom; }

Batch work(int n) {
  Batch batch = story(session(n), all_states[static_cast<std::size_t>(n) % 5]);
  batch.deliveries = {delivery(n)};
  batch.deliveries[0].body = std::string(static_cast<std::size_t>(n % 4) * 3000 + 100, 'b');
  batch.plans = {plan("p0", n)};
  return batch;
}

// False also where the store cannot say.
bool holds(Store& store, int n) {
  const auto found = store.look_up({.deliveries = {{delivery(n).provider, delivery(n).key, {}}}});
  return found.ok() && found->seen.at(0).delivery;
}

struct World {
  TempDirectory directory;
  std::string path = directory.file("s.db");
  FaultyDisk disk;
  FaultyDisk::Image blank;  // a new store, closed

  World() {
    open_store(path);
    blank = disk.image();
    disk.load(blank);
  }
};

// What the loop would do: whatever was committed, or seen after a reopen, has been acknowledged.
class Loop {
 public:
  explicit Loop(const std::string& path) {
    auto opened = Store::open(path);
    if (opened) store_ = std::move(*opened);
  }

  void work_all() {
    for (int n = 0; store_ && n < commits; ++n) {
      if (store_->needs_reopen() && !recover()) continue;
      if (store_->commit(work(n)).ok()) acknowledged_.insert(n);
      if (n % 3 == 2) checkpointed_ = store_->checkpoint().ok() && checkpointed_;
    }
  }

  bool recover() {
    if (!store_->reopen() || !store_->load()) return false;
    for (int n = 0; n < commits; ++n) {
      if (holds(*store_, n)) acknowledged_.insert(n);
    }
    return true;
  }

  Store* store() { return store_.get(); }
  const std::set<int>& acknowledged() const { return acknowledged_; }

 private:
  std::unique_ptr<Store> store_;
  std::set<int> acknowledged_;
  bool checkpointed_ = true;
};

// The acknowledged batches that are not there in full, and every other complaint.
std::vector<std::string> losses(const std::string& path, const std::set<int>& acknowledged) {
  std::vector<std::string> found;
  auto store = Store::open(path);
  if (!store) return {store.error().what};
  const auto ledger = (*store)->load();
  if (!ledger) return {ledger.error().what};
  for (const int n : acknowledged) {
    if (!holds(**store, n)) found.push_back("delivery " + std::to_string(n));
    // The transitions are there too: the same batch changes nothing.
    const auto again = (*store)->commit(work(n));
    if (!again.ok()) found.push_back(again.error().what);
    if (again.ok() && *again != ledger->last_seq) found.push_back("transitions of " + std::to_string(n));
  }
  store->reset();
  const auto verified = verify_store(path);
  if (!verified) return {verified.error().what};
  for (const std::string& problem : verified->problems) {
    if (problem.find("digest") == std::string::npos) found.push_back(problem);
  }
  return found;
}

int count_operations(World& world) {
  Loop loop(world.path);
  loop.work_all();
  REQUIRE(loop.acknowledged().size() == commits);
  return world.disk.operations();
}

void require_none(const std::vector<std::string>& found) { REQUIRE(found == std::vector<std::string>{}); }

}  // namespace

TEST_CASE("each commit is synced before it is acknowledged") {
  World world;
  Loop loop(world.path);
  REQUIRE(loop.store() != nullptr);
  for (int n = 0; n < 5; ++n) {
    const int before = world.disk.syncs();
    must_commit(*loop.store(), work(n));
    REQUIRE(world.disk.syncs() > before);
  }
}

TEST_CASE(
    "after an I/O error everything is refused until the store was opened anew, after a full disk it is not") {
  World world;
  Loop loop(world.path);
  const bool is_full = GENERATE(false, true);
  if (is_full) {
    world.disk.fill();
  } else {
    world.disk.fail_at(world.disk.operations() + 1, Fault::io_error);
  }
  REQUIRE_FALSE(loop.store()->commit(work(0)).ok());
  world.disk.heal();
  REQUIRE(loop.store()->needs_reopen() != is_full);
  REQUIRE(loop.store()->load().ok() == is_full);
  REQUIRE(loop.store()->commit(work(0)).ok() == is_full);
  REQUIRE(loop.store()->reopen().ok());
  must_commit(*loop.store(), work(0));
}

TEST_CASE("a power cut at any moment loses nothing that was acknowledged") {
  World world;
  const int operations = count_operations(world);
  REQUIRE(operations > 50);
  std::mt19937 random(1);
  int cut = 0;
  for (int round = 0; round < (is_long() ? 200 : 1); ++round) {
    for (int at = 1; at <= operations; at += stride(9)) {
      for (const Survival survival : {Survival::none, Survival::all, Survival::random, Survival::torn}) {
        world.disk.load(world.blank);
        world.disk.cut_power_at(at);
        std::set<int> acknowledged;
        {
          Loop loop(world.path);
          loop.work_all();
          acknowledged = loop.acknowledged();
        }
        cut += world.disk.has_power() ? 0 : 1;
        world.disk.restore_power(survival, random);
        INFO("cut at operation " << at << ", survival " << static_cast<int>(survival));
        require_none(losses(world.path, acknowledged));
      }
    }
  }
  REQUIRE(cut >= operations / 4);
}

TEST_CASE("a store can be opened and read on a full disk, and commits again once there is space") {
  World world;
  {
    Loop loop(world.path);
    for (int n = 0; n < commits; ++n) must_commit(*loop.store(), work(n));
    world.disk.cut_power_at(world.disk.operations() + 1);
  }
  std::mt19937 random(5);
  world.disk.restore_power(Survival::none, random);
  world.disk.fill();
  Loop loop(world.path);
  REQUIRE(loop.store() != nullptr);
  REQUIRE(must_load(*loop.store()).last_seq > 0);
  REQUIRE_FALSE(loop.store()->commit(work(commits)).ok());
  world.disk.heal();
  if (loop.store()->needs_reopen()) REQUIRE(loop.store()->reopen().ok());
  must_commit(*loop.store(), work(commits));
}

TEST_CASE("a disk that lies about syncs is noticed by this test") {
  World world;
  const int operations = count_operations(world);
  std::mt19937 random(2);
  int lost = 0;
  for (int at = 1; at <= operations; at += stride(10)) {
    world.disk.load(world.blank);
    world.disk.lie_about_syncs(true);
    world.disk.cut_power_at(at);
    std::set<int> acknowledged;
    {
      Loop loop(world.path);
      loop.work_all();
      acknowledged = loop.acknowledged();
    }
    world.disk.lie_about_syncs(false);
    world.disk.restore_power(Survival::none, random);
    lost += losses(world.path, acknowledged).empty() ? 0 : 1;
  }
  REQUIRE(lost > 5);
}

TEST_CASE("no failing write or sync becomes a false acknowledgement, and the store works again afterwards") {
  World world;
  const int operations = count_operations(world);
  std::mt19937 random(3);
  int failures = 0;
  for (int round = 0; round < (is_long() ? 100 : 1); ++round) {
    for (int at = 1; at <= operations; at += stride(9)) {
      for (const Fault fault : {Fault::io_error, Fault::full, Fault::failed_sync}) {
        const int more = static_cast<int>(random() % 3) * 5;
        world.disk.load(world.blank);
        world.disk.fail_at(at, fault, more);
        std::set<int> acknowledged;
        INFO("operation " << at << " and " << more << " more, fault " << static_cast<int>(fault));
        {
          Loop loop(world.path);
          loop.work_all();
          failures += world.disk.failures() > 0 ? 1 : 0;
          world.disk.heal();
          if (loop.store() != nullptr && loop.store()->needs_reopen()) REQUIRE(loop.recover());
          if (loop.store() != nullptr) {
            loop.work_all();
            REQUIRE(loop.acknowledged().size() == commits);
          }
          acknowledged = loop.acknowledged();
          world.disk.cut_power_at(world.disk.operations() + 1);
        }
        world.disk.restore_power(Survival::none, random);
        require_none(losses(world.path, acknowledged));
      }
    }
  }
  REQUIRE(failures > operations / 9);
}

// Works until the sync at operation `at` fails, then is killed: SQLite gets no chance to tidy up, and what
// was written stays visible. Gives what was acknowledged.
std::set<int> fail_and_be_killed(World& world, int at) {
  world.disk.load(world.blank);
  world.disk.fail_at(at, Fault::failed_sync, 1);
  std::set<int> acknowledged;
  Loop loop(world.path);
  for (int n = 0; loop.store() != nullptr && n < commits && !loop.store()->needs_reopen(); ++n) {
    if (loop.store()->commit(work(n)).ok()) acknowledged.insert(n);
  }
  world.disk.cut_power_at(world.disk.operations() + 1);
  return acknowledged;
}

TEST_CASE("what is seen after a failed sync and a restart of the process survives a power cut") {
  World world;
  const int operations = count_operations(world);
  std::mt19937 random(4);
  int visible = 0;
  for (int at = 1; at <= operations; at += stride(4)) {
    fail_and_be_killed(world, at);
    world.disk.come_back();
    std::set<int> seen;
    {
      Loop again(world.path);
      REQUIRE(again.store() != nullptr);
      REQUIRE(again.recover());
      seen = again.acknowledged();
      world.disk.cut_power_at(world.disk.operations() + 1);
    }
    visible += seen.empty() ? 0 : 1;
    world.disk.restore_power(Survival::none, random);
    INFO("sync " << at);
    require_none(losses(world.path, seen));
  }
  REQUIRE(visible > 3);
}

TEST_CASE("a power cut while the store is opened after a failed sync harms nothing") {
  World world;
  const int operations = count_operations(world);
  std::mt19937 random(5);
  int cut = 0;
  for (int at = 2; at <= operations; at += stride(25)) {
    for (int later = 1; later <= 40; later += stride(4)) {
      const std::set<int> acknowledged = fail_and_be_killed(world, at);
      world.disk.come_back();
      world.disk.cut_power_at(world.disk.operations() + later);
      { const Loop again(world.path); }
      if (world.disk.has_power()) break;
      ++cut;
      world.disk.restore_power(later % 2 == 0 ? Survival::random : Survival::all, random);
      INFO("sync " << at << ", then cut after " << later);
      require_none(losses(world.path, acknowledged));
    }
  }
  REQUIRE(cut > 20);
}
