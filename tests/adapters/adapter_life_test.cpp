// One suite for every adapter: the same life at the sandbox, call by call.
#include <thread>

#include "adapters/adapters.h"
#include "provider/support.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;

namespace {

struct Life {
  explicit Life(const Adapter& which) : adapter(which), settings(settings_of(which, playground.api_url())) {
    const ProviderSettings& theirs = settings.providers.at(ProviderName{"it"});
    provider = waiting_provider(theirs, {});
    parameters = settings.config->plans.at(PlanName{"desk"}).parameters;
  }

  Effect effect(EffectKind kind) const { return effect_of(kind, id, parameters); }
  Reply start() { return provider->start(effect(EffectKind::start)); }
  Reply find() { return provider->find(effect(EffectKind::find)); }
  Reply observe() { return provider->observe(effect(EffectKind::observe)); }
  Reply keep_alive() { return provider->keep_alive(effect(EffectKind::keep_alive)); }
  Reply stop() { return provider->stop(effect(EffectKind::stop)); }

  void begin() {
    id = only(start()).id.str();
    playground.advance(Seconds{2});  // VideoSDK's is queued at first
  }
  // Ended by this answer, or no longer known.
  static bool is_over(const Reply& reply) {
    if (reply.remotes.ok()) return reply.remotes->at(0).progress == Progress::ended;
    return reply.remotes.error().kind == ErrorKind::gone;
  }

  Playground playground;
  const Adapter adapter;
  Settings settings;
  std::unique_ptr<WaitingProvider> provider;
  std::string parameters, id;
};

ErrorKind kind_of(const Reply& reply) {
  if (reply.remotes.ok()) throw std::runtime_error("a remote, not an error");
  return reply.remotes.error().kind;
}

}  // namespace

TEST_CASE("each adapter starts, reads, keeps alive, stops, and stops once more") {
  Life life(GENERATE(from_range(all_adapters())));
  INFO(life.adapter.name);
  life.begin();
  CHECK(life.playground.remotes(true).size() == 1);
  const Reply seen = life.observe();
  CHECK(only(seen).id.str() == life.id);
  CHECK(only(seen).state == State::active);
  CHECK(seen.provider_now);
  const Reply kept = life.keep_alive();
  CHECK(only(kept).id.str() == life.id);
  if (life.adapter.tells_activity) CHECK(only(kept).last_activity_at);
  if (life.adapter.finds) CHECK(only(life.find()).id.str() == life.id);
  life.stop();
  life.playground.advance(Seconds{2});
  CHECK(life.playground.remotes(true).empty());
  CHECK(Life::is_over(life.stop()));
  CHECK(Life::is_over(life.observe()));
  if (!life.adapter.finds) return;
  const Reply found = life.find();
  REQUIRE(found.remotes.ok());
  for (const Remote& remote : *found.remotes) CHECK(remote.progress == Progress::ended);
}

TEST_CASE("a start whose answer is lost is ambiguous, and found") {
  Life life(GENERATE(from_range(all_adapters())));
  INFO(life.adapter.name);
  life.playground.fault({{"operation", "start"}, {"reset_after_effect", 1.0}, {"times", 1}});
  CHECK(kind_of(life.start()) == ErrorKind::maybe_applied);
  CHECK(life.playground.remotes(true).size() == 1);
  if (!life.adapter.finds) return;
  CHECK(only(life.find()).created_at);
}

TEST_CASE("a start that was dropped before its effect is proven absent") {
  Life life(GENERATE(from_range(all_adapters())));
  INFO(life.adapter.name);
  life.playground.fault({{"operation", "start"}, {"reset_before_effect", 1.0}, {"times", 1}});
  CHECK(kind_of(life.start()) == ErrorKind::maybe_applied);
  CHECK(life.playground.remotes(true).empty());
  if (!life.adapter.finds) return;
  const Reply found = life.find();
  REQUIRE(found.remotes.ok());
  CHECK(found.remotes->empty());
}

