// Webhooks in every order: the state goes by rank, an end is final, and what came early is matched.
#include <algorithm>
#include <array>
#include <set>

#include "core/bench.h"

using namespace keeper;
using namespace keeper::bench;

namespace {

DeliveryRow delivery(Progress progress, bool failed = false) {
  static const std::array<std::string, 5> words{"", "starting", "started", "stopping", "stopped"};
  DeliveryRow row;
  row.provider = videosdk;
  row.type = "ai-deployment-session-" +
             (failed ? std::string("failed") : words.at(static_cast<std::size_t>(progress)));
  row.key = row.type + "|r1";
  row.progress = progress;
  row.failed = failed;
  row.remote_id = RemoteId{"r1"};
  row.body = "{}";
  return row;
}

// What the loop would add to a delivery.
struct Hooked : Bench {
  Hooked() : Bench({always_plan("one", "videosdk")}) { tick(); }

  Ack receive(DeliveryRow row) {
    Delivered delivered;
    row.received_at = now.wall;
    delivered.seen = !keys_.insert(row.key).second;
    const auto known = keeper().world().by_remote.find({row.provider, row.remote_id});
    if (known != keeper().world().by_remote.end()) delivered.session = known->second;
    for (const SessionRow& one : rows) {
      if (one.remote_id == row.remote_id) delivered.session = one.id;
    }
    delivered.row = std::move(row);
    delivered.waiter = 1;
    take(delivered);
    return acks.back();
  }

 private:
  std::set<std::string> keys_;
};

// The first session, which alone has the remote r1.
const SessionRow& first_row(const Bench& bench) {
  for (const SessionRow& row : bench.rows) {
    if (row.attempt == 0) return row;
  }
  return bench.rows.front();
}

State run(const std::vector<DeliveryRow>& order, std::size_t early, bool repeats) {
  Hooked bench;
  const Effect start = bench.pop(EffectKind::start);
  for (std::size_t i = 0; i <= order.size(); ++i) {
    if (i == early) bench.answer(start, std::vector{bench.remote("r1", Progress::asked)});
    if (i == order.size()) break;
    bench.receive(order[i]);
    if (repeats) CHECK(bench.receive(order[i]) == Ack::duplicate);
    bench.now.wall += Millis{10};
    bench.now.mono += Millis{10};
    bench.tick();
  }
  std::set<std::string> kept;
  for (const DeliveryRow& row : bench.deliveries) kept.insert(row.key);
  CHECK(kept.size() == order.size());
  return first_row(bench).state;
}

}  // namespace

TEST_CASE("every order of four events ends in one state, doubled or not, early or not") {
  for (const bool failed : {false, true}) {
    std::array<int, 4> order{0, 1, 2, 3};
    int orders = 0;
    do {
      ++orders;
      std::vector<DeliveryRow> events;
      for (const int i : order) {
        const auto progress = static_cast<Progress>(i + 1);
        events.push_back(delivery(progress, failed && progress == Progress::ended));
      }
      for (const bool repeats : {false, true}) {
        for (std::size_t early = 0; early <= events.size(); ++early) {
          CHECK(run(events, early, repeats) == (failed ? State::error : State::closed));
        }
      }
    } while (std::next_permutation(order.begin(), order.end()));
    CHECK(orders == 24);
  }
}

TEST_CASE("where both ends arrive, the first one stands") {
  for (const bool failed_first : {false, true}) {
    Hooked bench;
    bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r1")});
    CHECK(bench.receive(delivery(Progress::ended, failed_first)) == Ack::recorded);
    CHECK(bench.receive(delivery(Progress::ended, !failed_first)) == Ack::recorded);
    CHECK(first_row(bench).state == (failed_first ? State::error : State::closed));
    CHECK(bench.deliveries.back().disposition == Disposition::late);
  }
}

TEST_CASE("where both ends come before the start's answer, the one that came first stands") {
  for (const bool failed_first : {false, true}) {
    Hooked bench;
    const Effect start = bench.pop(EffectKind::start);
    CHECK(bench.receive(delivery(Progress::ended, failed_first)) == Ack::held);
    CHECK(bench.receive(delivery(Progress::ended, !failed_first)) == Ack::held);
    bench.answer(start, std::vector{bench.remote("r1")});
    CHECK(first_row(bench).state == (failed_first ? State::error : State::closed));
    CHECK(bench.keeper().world().held.empty());
  }
}

TEST_CASE(
    "of very many deliveries for sessions of others the newest are held, and the rest are listed as "
    "unmatched") {
  constexpr int held_max = 50'000;
  Hooked bench;
  const Effect start = bench.pop(EffectKind::start);
  DeliveryRow row = delivery(Progress::started);
  for (int i = 0; i <= held_max; ++i) {
    row.remote_id = RemoteId{"stranger-" + std::to_string(i)};
    row.key = delivery_key(row.type, row.remote_id);
    bench.receive(row);
  }
  CHECK(bench.keeper().world().held.size() == held_max);
  const auto unmatched =
      std::count_if(bench.deliveries.begin(), bench.deliveries.end(),
                    [](const DeliveryRow& one) { return one.disposition == Disposition::unmatched; });
  CHECK(unmatched == 1);
  CHECK(bench.receive(delivery(Progress::stopping)) == Ack::held);
  bench.answer(start, std::vector{bench.remote("r1")});
  CHECK(first_row(bench).progress == Progress::stopping);
  bench.now.mono += std::chrono::minutes{15};
  bench.tick();
  CHECK(bench.keeper().world().held.empty());
}
