// What a good file becomes: settings, plans and the parameters of their sessions.
#include <filesystem>

#include "config/loading.h"

using namespace keeper;
using namespace keeper::test;
using std::chrono::minutes;

namespace {

const std::string providers = R"(
providers:
  vs: {type: videosdk, api_key: "${KEY}", secret: "${OTHER}"}
  nt: {type: notte, api_key: "${KEY}"}
  lg: {type: notte, dialect: legacy, api_key: "${KEY}", base_url: "https://api.example.org/v1/"}
  sc: {type: sonoran_cms, api_key: "${KEY}", rate_limit: 60/1m, max_concurrent: 2, poll_interval: 10s, proxy: "${OTHER_PROXY}",
    http_version: auto}
)";

Settings settings_of(const std::string& yaml) {
  auto outcome = load_text(providers + yaml);
  INFO(lines(outcome));
  REQUIRE(outcome.settings);
  return std::move(*outcome.settings);
}

Plan plan_of(const std::string& keys, const std::string& more = "") {
  const Settings settings = settings_of(more + "\nplans:\n  p: {" + keys + "}\n");
  return settings.config->plans.at(PlanName("p"));
}

std::string messages_of(const std::string& keys, const std::string& more = "") {
  return lines(load_text(providers + more + "\nplans:\n  p: {" + keys + "}\n"));
}

const std::string always = "schedule: {always: true}, ";

}  // namespace

TEST_CASE("providers carry their credentials, limits and the address of their type") {
  const Settings settings = settings_of("");
  const auto& vs = settings.providers.at(ProviderName("vs"));
  CHECK(vs.api_key.reveal() == "PLANTED-key");
  CHECK(vs.secret.reveal() == "PLANTED-other");
  CHECK(vs.base_url == "https://api.videosdk.live");
  CHECK(settings.providers.at(ProviderName("lg")).dialect == NotteDialect::legacy);
  CHECK(settings.providers.at(ProviderName("lg")).base_url == "https://api.example.org/v1");
  const auto& sc = settings.providers.at(ProviderName("sc"));
  REQUIRE(sc.rate_limit);
  CHECK(sc.rate_limit->calls == 60);
  CHECK(sc.rate_limit->window == minutes{1});
  CHECK(sc.max_concurrent == 2);
  CHECK(sc.proxy.reveal() == "http://user:PLANTED@proxy:3128");
  CHECK(sc.http2);
  CHECK(vs.max_concurrent == 16);
  CHECK(vs.proxy.reveal() == "none");
  CHECK_FALSE(vs.http2);
  CHECK(settings.config->providers.at(ProviderName("sc")).poll_interval == Seconds{10});
  CHECK(settings.config->providers.at(ProviderName("sc")).one_per_place);
}

TEST_CASE("the store is in STATE_DIRECTORY, or in the unit's without one, or where the file says") {
  LoadOptions with = options();
  CHECK(load_text("status:\n", with).settings->store_path == "/var/lib/session-keeper/session-keeper.db");
  with.variable = [](const std::string& name) -> std::optional<std::string> {
    return name == "STATE_DIRECTORY" ? std::optional<std::string>("/var/lib/a:/var/lib/b") : std::nullopt;
  };
  CHECK(load_text("status:\n", with).settings->store_path == "/var/lib/a/session-keeper.db");
  CHECK(load_text("store: {path: \"${STATE_DIRECTORY}.db\"}\n", with).settings->store_path ==
        "/var/lib/a:/var/lib/b.db");
}

TEST_CASE("a relative path begins at the file, also where the file is a link to it") {
  const TemporaryFile key("key-0123456789");
  const std::string beside = std::filesystem::path(key.path()).filename().string();
  const TemporaryFile file("store: {path: state/keeper.db}\nproviders: {n: {type: notte, api_key_file: " +
                           beside + ", ca_file: " + beside + "}}\n");
  const std::filesystem::path folder = std::filesystem::canonical(file.path()).parent_path();
  const std::string link = file.path() + ".link-in-another-name";
  std::filesystem::create_symlink(file.path(), link);
  for (const std::string& name : {file.path(), link}) {
    const LoadOutcome outcome = load_settings(name, provider_kinds(), options());
    REQUIRE(outcome.settings);
    CHECK(outcome.settings->store_path == (folder / "state/keeper.db").string());
    const ProviderSettings& provider = outcome.settings->providers.at(ProviderName("n"));
    CHECK(provider.api_key.reveal() == "key-0123456789");
    CHECK(provider.ca_file == (folder / beside).string());
  }
  std::filesystem::remove(link);
}

