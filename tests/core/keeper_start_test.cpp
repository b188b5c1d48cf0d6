#include "catch.h"
#include "core/bench.h"

using namespace keeper;
using namespace keeper::bench;

namespace {
Error lost() { return {ErrorKind::maybe_applied, "no answer within 30s"}; }
}  // namespace

TEST_CASE("an always plan asks for one session, and its row says so before the start leaves") {
  Bench bench({always_plan("watch", "notte")});
  CHECK(bench.moves == std::vector<std::string>{"queued scheduled"});
  CHECK(bench.waiting() == "start");
  CHECK(bench.row().start_sent_at == bench.now.wall);
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r1")});
  CHECK(bench.moves.back() == "active start_confirmed");
  CHECK(bench.row().remote_id == RemoteId{"r1"});
}

TEST_CASE("a start whose answer is lost is found, not repeated") {
  Bench bench({always_plan("watch", "notte")});
  const Remote made = bench.remote("r1");
  bench.answer(bench.pop(EffectKind::start), lost());
  bench.advance(Seconds{2});
  CHECK(bench.waiting() == "find");
  bench.answer(bench.pop(EffectKind::find), std::vector{made});
  CHECK(bench.moves.back() == "active found");
  bench.advance(Seconds{5});
  CHECK(bench.sent.empty());
}

TEST_CASE("not found is proof only after two reads, the last when a list would show what was made late") {
  Bench bench({always_plan("watch", "notte")});
  bench.answer(bench.pop(EffectKind::start), lost());
  int looks = 0;
  for (const Mono begin = bench.now.mono; bench.now.mono < begin + Seconds{45}; bench.advance(Seconds{1})) {
    CHECK(bench.waiting().find("start") == std::string::npos);
    if (bench.waiting().empty()) continue;
    bench.answer(bench.pop(EffectKind::find), std::vector<Remote>{});
    ++looks;
  }
  CHECK(looks >= 3);
  while (bench.waiting().empty()) bench.advance(Seconds{1});
  bench.answer(bench.pop(EffectKind::find), std::vector<Remote>{});
  CHECK(bench.waiting() == "start");
  CHECK(bench.rows.size() == 1);
}

TEST_CASE("a remote that was there before the start is not taken for its own") {
  Bench bench({always_plan("watch", "notte")});
  Remote older = bench.remote("stranger");
  older.created_at = bench.now.wall - std::chrono::minutes{5};
  bench.answer(bench.pop(EffectKind::start), lost());
  bench.advance(Seconds{2});
  bench.answer(bench.pop(EffectKind::find), std::vector{older});
  CHECK(bench.row().state == State::queued);
  CHECK_FALSE(bench.row().remote_id);
}

TEST_CASE("a tag names the session where the provider keeps one") {
  Bench bench({always_plan("desk", "videosdk")});
  bench.answer(bench.pop(EffectKind::start), lost());
  bench.advance(Seconds{2});
  Remote other = bench.remote("r1");
  other.tag = SessionId{"another"};
  Remote mine = bench.remote("r2");
  mine.tag = bench.row().id;
  bench.answer(bench.pop(EffectKind::find), std::vector{other, mine});
  CHECK(bench.row().remote_id == RemoteId{"r2"});
}

TEST_CASE("starts that could not be told apart go one at a time") {
  Plan two = always_plan("watch", "notte");
  two.count = 2;
  Bench bench({two});
  CHECK(bench.waiting() == "start");
  bench.answer(bench.pop(EffectKind::start), lost());
  bench.advance(Seconds{2});
  CHECK(bench.waiting() == "find");
  bench.answer(bench.pop(EffectKind::find), std::vector{bench.remote("r1")});
  CHECK(bench.waiting() == "start");

  two.provider = ProviderName{"videosdk"};
  Bench free({two});
  CHECK(free.waiting() == "start start");
}

TEST_CASE("a refused start ends as error, and the plan tries again after its backoff") {
  Bench bench({always_plan("watch", "notte")});
  bench.answer(bench.pop(EffectKind::start), Error{ErrorKind::denied, "422 idle_timeout_minutes"});
  CHECK(bench.moves.back() == "error start_refused");
  CHECK(bench.row().resolved);
  CHECK(bench.row().last_error == "422 idle_timeout_minutes");
  CHECK(bench.waiting().empty());
  bench.advance(Seconds{5});
  CHECK(bench.moves.back() == "queued restarted");
  CHECK(bench.row().attempt == 1);
}

TEST_CASE("a start that is answered with a remote of another session is refused, and that session lives on") {
  Plan plan = always_plan("desk", "videosdk");
  plan.count = 2;
  Bench bench({plan});
  bench.tick();
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("one")});
  const SessionId first = bench.row().id;
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("one")});
  CHECK(bench.moves.back() == "error start_refused");
  CHECK(bench.row().last_error.find("lives already as session " + first.str()) != std::string::npos);
  CHECK(bench.keeper().world().by_remote.at({ProviderName{"videosdk"}, RemoteId{"one"}}) == first);
  bench.advance(Seconds{30});
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("two")});
  CHECK(bench.moves.back() == "active start_confirmed");
}

