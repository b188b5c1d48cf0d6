#include "core/bench.h"
#include "core/notices.h"

using namespace keeper;
using namespace keeper::bench;

namespace {

using std::chrono::hours;
using std::chrono::minutes;

const TargetName ops{"ops"};

Bench with_target(std::vector<Plan> plans, Target target = test::known_target(), Ledger ledger = {}) {
  Bench bench(std::move(plans), std::move(ledger), {{ops, std::move(target)}});
  bench.tick();
  return bench;
}

// Every start is answered with a remote that has failed already; what is looked for is not there.
void fail_starts(Bench& bench, int times) {
  for (int n = 0; n < times;) {
    if (bench.waiting().find("find") != std::string::npos) {
      bench.answer(bench.pop(EffectKind::find), std::vector<Remote>{});
    }
    if (bench.waiting().find("start") == std::string::npos) {
      bench.advance(Seconds{10});
      continue;
    }
    const Effect start = bench.pop(EffectKind::start);
    bench.answer(start,
                 std::vector{bench.ended("f" + std::to_string(++n), State::error, Reason::provider_failed)});
  }
}

std::vector<std::string> words_of(const MessageRow& message) {
  std::vector<std::string> words;
  for (const Notice& notice : message.notices) words.emplace_back(event_word(notice.topic, notice.phase));
  return words;
}

}  // namespace

TEST_CASE("a plan that fails over and over is told once, and once that it is over") {
  Bench bench = with_target({always_plan("one", "videosdk")});
  fail_starts(bench, 8);
  bench.advance(Seconds{10});
  CHECK(bench.notices == std::vector<std::string>{"plan_degraded one"});
  CHECK(words_of(bench.deliver()) == std::vector<std::string>{"plan_degraded"});
  while (bench.waiting().find("start") == std::string::npos) bench.advance(Seconds{10});
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("good")});
  const Remote good = bench.remote("good");
  for (int i = 0; i < 11; ++i) {
    bench.advance(minutes{1});
    while (bench.waiting().find("observe") != std::string::npos) {
      bench.answer(bench.pop(EffectKind::observe), std::vector{good});
    }
    if (i < 9) CHECK(bench.notices.size() == 1);
  }
  CHECK(bench.notices.back() == "plan_recovered one");
  bench.advance(minutes{1});
  CHECK(words_of(bench.deliver()) == std::vector<std::string>{"plan_recovered"});
  CHECK(bench.alerts.empty());
}

TEST_CASE(
    "a message is tried again by the schedule of Standard Webhooks, with the same id, and then given up") {
  Bench bench = with_target({always_plan("one", "videosdk")});
  fail_starts(bench, 3);
  bench.advance(Seconds{6});
  std::vector<std::string> ids;
  const std::vector<Millis> waits{Seconds{5}, minutes{5}, minutes{30}, hours{2}, hours{5},
                                  hours{10},  hours{14},  hours{20},   hours{24}};
  for (const Millis wait : waits) {
    ids.push_back(bench.deliver(Error{ErrorKind::not_applied, "500"}).id);
    const Mono told = bench.now.mono;
    // Other messages may come in between.
    while (bench.posts.empty() || bench.posts.front().message.id != ids.front()) {
      if (!bench.posts.empty()) {
        bench.deliver();
      } else {
        bench.advance(std::min<Millis>(std::max<Millis>(wait / 20, Seconds{1}), minutes{10}));
      }
      while (bench.waiting().find("start") != std::string::npos) {
        bench.answer(bench.pop(EffectKind::start),
                     std::vector{bench.ended("x", State::error, Reason::provider_failed)});
      }
    }
    CHECK(bench.now.mono - told >= wait);
    CHECK(bench.now.mono - told <= wait + wait / 5 + minutes{10});
  }
  bench.deliver(Error{ErrorKind::not_applied, "500"});
  CHECK(bench.messages.at(ids.front()).state == MessageState::given_up);
  CHECK(bench.messages.at(ids.front()).attempts == 10);
}