TEST_CASE("listeners are loopback unless it is asked for") {
  const Settings settings = settings_of(
      "status: {listen: \"0.0.0.0:1\", allow_remote: true, allowed_hosts: [a.example]}\n"
      "webhook: {listen: \"0.0.0.0:2\", public_url: \"https://hooks.example.org/x/\"}\n");
  CHECK(settings.status.listen == Address{"0.0.0.0", 1});
  CHECK(settings.status.allowed_hosts == std::vector<std::string>{"a.example"});
  REQUIRE(settings.webhook);
  CHECK(settings.webhook->public_url == "https://hooks.example.org/x");
  CHECK_FALSE(settings_of("").webhook);
  for (const char* loopback : {"127.0.0.1:0", "127.9.9.9:1", "localhost:1", "\"[::1]:1\""}) {
    CHECK(load_text("status: {listen: " + std::string(loopback) + "}\n").settings);
  }
  for (const char* remote : {"192.168.1.1:1", "\"[::]:1\"", "0.0.0.0:1", "128.0.0.1:1"}) {
    CHECK_FALSE(load_text("status: {listen: " + std::string(remote) + "}\n").settings);
  }
}

TEST_CASE("the digest is of the file's bytes") {
  const auto outcome = load_text("status: {}\n");
  CHECK(outcome.settings->sha256 == "1de391292136ef75d167107bb3939e7b98b250aa179e9a5932a07052d9e44bdd");
}

TEST_CASE("VideoSDK parameters have the provider's names, and keep variables of env as they are written") {
  const Plan plan = plan_of(always +
                            "provider: vs, session: {deployment_id: d, tag: 1.0, "
                            "env: {T: \"a ${KEY}\", N: no}, metadata: {n: 5, s: \"5\"}}");
  CHECK(plan.parameters ==
        R"({"deploymentId":"d","env":{"N":"no","T":"a ${KEY}"},"metaData":{"n":5,"s":"5"},"tag":"1.0"})");
  CHECK_FALSE(plan.idle_timeout);
  CHECK_FALSE(plan.maximum);
}

TEST_CASE("Notte is always told both of its timeouts") {
  const Plan bare = plan_of(always + "provider: nt");
  CHECK(bare.parameters == R"({"idle_timeout_minutes":3,"max_duration_minutes":15})");
  CHECK(bare.idle_timeout == minutes{3});
  CHECK(bare.maximum == minutes{15});
  const Plan short_one = plan_of(always + "provider: nt, session: {max_duration: 2m}");
  CHECK(short_one.parameters == R"({"idle_timeout_minutes":2,"max_duration_minutes":2})");
  const Plan full = plan_of(always +
                            "provider: nt, session: {idle_timeout: 5m, max_duration: 1h, headless: false, "
                            "profile: {id: 7, persist: yes}, auth_ids: [1, b], viewport_width: 800, "
                            "viewport_height: 600, proxies: [{country: de}]}");
  CHECK(full.parameters ==
        R"({"auth_ids":["1","b"],"headless":false,"idle_timeout_minutes":5,"max_duration_minutes":60,)"
        R"("profile":{"id":"7","persist":true},"proxies":[{"country":"de"}],"viewport_height":600,)"
        R"("viewport_width":800})");
}

TEST_CASE("the legacy dialect has an idle timeout of five minutes and no maximum") {
  const Plan plan = plan_of(always + "provider: lg, session: {keep_alive: true, screenshot: off}");
  CHECK(plan.parameters == R"({"keep_alive":true,"screenshot":false,"session_timeout_minutes":5})");
  CHECK(plan.idle_timeout == minutes{5});
  CHECK_FALSE(plan.maximum);
}

TEST_CASE("a Sonoran plan is bound to its server") {
  const Plan plan = plan_of(always + "provider: sc, session: {server_id: 4, account_id: acc}");
  CHECK(plan.parameters == R"({"accId":"acc","serverId":4})");
  CHECK(plan.place == "server/4");
}

TEST_CASE("the fingerprint follows provider and session, and nothing else") {
  const std::string session = "provider: nt, session: {idle_timeout: 5m}";
  const std::string one = plan_of(always + session).fingerprint;
  CHECK(one.size() == 32);
  CHECK(plan_of(always + session + ", count: 3").fingerprint == one);
  CHECK(plan_of("schedule: {every: 1h}, session: {idle_timeout: 300s}, provider: nt").fingerprint == one);
  CHECK(plan_of(always + "provider: nt, session: {idle_timeout: 6m}").fingerprint != one);
  const std::string twin = "\n  n2: {type: notte, api_key: \"${KEY}\"}";
  const Settings settings = settings_of(twin.substr(1) + "\nplans: {p: {" + always +
                                        "provider: n2, session: {idle_timeout: 5m}}}\n");
  CHECK(settings.config->plans.at(PlanName("p")).fingerprint != one);
}

