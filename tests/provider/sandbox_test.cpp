#include "sandbox/sandbox.h"

#include <thread>

#include "provider/http_client.h"
#include "provider/support.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;

namespace {

struct World {
  World() : server({"127.0.0.1", 0}, {"127.0.0.1", 0}) { server.start(); }

  std::unique_ptr<Provider> provider(ProviderType type, NotteDialect dialect = NotteDialect::current) const {
    ProviderSettings settings = settings_for(type, server.api_url());
    settings.dialect = dialect;
    settings.api_key = Secret{"sandbox-key"};
    settings.secret = Secret{"sandbox-secret"};
    return make_provider(settings, {});
  }

  void control(const std::string& path, const std::string& body) {
    HttpClient client({parse_url(server.control_url()).value(), "", 1});
    const auto answered =
        client.call({"POST", path, {}, body}, std::chrono::steady_clock::now() + Seconds{5});
    REQUIRE(answered.ok());
    REQUIRE(answered->status / 100 == 2);
  }

  sandbox::Sandbox server;
};

struct Kind {
  ProviderType type;
  NotteDialect dialect;
  std::string parameters;
};

const std::vector<Kind> kinds{
    {ProviderType::notte, NotteDialect::current, R"({"idle_timeout_minutes":3,"max_duration_minutes":15})"},
    {ProviderType::notte, NotteDialect::legacy, R"({"session_timeout_minutes":5,"keep_alive":true})"},
    {ProviderType::videosdk, NotteDialect::current, R"({"deploymentId":"d1","metaData":{"desk":"front"}})"},
    {ProviderType::sonoran_cms, NotteDialect::current,
     R"({"serverId":1,"accId":"c1f7a3c0-51b1-4a0e-9a51-6b8f5f4f3e21"})"}};

}  // namespace

TEST_CASE("each adapter goes through a session's life at the sandbox") {
  const Kind kind = GENERATE(from_range(kinds));
  INFO(kind.parameters);
  World world;
  const auto provider = world.provider(kind.type, kind.dialect);
  const Remote started = only(provider->start(effect_of(EffectKind::start, "", kind.parameters)));
  const std::string id = started.id.str();
  CHECK_FALSE(is_terminal(started.state));
  if (kind.type == ProviderType::videosdk) std::this_thread::sleep_for(Millis{1300});
  CHECK(only(provider->observe(effect_of(EffectKind::observe, id, kind.parameters))).state == State::active);
  const Reply kept = provider->keep_alive(effect_of(EffectKind::keep_alive, id, kind.parameters));
  CHECK(only(kept).id == started.id);
  if (kind.type == ProviderType::notte) CHECK(only(kept).last_activity_at);
  CHECK(kept.provider_now);
  if (kind.dialect == NotteDialect::current) {
    const Reply found = provider->find(effect_of(EffectKind::find, "", kind.parameters));
    CHECK(only(found).id == started.id);
  }
  const Reply stopped = provider->stop(effect_of(EffectKind::stop, id, kind.parameters));
  if (only(stopped).progress != Progress::ended) std::this_thread::sleep_for(Millis{1500});
  const Reply again = provider->stop(effect_of(EffectKind::stop, id, kind.parameters));
  CHECK((again.remotes.ok() ? again.remotes->front().progress == Progress::ended
                            : again.remotes.error().kind == ErrorKind::gone));
  const Reply after = provider->observe(effect_of(EffectKind::observe, id, kind.parameters));
  CHECK((after.remotes.ok() ? after.remotes->front().state == State::closed
                            : after.remotes.error().kind == ErrorKind::gone));
}

TEST_CASE("a start whose answer is lost is ambiguous, and found") {
  const Kind kind = GENERATE(from_range(kinds));
  if (kind.dialect == NotteDialect::legacy) return;
  INFO(kind.parameters);
  World world;
  world.control("/faults", R"({"operation":"start","reset_after_effect":1.0,"times":1})");
  const auto provider = world.provider(kind.type);
  const Reply lost = provider->start(effect_of(EffectKind::start, "", kind.parameters));
  REQUIRE_FALSE(lost.remotes.ok());
  CHECK(lost.remotes.error().kind == ErrorKind::maybe_applied);
  CHECK(only(provider->find(effect_of(EffectKind::find, "", kind.parameters))).created_at);
}

TEST_CASE("a start that the sandbox dropped before its effect is proven absent") {
  const Kind kind = GENERATE(from_range(kinds));
  if (kind.dialect == NotteDialect::legacy) return;
  INFO(kind.parameters);
  World world;
  world.control("/faults", R"({"operation":"start","reset_before_effect":1.0,"times":1})");
  const auto provider = world.provider(kind.type);
  CHECK_FALSE(provider->start(effect_of(EffectKind::start, "", kind.parameters)).remotes.ok());
  const Reply found = provider->find(effect_of(EffectKind::find, "", kind.parameters));
  REQUIRE(found.remotes.ok());
  CHECK(found.remotes->empty());
}

TEST_CASE("a wrong credential is denied everywhere") {
  const Kind kind = GENERATE(from_range(kinds));
  World world;
  ProviderSettings settings = settings_for(kind.type, world.server.api_url());
  settings.dialect = kind.dialect;
  const Reply answered =
      make_provider(settings, {})->start(effect_of(EffectKind::start, "", kind.parameters));
  REQUIRE_FALSE(answered.remotes.ok());
  CHECK(answered.remotes.error().kind == ErrorKind::denied);
}

TEST_CASE("Notte's idle timeout passes on the sandbox's clock, unless a heartbeat came") {
  World world;
  const auto provider = world.provider(ProviderType::notte);
  const std::string id =
      only(provider->start(effect_of(EffectKind::start, "", kinds[0].parameters))).id.str();
  world.control("/advance", R"({"seconds":150})");
  const Remote kept = only(provider->keep_alive(effect_of(EffectKind::keep_alive, id)));
  CHECK(*kept.last_activity_at - *kept.created_at >= Seconds{150});
  world.control("/advance", R"({"seconds":150})");
  CHECK(only(provider->observe(effect_of(EffectKind::observe, id))).state == State::active);
  world.control("/advance", R"({"seconds":200})");
  const Remote ended = only(provider->observe(effect_of(EffectKind::observe, id)));
  CHECK(ended.state == State::timed_out);
  CHECK(ended.reason == Reason::idle_timeout);
}