TEST_CASE("a restart repeats no message that was delivered and fires no alert anew, but brings what waits") {
  Bench bench = with_target({always_plan("one", "videosdk")});
  fail_starts(bench, 3);
  SECTION("delivered before") {
    bench.advance(Seconds{6});
    bench.deliver();
    Bench again = with_target({always_plan("one", "videosdk")}, test::known_target(), bench.ledger());
    fail_starts(again, 3);
    again.advance(minutes{5});
    CHECK(again.notices.empty());
    CHECK(again.posts.empty());
  }
  SECTION("not sent before") {
    const std::string id = bench.messages.begin()->first;
    Bench again = with_target({always_plan("one", "videosdk")}, test::known_target(), bench.ledger());
    again.advance(minutes{1});
    CHECK(again.deliver().id == id);
    CHECK(again.messages.at(id).state == MessageState::delivered);
  }
}

TEST_CASE("a target that refuses is seen from its first refusal, over a restart, until it takes a message") {
  Bench bench = with_target({always_plan("one", "videosdk")});
  const auto seen = [](const Bench& of) { return of.keeper().view(of.now).targets.at(0); };
  CHECK(seen(bench).name == ops);
  CHECK_FALSE(seen(bench).failing_since);
  fail_starts(bench, 3);
  bench.advance(Seconds{6});
  CHECK(seen(bench).waiting == 1);
  bench.deliver(Error{ErrorKind::not_applied, "500"});
  const Wall refused = bench.now.wall;
  CHECK(seen(bench).failing_since == refused);
  CHECK(seen(bench).last_error == "500");
  CHECK(seen(bench).next_try_at > refused);
  bench.advance(Seconds{6});
  bench.deliver(Error{ErrorKind::not_applied, "503"});
  CHECK(seen(bench).failing_since == refused);
  CHECK(seen(bench).last_error == "503");
  Bench again = with_target({always_plan("one", "videosdk")}, test::known_target(), bench.ledger());
  CHECK(seen(again).failing_since);
  CHECK(seen(again).last_error == "503");
  again.advance(minutes{6});
  again.deliver();
  CHECK_FALSE(seen(again).failing_since);
  CHECK(seen(again).last_error.empty());
}

TEST_CASE("sessions that a plan leaves to their idle timeout do not make it degraded") {
  for (const bool beats : {false, true}) {
    Plan plan = always_plan("one", "videosdk");
    plan.keep_alive.heartbeat = beats;
    Bench bench = with_target({plan});
    for (int i = 0; i < 5; ++i) {
      bench.advance(minutes{6});
      if (bench.waiting().find("start") == std::string::npos) continue;
      const std::string name = "r" + std::to_string(i);
      bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote(name)});
      bench.advance(minutes{2});
      while (bench.waiting().find("observe") != std::string::npos) {
        bench.answer(bench.pop(EffectKind::observe),
                     std::vector{bench.ended(name, State::timed_out, Reason::idle_timeout)});
      }
    }
    CHECK(std::count(bench.notices.begin(), bench.notices.end(), "plan_degraded one") == (beats ? 1 : 0));
  }
}

TEST_CASE("what lasts is repeated after the target's interval") {
  Target target = test::known_target();
  target.repeat_interval = hours{1};
  Bench bench = with_target({always_plan("one", "videosdk")}, target);
  fail_starts(bench, 3);
  int told = 0;
  for (int i = 0; i < 6 * 60 * 3; ++i) {
    bench.advance(Seconds{10});
    while (!bench.posts.empty()) {
      ++told;
      bench.deliver();
    }
    while (bench.waiting().find("start") != std::string::npos) {
      bench.answer(bench.pop(EffectKind::start),
                   std::vector{bench.ended("x", State::error, Reason::provider_failed)});
    }
  }
  CHECK(told >= 3);
  CHECK(told <= 4);
}