TEST_CASE("keep_alive true means all defaults, by provider and schedule") {
  const Plan window = plan_of(always + "provider: nt, keep_alive: true");
  CHECK(window.keep_alive.heartbeat);
  CHECK_FALSE(window.keep_alive.heartbeat_every);
  CHECK(window.keep_alive.rollover == Rollover::by_provider);
  CHECK(window.keep_alive.restart == Restart::always);
  CHECK(plan_of("schedule: {every: 1h}, provider: nt, keep_alive: on").keep_alive.restart ==
        Restart::on_failure);
  CHECK_FALSE(
      plan_of(always + "provider: vs, session: {deployment_id: d}, keep_alive: true").keep_alive.heartbeat);
}

TEST_CASE("keep_alive false, and none at all, is no heartbeat, no rollover, no restart") {
  for (const char* keys :
       {"provider: nt", "provider: nt, keep_alive: false", "provider: nt, keep_alive: off"}) {
    const Plan plan = plan_of(always + keys, "defaults: {max_duration: 1h}");
    CHECK_FALSE(plan.keep_alive.heartbeat);
    CHECK(plan.keep_alive.rollover == Rollover::off);
    CHECK(plan.keep_alive.restart == Restart::never);
  }
}

TEST_CASE("in a keep_alive map each key stands for itself, and off is false") {
  const Plan plan =
      plan_of(always +
              "provider: nt, keep_alive: {heartbeat: false, rollover: off, restart: on_failure, "
              "rollover_before: 2m, initial_backoff: 10m}");
  CHECK_FALSE(plan.keep_alive.heartbeat);
  CHECK(plan.keep_alive.rollover == Rollover::off);
  CHECK(plan.keep_alive.restart == Restart::on_failure);
  CHECK(plan.keep_alive.rollover_before == minutes{2});
  CHECK(plan.keep_alive.max_backoff == minutes{10});
  CHECK(plan_of(always + "provider: nt, keep_alive: {heartbeat: 30s}").keep_alive.heartbeat_every ==
        Seconds{30});
  CHECK(plan_of(always + "provider: nt, keep_alive: {}").keep_alive.heartbeat);
}

TEST_CASE("defaults fill what a plan leaves out, maps key by key") {
  const std::string defaults =
      "defaults: {time_zone: Europe/Berlin, jitter: 5s, count: 2, catch_up: 1h, on_shutdown: stop, "
      "keep_alive: {restart: never, heartbeat: 20s}}";
  const Plan taken = plan_of("schedule: {every: 1h}, provider: nt", defaults);
  CHECK(taken.schedule.spec().zone.name() == "Europe/Berlin");
  CHECK(taken.schedule.spec().jitter == Seconds{5});
  CHECK(taken.count == 2);
  CHECK(taken.catch_up == std::chrono::hours{1});
  CHECK(taken.on_shutdown == OnShutdown::stop);
  CHECK(taken.keep_alive.restart == Restart::never);
  const Plan own = plan_of(
      "schedule: {every: 1h, time_zone: UTC, jitter: 0s}, provider: nt, count: 1, keep_alive: {restart: "
      "always}",
      defaults);
  CHECK(own.schedule.spec().zone == Zone{});
  CHECK(own.schedule.spec().jitter == Millis{0});
  CHECK(own.count == 1);
  CHECK(own.keep_alive.restart == Restart::always);
  CHECK(own.keep_alive.heartbeat_every == Seconds{20});
  CHECK(plan_of(always + "provider: nt, keep_alive: true", defaults).keep_alive.restart == Restart::never);
  CHECK_FALSE(plan_of(always + "provider: nt, keep_alive: off", defaults).keep_alive.heartbeat);
}

TEST_CASE("a time without an offset is in the schedule's zone") {
  const Plan plan = plan_of(
      "schedule: {at: [2026-12-24T18:00, 2026-12-25T18:00:00Z], not_before: 2026-12-01, "
      "time_zone: Europe/Berlin, exclude: [2026-12-31, 2027-01-02/2027-01-04]}, provider: nt");
  const auto& spec = plan.schedule.spec();
  CHECK(spec.at[0] == parse_time("2026-12-24T17:00:00Z"));
  CHECK(spec.at[1] == parse_time("2026-12-25T18:00:00Z"));
  CHECK(spec.not_before == parse_time("2026-11-30T23:00:00Z"));
  REQUIRE(spec.exclude.size() == 2);
  CHECK(spec.exclude[0].first == spec.exclude[0].last);
}