TEST_CASE(
    "a session that another had started is not taken over, and no odd Date makes one of ours another's") {
  using std::chrono::hours;
  using std::chrono::minutes;
  struct Case {
    Millis age;
    std::optional<Millis> date;  // of the answer, less the true time
    bool is_ours;
  };
  const auto [age, date, is_ours] = GENERATE(values<Case>({{Seconds{1}, Millis{0}, true},
                                                           {minutes{1}, Millis{0}, true},
                                                           {minutes{5}, Millis{0}, false},
                                                           {minutes{5}, std::nullopt, false},
                                                           {minutes{5}, -hours{1}, false},
                                                           {Seconds{1}, hours{1}, true},
                                                           {Seconds{1}, -hours{1}, true}}));
  INFO(age.count() << " ms old, Date off by " << date.value_or(Millis{-1}).count());
  Bench bench({always_plan("patrol", "sonoran_cms")});
  bench.tick();
  Remote remote = bench.remote("r1");
  remote.other_starter = "account 7";
  remote.created_at = bench.now.wall - age;
  Answer answer = bench.answer_to(bench.pop(EffectKind::start), std::vector{remote});
  answer.provider_now.reset();
  if (date) answer.provider_now = bench.now.wall + *date;
  bench.take(answer);
  CHECK(bench.row().remote_id.has_value() == is_ours);
  CHECK(is_ours == bench.row().last_error.empty());
}

TEST_CASE("a start that certainly did not happen is sent again for the same session") {
  Bench bench({always_plan("watch", "notte")});
  bench.answer(bench.pop(EffectKind::start), Error{ErrorKind::not_applied, "connection refused"});
  bench.advance(Seconds{2});
  CHECK(bench.waiting() == "start");
  CHECK(bench.rows.size() == 1);
}

TEST_CASE("a rate limit is waited for as long as the provider says") {
  Bench bench({always_plan("watch", "notte")});
  bench.answer(bench.pop(EffectKind::start), Error{ErrorKind::exhausted, "429", Seconds{40}});
  bench.advance(Seconds{39});
  CHECK(bench.waiting().empty());
  bench.advance(Seconds{2});
  CHECK(bench.waiting() == "start");
}

TEST_CASE("a session that is not active in time is stopped first, then timed out") {
  Bench bench({always_plan("desk", "videosdk")});
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r1", Progress::asked)});
  bench.advance(std::chrono::minutes{1});
  while (!bench.sent.empty()) {
    bench.answer(bench.pop(EffectKind::observe), std::vector{bench.remote("r1", Progress::asked)});
  }
  bench.advance(std::chrono::minutes{1});
  while (!bench.sent.empty() && bench.sent.front().kind == EffectKind::observe) {
    bench.answer(bench.pop(EffectKind::observe), std::vector{bench.remote("r1", Progress::asked)});
  }
  CHECK(bench.waiting() == "stop");
  CHECK(bench.row().state == State::queued);
  bench.answer(bench.pop(EffectKind::stop), std::vector{bench.ended("r1", State::closed)});
  CHECK(bench.moves.back() == "timed_out start_timeout");
}

TEST_CASE("after a crash what was half started is found before anything is started") {
  Bench first({always_plan("watch", "notte")});
  Ledger ledger;
  ledger.unresolved = {first.row()};
  ledger.latest = {first.row()};
  ledger.counts = {1, 0, 0, 0, 0};
  Bench second({always_plan("watch", "notte")}, ledger);
  CHECK(second.waiting() == "find");
  CHECK(second.moves.empty());
}

TEST_CASE("after a crash what was live is read, and lives on") {
  Bench first({always_plan("watch", "notte")});
  first.answer(first.pop(EffectKind::start), std::vector{first.remote("r1")});
  Ledger ledger;
  ledger.unresolved = ledger.latest = {first.row()};
  ledger.counts = {0, 1, 0, 0, 0};
  Bench second({always_plan("watch", "notte")}, ledger);
  CHECK(second.waiting() == "observe");
  second.answer(second.pop(EffectKind::observe), std::vector{second.remote("r1")});
  CHECK(second.moves.empty());
  CHECK(second.keeper().view(second.now).plans.front().standing.live == 1);
}

TEST_CASE(
    "after a crash and a clock that was set back, a lost start is found by its age, whatever the provider's "
    "clock") {
  const std::vector<Plan> plans{always_plan("one", "notte")};
  Bench first(plans);
  first.tick();
  const Effect start = first.pop(EffectKind::start);
  const Wall sent = first.now.wall;
  Bench second(plans, first.ledger(), {}, {sent + Seconds{8}, first.now.mono + Seconds{22}});
  second.tick();
  // Their clock is 20 s behind what ours was; the remote came about a second after the start left.
  Remote remote = second.remote("lost");
  remote.created_at = sent - Seconds{19};
  Answer found = second.answer_to(second.pop(EffectKind::find), std::vector{remote});
  found.provider_now = sent + Seconds{2};
  second.take(found);
  CHECK(second.row().remote_id == RemoteId{"lost"});
  CHECK(second.waiting().find("start") == std::string::npos);
}