TEST_CASE("what comes together goes out in one message, and the next one waits") {
  std::vector<Plan> plans;
  for (int i = 0; i < 30; ++i) plans.push_back(always_plan("p" + std::to_string(i), "videosdk"));
  Bench bench = with_target(plans);
  while (bench.waiting().find("start") != std::string::npos) {
    bench.answer(bench.pop(EffectKind::start),
                 std::vector{bench.remote(bench.sent.empty() ? "last" : bench.sent.front().session.str())});
  }
  bench.advance(minutes{3});
  while (bench.waiting().find("observe") != std::string::npos) {
    const Effect read = bench.pop(EffectKind::observe);
    bench.answer(read, std::vector{bench.ended(read.remote.str(), State::error, Reason::provider_failed)});
  }
  bench.advance(Seconds{6});
  REQUIRE(bench.posts.size() == 1);
  const MessageRow first = bench.deliver();
  CHECK(first.notices.size() >= 25);
  CHECK(first.notices.front().topic == Topic::session_lost);
}

TEST_CASE("what happened to one subject several times is one notice that names each") {
  Bench bench = with_target({always_plan("one", "videosdk")});
  Draft draft(bench.keeper().world(), bench.now);
  for (const char* text : {"session a was lost", "session b was lost", "session c was lost"})
    happen(draft, Topic::session_lost, "one", text);
  bench.keeper().install(draft.finish());
  bench.advance(Seconds{6});
  REQUIRE(bench.posts.size() == 1);
  const MessageRow message = bench.deliver();
  REQUIRE(message.notices.size() == 1);
  CHECK(message.notices.front().times == 3);
  CHECK(message.notices.front().text == "session a was lost; session b was lost; session c was lost");
}

TEST_CASE("a target is told only the events that it asks for, and their end") {
  Target target = test::known_target();
  target.events = {"provider_down"};
  Bench bench = with_target({always_plan("one", "videosdk"), always_plan("two", "notte")}, target);
  fail_starts(bench, 2);
  for (int i = 0; i < 300; ++i) {
    bench.advance(Seconds{2});
    while (bench.waiting().find("start") != std::string::npos) {
      bench.answer(bench.pop(EffectKind::start), Error{ErrorKind::not_applied, "connection refused"});
    }
  }
  while (bench.waiting().find("start") == std::string::npos) bench.advance(Seconds{1});
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("good")});
  std::vector<std::string> words;
  for (int i = 0; i < 20; ++i) {
    bench.advance(Seconds{10});
    while (!bench.posts.empty()) {
      for (const std::string& word : words_of(bench.deliver())) words.push_back(word);
    }
  }
  CHECK(std::find(bench.notices.begin(), bench.notices.end(), "plan_degraded one") == bench.notices.end());
  REQUIRE_FALSE(words.empty());
  for (const std::string& word : words) CHECK((word == "provider_down" || word == "provider_up"));
  CHECK(std::find(words.begin(), words.end(), "provider_up") != words.end());
}

TEST_CASE("a target that is gone has its messages given up, and a new one is told what lasts") {
  Bench bench = with_target({always_plan("one", "videosdk")});
  fail_starts(bench, 3);
  bench.config.targets.clear();
  bench.config.targets[TargetName{"new"}] = test::known_target();
  bench.load({always_plan("one", "videosdk")});
  bench.advance(Seconds{6});
  REQUIRE(bench.posts.size() == 1);
  const MessageRow told = bench.deliver();
  CHECK(told.target.str() == "new");
  CHECK(words_of(told) == std::vector<std::string>{"plan_degraded"});
  int given_up = 0;
  for (const auto& [id, message] : bench.messages)
    given_up += message.state == MessageState::given_up ? 1 : 0;
  CHECK(given_up == 1);
}