TEST_CASE("two plans on one Sonoran server may follow each other, and may not overlap") {
  const auto two = [](const std::string& a, const std::string& b) {
    const std::string session = ", session: {server_id: 1, account_id: x}";
    return lines(load_text(providers + "plans:\n  a: {provider: sc, schedule: {" + a + "}" + session +
                           "}\n  b: {provider: sc, schedule: {" + b + "}" + session + "}\n"));
  };
  CHECK(two("start: 0 9 * * *, stop: 0 12 * * *", "start: 0 12 * * *, stop: 0 18 * * *").empty());
  CHECK(two("start: 0 9 * * mon, stop: 0 12 * * *", "start: 0 9 * * tue, stop: 0 12 * * *").empty());
  CHECK_FALSE(two("start: 0 9 * * *, stop: 0 12 * * *", "start: 59 11 * * *, duration: 2m").empty());
  CHECK_FALSE(two("always: true", "at: [2027-11-01T00:00]").empty());
  // Cron's either-day rule makes these meet on a single day of the year.
  CHECK_FALSE(two("start: 0 0 1 3 *, duration: 1h", "start: 30 0 1 * *, duration: 10m").empty());
}

TEST_CASE("two plans on one Sonoran server that overlap by the date only are warned of, and never refused") {
  const auto loaded = [](const std::string& a, const std::string& b, const char* now) {
    const std::string session = ", session: {server_id: 1, account_id: x}";
    LoadOptions with = options();
    with.now = parse_time(now);
    const LoadOutcome outcome =
        load_text(providers + "plans:\n  a: {provider: sc, schedule: {" + a + "}" + session +
                      "}\n  b: {provider: sc, schedule: {" + b + "}" + session + "}\n",
                  with);
    CHECK(outcome.settings);
    return lines(outcome);
  };
  const std::string daily = "start: 0 9 * * *, duration: 1h";
  const std::string leap_day = "start: 30 9 29 2 *";
  CHECK(loaded(daily, leap_day, "2026-12-01T00:00Z").empty());
  CHECK(loaded(daily, leap_day, "2027-03-01T00:00Z")
            .find("warning: plans 'a' and 'b' both want server/1 at 2028-02-29") != std::string::npos);
  CHECK_FALSE(loaded(daily, "at: [2026-12-24T09:30]", "2026-12-01T00:00Z").empty());
  CHECK(loaded(daily, "at: [2026-12-24T09:30]", "2026-12-25T00:00Z").empty());
  const std::string until = daily + ", not_after: 2026-12-31";
  // A date is all of that day.
  CHECK_FALSE(loaded(until, daily + ", not_before: 2026-12-31", "2026-12-01T00:00Z").empty());
  CHECK(loaded(until, daily + ", not_before: 2027-01-01", "2026-12-01T00:00Z").empty());
  CHECK_FALSE(loaded(until, "start: 30 9 * * mon", "2026-12-01T00:00Z").empty());
  CHECK(loaded(until, "start: 30 9 * * mon", "2027-01-01T00:00Z").empty());
  // Clocks in Chicago and Berlin are changed two weeks apart.
  CHECK_FALSE(loaded("start: 0 16 * * *, duration: 1h, time_zone: Europe/Berlin",
                     "start: 0 10 * * *, duration: 1h, time_zone: America/Chicago", "2026-12-01T00:00Z")
                  .empty());
}

TEST_CASE("two listeners on one port are refused, also where one listens on all addresses") {
  const auto refused = [](const std::string& status, const std::string& webhook) {
    const LoadOutcome outcome =
        load_text("status: {listen: \"" + status + "\", allow_remote: true}\nwebhook: {listen: \"" + webhook +
                      "\", public_url: \"http://x\"}\n",
                  options());
    return lines(outcome).find("takes the port of the status listener") != std::string::npos;
  };
  CHECK(refused("0.0.0.0:8470", "127.0.0.1:8470"));
  CHECK(refused("127.0.0.1:8470", "0.0.0.0:8470"));
  CHECK(refused("127.0.0.1:8470", "[::]:8470"));
  CHECK(refused("localhost:8470", "127.0.0.1:8470"));
  CHECK(refused("127.0.0.1:8470", "[::ffff:127.0.0.1]:8470"));
  CHECK(refused("[0:0:0:0:0:0:0:1]:8470", "[::1]:8470"));
  CHECK(refused("[::1]:8470", "[0::0]:8470"));
  CHECK(refused("0.0.0.0:8470", "[::]:8470"));
  CHECK_FALSE(refused("0.0.0.0:8470", "[::1]:8470"));
  CHECK_FALSE(refused("127.0.0.1:8470", "[::1]:8470"));
  CHECK_FALSE(refused("127.0.0.1:8470", "127.0.0.2:8470"));
  CHECK_FALSE(refused("0.0.0.0:8470", "127.0.0.1:8471"));
}

