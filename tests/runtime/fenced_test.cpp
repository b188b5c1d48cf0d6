// Fenced effects: they leave only while the store confirms that this process leads, and hold up no others.
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <set>

#include "net/certificates.h"
#include "net/fake_server.h"
#include "net/unresolved.h"
#include "runtime/calling.h"
#include "runtime/fake_lead.h"
#include "runtime/pool_kit.h"

namespace keeper {
namespace {

using namespace std::chrono_literals;
using namespace test;

const ProviderName fenced_provider("p");

// Carries out at once, and notes which effects had a confirmation.
struct Noted {
  Carry carry() {
    return [this](const Effect& effect, Confirmation* confirmation) -> Task<Answer> {
      (confirmation != nullptr ? with : without).with([&](auto& kinds) { kinds.insert(effect.kind); });
      co_return Answer{};
    };
  }
  static std::set<EffectKind> of(Locked<std::set<EffectKind>>& kinds) {
    return kinds.with([](const auto& all) { return all; });
  }
  Locked<std::set<EffectKind>> with;
  Locked<std::set<EffectKind>> without;
};

const std::vector<EffectKind> all_kinds{EffectKind::start,  EffectKind::find,       EffectKind::observe,
                                        EffectKind::list,   EffectKind::keep_alive, EffectKind::stop,
                                        EffectKind::cleanup};

std::vector<Effect> one_of_each() {
  std::vector<Effect> effects;
  for (const EffectKind kind : all_kinds) effects.push_back(effect_of(kind, effects.size() + 1));
  return effects;
}

bool is_held_back(const Answer& answer) {
  return answer.held_back && !answer.remotes && answer.remotes.error().kind == ErrorKind::not_applied;
}

TEST_CASE("only what the leader alone may do waits for its confirmation, and nothing waits beside it") {
  const bool names_place = GENERATE(false, true);
  FakeLead lead;
  lead.silent_until = FakeLead::in(500ms);
  Noted noted;
  Answers answers;
  Leadership leadership(lead.ports());
  Workers workers(answers.sink(), &leadership);
  PoolSettings settings = settings_of(noted.carry());
  settings.stop_names_place = names_place;
  workers.install({{fenced_provider, settings}});
  workers.dispatch(one_of_each());
  const std::size_t fenced = names_place ? 2 : 1;
  CHECK(answers.wait(all_kinds.size() - fenced).size() == all_kinds.size() - fenced);
  CHECK(Noted::of(noted.with).empty());
  CHECK_FALSE(workers.wait_quiet(Millis{0}));
  CHECK(answers.wait(all_kinds.size()).size() == all_kinds.size());
  CHECK(Noted::of(noted.with) ==
        (names_place ? std::set{EffectKind::start, EffectKind::stop} : std::set{EffectKind::start}));
  CHECK(Noted::of(noted.without).size() == all_kinds.size() - fenced);
}

TEST_CASE("where nobody else can lead nothing is fenced") {
  Noted noted;
  Answers answers;
  Workers workers(answers.sink());
  PoolSettings settings = settings_of(noted.carry());
  settings.stop_names_place = true;
  workers.install({{fenced_provider, settings}});
  workers.dispatch(one_of_each());
  CHECK(answers.wait(all_kinds.size()).size() == all_kinds.size());
  CHECK(Noted::of(noted.with).empty());
}

TEST_CASE("a start that is not confirmed is held back without a call and without a slot of the rate") {
  FakeLead lead;
  const bool is_deposed = GENERATE(true, false);
  (is_deposed ? lead.leads : lead.away) = is_deposed ? false : true;
  Noted noted;
  Answers answers;
  Leadership leadership(lead.ports());
  Workers workers(answers.sink(), &leadership);
  PoolSettings settings = settings_of(noted.carry());
  settings.limits.calls = RateLimit{2, Millis{60'000}};
  workers.install({{fenced_provider, settings}});
  workers.dispatch({effect_of(EffectKind::start, 1)});
  const auto list = answers.wait(1);
  REQUIRE(list.size() == 1);
  CHECK(is_held_back(list[0]));
  CHECK(list[0].ticket == 1);
  CHECK(list[0].session == SessionId("s1"));
  CHECK(Noted::of(noted.with).empty());
  CHECK(workers.rate_left(fenced_provider) == 2);
}

TEST_CASE("a start that lost its confirmation while it waited for its turn costs no slot of the rate") {
  FakeLead lead;
  Answers answers;
  Gate gate;
  Leadership leadership(lead.ports());
  Workers workers(answers.sink(), &leadership);
  PoolSettings settings = settings_of(through(gate, the_first), 1);
  settings.limits.calls = RateLimit{10, Millis{60'000}};
  workers.install({{fenced_provider, settings}});
  workers.dispatch({effect_of(EffectKind::observe, 1)});
  wait_until([&] { return gate.waiting() == 1; });
  workers.dispatch({effect_of(EffectKind::start, 2)});
  wait_until([&] { return lead.questions > 0; });
  std::this_thread::sleep_for(100ms);
  lead.away = true;
  std::this_thread::sleep_for(Confirmation::life + 100ms);
  gate.open();
  const auto list = answers.wait(2);
  REQUIRE(list.size() == 2);
  CHECK(is_held_back(list[1]));
  CHECK(workers.rate_left(fenced_provider) == 9);
}

TEST_CASE("a start that waits for its turn longer than a confirmation lives leaves while the store answers") {
  FakeLead lead;
  Answers answers;
  Gate gate;
  Leadership leadership(lead.ports());
  Workers workers(answers.sink(), &leadership);
  workers.install({{fenced_provider, settings_of(through(gate, the_first), 1)}});
  workers.dispatch({effect_of(EffectKind::observe, 1)});
  wait_until([&] { return gate.waiting() == 1; });
  workers.dispatch({effect_of(EffectKind::start, 2)});
  std::this_thread::sleep_for(Confirmation::life * 2);
  gate.open();
  const auto list = answers.wait(2);
  REQUIRE(list.size() == 2);
  CHECK(list[1].remotes.ok());
}

TEST_CASE("an end of the workers waits for what is to be confirmed, and each effect is answered") {
  FakeLead lead;
  lead.silent_until = FakeLead::in(300ms);
  Answers answers;
  Leadership leadership(lead.ports());
  Workers workers(answers.sink(), &leadership);
  workers.install({{fenced_provider, settings_of(at_once)}});
  workers.dispatch({effect_of(EffectKind::start, 1), effect_of(EffectKind::start, 2)});
  workers.stop();
  CHECK(answers.all().size() == 2);
}

// A provider behind a name that takes three seconds to look up and a handshake that takes one and a half.
struct SlowProvider {
  SlowProvider() { write_pem(authority, path); }
  ~SlowProvider() { std::remove(path.c_str()); }

  PoolSettings settings(Meters& meters) const {
    ProviderSettings provider;
    provider.name = fenced_provider;
    provider.type = ProviderType{"notte"};
    provider.base_url = "https://" + std::string(hung_name) + ":" + std::to_string(server.port());
    provider.api_key = Secret{"planted-api-key"};
    provider.ca_file = path;
    provider.request_timeout = Seconds{20};
    provider.max_concurrent = 4;
    return pool_settings(provider, {}, {}, meters);
  }

  Certificate authority = make_certificate({.common_name = "test authority", .is_authority = true});
  Certificate leaf =
      make_certificate({.common_name = "other", .names = "DNS:" + std::string(hung_name)}, &authority);
  std::shared_ptr<SSL_CTX> context = server_context(leaf);
  std::string path = "/tmp/keeper-fenced-ca-" + std::to_string(::getpid()) + ".pem";
  FakeServer server{
      [](const Received&, Wire& wire) { wire.send(reply(200, R"({"session_id":"r1","status":"active"})")); },
      {context.get(), [](Wire& wire) { wire.pause(1500ms); }}};
};

TEST_CASE("a start at a provider that is slow to connect to leaves at the first try") {
  FakeLead lead;
  Answers answers;
  Meters meters;
  SlowProvider slow;
  Leadership leadership(lead.ports());
  Workers workers(answers.sink(), &leadership);
  workers.install({{fenced_provider, slow.settings(meters)}});
  const bool ends_meanwhile = GENERATE(false, true);
  auto hang = std::make_optional<Hang>();
  workers.dispatch({effect_of(EffectKind::start, 1)});
  std::this_thread::sleep_for(3s);
  hang.reset();
  wait_until([&] { return slow.server.connections() == 1; });
  // In the middle of the handshake.
  if (ends_meanwhile) lead.leads = false;
  const auto list = answers.wait(1);
  REQUIRE(list.size() == 1);
  CHECK(slow.server.connections() == 1);
  if (ends_meanwhile) {
    CHECK(is_held_back(list[0]));
    CHECK(slow.server.requests().empty());
  } else {
    INFO((list[0].remotes.ok() ? "" : list[0].remotes.error().what));
    CHECK(list[0].remotes.ok());
    CHECK(slow.server.requests().size() == 1);
  }
}

TEST_CASE("what was held back is counted by provider and call") {
  Meters meters;
  tell_held_back(unconfirmed_answer(effect_of(EffectKind::start, 1), {ErrorKind::not_applied, "why"}),
                 meters);
  for (const auto& family : meters.collect()) {
    if (family.name != "session_keeper_fenced_calls_total") continue;
    REQUIRE(family.metric.size() == 1);
    CHECK(family.metric[0].counter.value == 1);
    CHECK(family.metric[0].label.size() == 2);
    return;
  }
  FAIL("the counter is missing");
}

}  // namespace
}  // namespace keeper