TEST_CASE("a heartbeat moves the idle clock, and without one the session expires") {
  Life life(GENERATE(from_range(all_adapters())));
  if (!life.adapter.beats) return;
  INFO(life.adapter.name);
  life.begin();
  life.playground.advance(Seconds{170});
  const Remote kept = only(life.keep_alive());
  if (life.adapter.tells_activity) CHECK(*kept.last_activity_at - *kept.created_at >= Seconds{170});
  life.playground.advance(Seconds{170});
  CHECK(only(life.observe()).state == State::active);
  life.playground.advance(Seconds{1000});
  if (life.adapter.is_vendor) {
    CHECK(Life::is_over(life.observe()));
    return;
  }
  if (!life.adapter.reads) {
    CHECK(Life::is_over(life.keep_alive()));
    return;
  }
  const Remote ended = only(life.observe());
  CHECK(ended.state == State::timed_out);
  CHECK(ended.reason == Reason::idle_timeout);
}

TEST_CASE("an end by somebody else is seen, as what it was where the provider tells") {
  Life life(GENERATE(from_range(all_adapters())));
  const std::string as = GENERATE("closed", "error", "timed_out");
  INFO(life.adapter.name << ", " << as);
  life.begin();
  life.playground.ask("POST", "/remotes/" + life.id + "/end", Json{{"as", as}}.dump());
  const Reply seen = life.observe();
  CHECK(Life::is_over(seen));
  if (life.adapter.sandbox == "notte" && life.adapter.reads) CHECK(to_string(only(seen).state) == as);
  CHECK(Life::is_over(life.stop()));
}

TEST_CASE("a rate limit is no failure: each call says how long to wait") {
  Life life(GENERATE(from_range(all_adapters())));
  INFO(life.adapter.name);
  life.begin();
  life.playground.fault({{"status", 429}, {"retry_after", 7}});
  for (const Reply& reply : {life.start(), life.observe(), life.keep_alive(), life.stop()}) {
    CHECK(kind_of(reply) == ErrorKind::exhausted);
    CHECK(reply.remotes.error().retry_after == Seconds{7});
  }
  CHECK(life.playground.remotes(true).size() == 1);
}

TEST_CASE("during an outage nothing is taken for ended or for refused") {
  Life life(GENERATE(from_range(all_adapters())));
  const Json fault = GENERATE(Json{{"reset_before_effect", 1.0}}, Json{{"status", 503}},
                              Json{{"status", 502}}, Json{{"status", 500}});
  INFO(life.adapter.name << ", " << fault.dump());
  life.begin();
  life.playground.fault(fault);
  CHECK(kind_of(life.start()) == ErrorKind::maybe_applied);
  CHECK(kind_of(life.observe()) == (life.adapter.reads ? ErrorKind::not_applied : ErrorKind::maybe_applied));
  for (const Reply& reply : {life.keep_alive(), life.stop()}) {
    const ErrorKind kind = kind_of(reply);
    CHECK((kind == ErrorKind::not_applied || kind == ErrorKind::maybe_applied));
  }
  life.playground.heal();
  CHECK(only(life.observe()).state == State::active);
}

TEST_CASE("garbage is an error that says so, and proves nothing") {
  Life life(GENERATE(from_range(all_adapters())));
  const std::string body = GENERATE("html", "text");
  INFO(life.adapter.name << ", " << body);
  life.begin();
  life.playground.fault({{"status", 200}, {"body", body}});
  CHECK(kind_of(life.start()) == ErrorKind::maybe_applied);
  CHECK(kind_of(life.observe()) == ErrorKind::malformed);
  const Reply stopped = life.stop();
  CHECK_FALSE(Life::is_over(stopped));
}

TEST_CASE("a redirect within the same origin is followed once, with the method and the credentials") {
  Life life(GENERATE(from_range(all_adapters())));
  const int status = GENERATE(307, 308);
  INFO(life.adapter.name << ", " << status);
  life.playground.fault({{"status", status}});
  life.begin();
  CHECK(life.playground.remotes(true).size() == 1);
  CHECK(only(life.observe()).id.str() == life.id);
}

TEST_CASE("a wrong credential is denied everywhere, and a right one passes the check") {
  Life life(GENERATE(from_range(all_adapters())));
  INFO(life.adapter.name);
  CHECK(life.provider->check().ok());
  if (!life.adapter.reads) return;  // it has no call that changes nothing
  ProviderSettings settings = life.settings.providers.at(ProviderName{"it"});
  settings.api_key = Secret{"another-key"};
  life.provider = waiting_provider(settings, {});
  CHECK(kind_of(life.start()) == ErrorKind::denied);
  CHECK_FALSE(life.provider->check().ok());
}