TEST_CASE("a schedule that YAML reads otherwise than it is meant gets the advice to quote it") {
  for (const char* start : {"*/5 * * * *", "@daily", "* * * * *", "*", "? * * * *", "%", "`", "- 5"}) {
    for (const auto& [before, after] : {std::pair{"\n      start: ", "\n"}, std::pair{" {start: ", "}\n"}}) {
      const LoadOutcome outcome =
          load_text(std::string("plans:\n  p:\n    schedule:") + before + start + after, options());
      INFO(lines(outcome));
      CHECK(lines(outcome).find("must be quoted") != std::string::npos);
    }
  }
  const LoadOutcome outcome = load_text("plans:\n  p:\n    schedule: {start: 0 9 * * mon,tue}\n", options());
  INFO(lines(outcome));
  CHECK(lines(outcome).find(
            "unknown key 'tue' in 'schedule': if it belongs to the value before it, put that in quotes") !=
        std::string::npos);
}

TEST_CASE("a notification's secret and URL that cannot be used are refused") {
  const auto told = [](const std::string& secret, const std::string& url) {
    const TemporaryFile file(secret);
    return lines(load_text("notifications: {ops: {url: \"" + url + "\", secret_file: " + file.path() + "}}\n",
                           options()));
  };
  const std::string url = "https://ops.example.org/hook";
  for (const char* good : {"whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "any text",
                           "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"}) {
    INFO(good);
    CHECK(told(good, url).empty());
  }
  for (const char* bad : {"whsec_", "whsec_AAAA", "whsec_AAAAAAAAAAAAAAAA+AAAAAAAAAAAAAAAAAAA_AAA",
                          "whsec_no*base64*no*base64*no*base64*no*base64",
                          "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY==="}) {
    INFO(bad);
    CHECK(told(bad, url).find("must go on with base64") != std::string::npos);
  }
  for (const char* bad : {"?a=b c", "?a#b", " ", "/a b"}) {
    INFO(bad);
    CHECK(told("any text", url + bad).find("must hold an https URL") != std::string::npos);
  }
}

TEST_CASE("a missing secret stops a run and a strict check, and warns elsewhere") {
  const std::string yaml = "providers: {a: {type: notte, api_key: \"${NOT_SET}\"}}\n";
  LoadOptions with = options();
  CHECK(load_text(yaml, with).settings);
  CHECK(load_text(yaml, with).problems.size() == 1);
  with.strict = true;
  CHECK_FALSE(load_text(yaml, with).settings);
  with.strict = false;
  with.secrets_required = true;
  CHECK_FALSE(load_text(yaml, with).settings);
}

TEST_CASE("a secret file gives its content without the line's end") {
  const TemporaryFile secret("PLANTED-from-file\r\n");
  const std::string yaml = "providers: {a: {type: notte, api_key_file: " + secret.path() + "}}\n";
  const auto outcome = load_text(yaml);
  REQUIRE(outcome.settings);
  CHECK(outcome.settings->providers.at(ProviderName("a")).api_key.reveal() == "PLANTED-from-file");
  secret.write("\n");
  CHECK(lines(load_text(yaml)).find("is empty") != std::string::npos);
  secret.write("PLANTED\nPLANTED\n");
  CHECK(lines(load_text(yaml)).find("line break") != std::string::npos);
}

TEST_CASE("a secret that stands where its file's path is due is not shown") {
  const std::string found = lines(load_text("providers: {a: {type: notte, api_key_file: \"${OTHER}\"}}\n"));
  CHECK(found.find("cannot read ${OTHER}: No such file or directory") != std::string::npos);
  CHECK(found.find("PLANTED") == std::string::npos);
}

TEST_CASE("an unknown provider does not hide what else is wrong with a plan") {
  const std::string found = messages_of("provider: nx, schedule: {start: 61 * * * *}, count: 0");
  CHECK(found.find("did you mean 'nt'") != std::string::npos);
  CHECK(found.find("minute") != std::string::npos);
  CHECK(found.find("'count'") != std::string::npos);
}