TEST_CASE("without a route nothing is held against provider or plan, and starts go out when it is back") {
  Bench bench = with_target({always_plan("one", "videosdk"), always_plan("two", "notte")});
  int tried = 0;
  for (int i = 0; i < 600; ++i) {
    while (bench.waiting().find("start") != std::string::npos) {
      ++tried;
      bench.answer(bench.pop(EffectKind::start), Error{ErrorKind::cut_off, "no route"});
    }
    bench.advance(Seconds{1});
  }
  CHECK(tried > 10);
  CHECK(tried < 300);
  CHECK(bench.notices.empty());
  CHECK(bench.moves == std::vector<std::string>{"queued scheduled", "queued scheduled"});
  for (const ProviderView& provider : bench.keeper().view(bench.now).providers) {
    if (provider.name.str() != "sonoran_cms") CHECK(provider.condition == ProviderCondition::cut_off);
  }
  while (bench.waiting().find("start") == std::string::npos) bench.advance(Seconds{1});
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("a")});
  CHECK(bench.moves.back() == "active start_confirmed");
}

TEST_CASE("a stop that is not heeded within stop_timeout shows, and is asked again") {
  Bench bench = with_target({always_plan("one", "videosdk")});
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r1")});
  bench.take(OperatorAsked{Order::stop_plan, PlanName{"one"}, {}, false, {}, {}, 0});
  int stops = 0;
  for (int i = 0; i < 18; ++i) {
    while (bench.waiting().find("stop") != std::string::npos) {
      ++stops;
      bench.answer(bench.pop(EffectKind::stop), Error{ErrorKind::not_applied, "500"});
    }
    bench.advance(Seconds{5});
  }
  CHECK(stops >= 5);
  CHECK(bench.row().last_error.find("not ended within stop_timeout") != std::string::npos);
}

TEST_CASE("a stop that is not heeded within stop_timeout shows although the provider asked to wait longer") {
  Bench bench = with_target({always_plan("one", "videosdk")});
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r1")});
  bench.take(OperatorAsked{Order::stop_plan, PlanName{"one"}, {}, false, {}, {}, 0});
  bench.answer(bench.pop(EffectKind::stop), Error{ErrorKind::exhausted, "429", std::chrono::minutes{30}});
  for (int i = 0; i < 13; ++i) bench.advance(Seconds{5});
  CHECK(bench.row().last_error.find("not ended within stop_timeout") != std::string::npos);
}

TEST_CASE(
    "what the process around the keeper has seen is told: once while it lasts, its end, and each time") {
  Bench bench = with_target({always_plan("one", "videosdk")});
  const auto see = [](Bench& to, Topic topic, Phase phase, const std::string& text) {
    to.take(Noticed{topic, phase, "store", text});
    to.advance(minutes{2});
  };
  see(bench, Topic::no_standby, Phase::resolved, "nothing lasts yet");
  CHECK(bench.posts.empty());
  see(bench, Topic::no_standby, Phase::firing, "the standby is gone");
  see(bench, Topic::no_standby, Phase::firing, "the standby is gone still");
  MessageRow told = bench.deliver();
  CHECK(words_of(told) == std::vector<std::string>{"no_standby"});
  CHECK(told.notices.front().subject == "store");
  CHECK(told.notices.front().text == "the standby is gone");
  CHECK(bench.posts.empty());

  // The next process, or another node that has taken the lead, has only the rows.
  Bench again = with_target({always_plan("one", "videosdk")}, test::known_target(), bench.ledger());
  see(again, Topic::no_standby, Phase::firing, "the standby is gone");
  CHECK(again.posts.empty());
  see(again, Topic::no_standby, Phase::resolved, "a standby is there");
  CHECK(words_of(again.deliver()) == std::vector<std::string>{"standby_back"});
  CHECK(again.alerts.empty());

  for (const char* text : {"a leads", "b leads"}) see(again, Topic::leader_changed, Phase::happened, text);
  for (const char* text : {"a leads", "b leads"}) {
    told = again.deliver();
    CHECK(words_of(told) == std::vector<std::string>{"leader_changed"});
    CHECK(told.notices.front().text == text);
  }
  CHECK(again.notices ==
        std::vector<std::string>{"standby_back store", "leader_changed store", "leader_changed store"});
}
