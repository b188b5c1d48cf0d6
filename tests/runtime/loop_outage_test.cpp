// The loop when the disk takes no more: a limit on the size of files stands in for the full disk.
#include <sys/resource.h>

#include <csignal>
#include <set>

#include "catch.h"
#include "runtime/loop_world.h"
#include "runtime/rowless.h"
#include "store/store_backup.h"

namespace keeper {
namespace {

// While it lives, no file of this process grows beyond what the write-ahead log has now.
class FullDisk {
 public:
  explicit FullDisk(const LoopWorld& world) {
    std::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    limit(std::filesystem::file_size(world.directory.file("keeper.db-wal")));
  }
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

  // From now on not even the files' own space can be written again.
  void seize() { limit(1); }

 private:
  void limit(std::uintmax_t bytes) {
    rlimit full = before_;
    full.rlim_cur = bytes;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &full) == 0);
  }

  rlimit before_{};
};

// A store whose file is an older copy once a write has failed: what was committed since is lost.
class ForgetfulStore final : public StoreAccess {
 public:
  ForgetfulStore(Store& store, const std::string& older) : store_(store) {
    auto opened = Store::open(older);
    REQUIRE(opened.ok());
    older_ = *std::move(opened);
  }
  bool run(StoreWork work) override {
    work(store_.needs_reopen() ? *older_ : store_);
    return true;
  }
  bool idle() override { return true; }

 private:
  Store& store_;
  std::unique_ptr<Store> older_;
};

// Until the store works again.
void recover(LoopWorld& world) {
  for (int i = 0; i < 5 && !world.loop->published().storage_error.empty(); ++i) {
    world.clock.pass(Seconds{1});
    world.turn();
  }
  REQUIRE(world.loop->published().storage_error.empty());
  world.turn();
}

TEST_CASE("when the disk is full nothing leaves, and the start follows once there is room") {
  LoopWorld world;
  world.activate();
  world.effects.clear();
  world.order.clear();
  {
    const FullDisk full(world);
    world.inbox.post(ConfigLoaded{more_plans(40)});
    world.turn();
    CHECK(world.order.empty());
    CHECK_FALSE(world.loop->published().storage_error.empty());
    CHECK(difference(world.loop->keeper().world(), *world.store->load()).empty());
  }
  recover(world);
  world.load(more_plans(40));
  CHECK(std::count(world.order.begin(), world.order.end(), "start") == 40);
  CHECK(world.rows_before_effects);
}

TEST_CASE("a delivery that cannot be put on disk is refused, and taken when it comes again") {
  LoopWorld world;
  world.activate();
  std::vector<std::optional<Ack>> acks;
  const auto receipt = [&](std::optional<Ack> ack) { acks.push_back(ack); };
  const auto large = [&] {
    Delivered delivered = world.delivery("r1", Progress::stopping);
    delivered.row.body = std::string(60'000, 'x');
    return delivered;
  };
  {
    const FullDisk full(world);
    REQUIRE(world.inbox.offer(large(), receipt));
    world.turn();
    REQUIRE(acks.size() == 1);
    CHECK_FALSE(acks[0].has_value());
    CHECK_FALSE(world.inbox.offer(large(), receipt));
  }
  recover(world);
  REQUIRE(world.inbox.offer(large(), receipt));
  world.turn();
  REQUIRE(acks.size() == 2);
  CHECK(acks[1] == Ack::recorded);
}

TEST_CASE("a start's answer outlives the full disk: its remote is not lost") {
  LoopWorld world;
  world.load(one_plan());
  const Effect start = world.take(EffectKind::start);
  {
    const FullDisk full(world);
    world.answer(start, world.active_remote("r1"));
    world.turn();
    CHECK_FALSE(world.loop->published().storage_error.empty());
    CHECK_FALSE(world.loop->keeper().world().sessions.at(start.session).row.remote_id.has_value());
    world.clock.pass(Seconds{2});
    world.turn();
  }
  recover(world);
  CHECK(world.loop->keeper().world().sessions.at(start.session).row.remote_id == RemoteId("r1"));
  CHECK((*world.stored(start.session))->remote_id == RemoteId("r1"));
}

TEST_CASE("heartbeats go on while the disk is full") {
  LoopWorld world;
  world.activate();
  world.effects.clear();
  FullDisk full(world);
  Delivered delivered = world.delivery("r1", Progress::stopping);
  delivered.row.body = std::string(60'000, 'x');
  REQUIRE(world.inbox.offer(delivered, {}));
  world.turn();
  full.seize();
  int beats = 0;
  for (int second = 0; second < 120; ++second) {
    world.clock.pass(Seconds{1});
    world.turn();
    for (const Effect& effect : world.effects) {
      if (effect.kind == EffectKind::keep_alive) ++beats;
      world.answer(effect, world.active_remote("r1"));
    }
    world.effects.clear();
    REQUIRE_FALSE(world.loop->published().storage_error.empty());
  }
  CHECK(beats >= 4);
}

TEST_CASE("the history of a session that the store has lost as a whole begins again with queued") {
  LoopWorld world;
  const std::string older = world.directory.file("older.db");
  REQUIRE(backup_store(world.directory.file("keeper.db"), older).ok());
  world.access = std::make_unique<ForgetfulStore>(*world.store, older);
  world.boot();
  world.load(one_plan());
  const Effect start = world.take(EffectKind::start);
  // One that has ended is no longer in the memory but as its slot's newest attempt.
  const State state = GENERATE(State::active, State::error);
  Remote remote = world.active_remote("r1");
  if (state == State::error) {
    remote.progress = Progress::ended;
    remote.state = State::error;
    remote.reason = Reason::provider_failed;
  }
  world.answer(start, remote);
  world.turn();
  REQUIRE(world.loop->keeper().world().sessions.contains(start.session) == (state == State::active));
  {
    const FullDisk full(world);
    Delivered delivered = world.delivery("r1", Progress::stopping);
    delivered.row.body = std::string(60'000, 'x');
    REQUIRE(world.inbox.offer(delivered, {}));
    world.turn();
  }
  world.clock.pass(Seconds{1});
  world.turn();
  CHECK(world.loop->fatal().find("was written again") != std::string::npos);
  auto history = History::open(older);
  REQUIRE(history.ok());
  const auto page = (*history)->transitions({.session = start.session});
  REQUIRE(page.ok());
  std::set<State> told;
  for (const TransitionRow& row : page->rows) {
    told.insert(row.to);
    CHECK(row.from == (row.to == State::queued ? std::nullopt : std::optional(State::queued)));
    CHECK(row.cause == Cause::recovery);
  }
  CHECK(told == std::set{State::queued, state});
}

}  // namespace
}  // namespace keeper
