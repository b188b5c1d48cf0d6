// The loop when the store works and refuses rows for what they hold.
#include <set>

#include "catch.h"
#include "runtime/loop_world.h"

namespace keeper {
namespace {

bool is_poison(const std::string& text) { return text.find("poison") != std::string::npos; }

// Keeps no remote with "poison" in its id.
class PickyStore final : public Store {
 public:
  explicit PickyStore(Store& store) : store_(store) {}
  void hand_over() const override { store_.hand_over(); }
  const InstanceId& instance() const override { return store_.instance(); }
  const std::string& location() const override { return store_.location(); }
  Result<Ledger> load() override { return store_.load(); }
  Result<std::int64_t> commit(const Batch& batch) override {
    bool refused = false;
    for (const DeliveryRow& row : batch.deliveries) refused = refused || is_poison(row.remote_id.str());
    for (const SessionRow& row : batch.sessions)
      refused = refused || (row.remote_id && is_poison(row.remote_id->str()));
    if (refused) return Error{ErrorKind::malformed, "a value is refused"};
    return store_.commit(batch);
  }
  Status probe() override { return store_.probe(); }
  Result<Findings> look_up(const Questions& questions) override { return store_.look_up(questions); }
  bool needs_reopen() const override { return store_.needs_reopen(); }
  Status reopen() override { return store_.reopen(); }
  Result<Pruned> prune(Wall before, int rows_max) override { return store_.prune(before, rows_max); }
  Result<std::int64_t> used_bytes() override { return store_.used_bytes(); }

 private:
  Store& store_;
};

struct PickyWorld : LoopWorld {
  PickyWorld() {
    access = std::make_unique<DirectStore>(picky);
    boot();
  }
  // Turns until the inbox is empty. Returns the turns that it took.
  int settle() {
    int turns = 0;
    for (; inbox.size() > 0; ++turns) {
      REQUIRE(turns < 100);
      turn();
      REQUIRE(loop->published().storage_error.empty());
    }
    return turns;
  }
  PickyStore picky{*store};
};

TEST_CASE("one delivery whose rows are refused keeps none of the others out for ever") {
  PickyWorld world;
  world.load(one_plan());
  std::set<int> missing;
  for (int n = 0; n < 20; ++n) missing.insert(n);
  // As a provider does: what was not acknowledged comes again.
  for (int again = 0; again < 12; ++again) {
    for (const int n : std::set<int>(missing)) {
      const std::string remote = n == 7 ? "poison" : "r" + std::to_string(n);
      REQUIRE(world.inbox.offer(world.delivery(remote), [&missing, n](std::optional<Ack> ack) {
        if (ack) missing.erase(n);
      }));
    }
    world.settle();
  }
  CHECK(missing == std::set<int>{7});
}

TEST_CASE("an answer whose rows are refused counts as lost, and everything else goes on") {
  PickyWorld world;
  world.load(more_plans(3));
  std::vector<Effect> starts;
  for (int n = 0; n < 4; ++n) starts.push_back(world.take(EffectKind::start));
  for (std::size_t n = 0; n < starts.size(); ++n)
    world.answer(starts[n], world.active_remote(n == 2 ? "poison" : "r" + std::to_string(n)));
  world.settle();
  for (std::size_t n = 0; n < starts.size(); ++n) {
    const SessionRow row = **world.stored(starts[n].session);
    CHECK(row.remote_id.has_value() == (n != 2));
    CHECK(row.state == (n == 2 ? State::queued : State::active));
  }
  world.clock.pass(Seconds{30});
  world.turn();
  CHECK(world.take(EffectKind::find).session == starts[2].session);
}

TEST_CASE("texts from outside that no store can keep are written out before they are decided on") {
  LoopWorld world;
  world.load(one_plan());
  const Effect start = world.take(EffectKind::start);
  world.answer(start, world.active_remote(std::string("a\0b\xff", 4)));
  world.turn();
  CHECK((*world.stored(start.session))->remote_id == RemoteId("a\\x00b\\xff"));
  CHECK(world.loop->keeper().world().sessions.at(start.session).row.remote_id == RemoteId("a\\x00b\\xff"));
}

}  // namespace
}  // namespace keeper
