// Where the store is a database: what of `store` and `cluster` goes together, and what all nodes must have
// alike.
#include "loading.h"
#include "settings/database_url.h"

using namespace keeper;
using namespace keeper::test;

namespace {

PgSettings database_of(const std::string& yaml) {
  const LoadOutcome outcome = load_text(yaml);
  INFO(yaml << "\n" << lines(outcome));
  REQUIRE(outcome.settings);
  REQUIRE(outcome.settings->database);
  return *outcome.settings->database;
}

void refuse(const std::string& yaml, const std::string& why) {
  const LoadOutcome outcome = load_text(yaml);
  INFO(yaml << "\n" << lines(outcome));
  CHECK_FALSE(outcome.settings);
  CHECK(lines(outcome).find(why) != std::string::npos);
}

const std::string url = "store: {url: \"postgresql://keeper@pg1,pg2/keeper\"}\n";
const std::string plan =
    "providers: {a: {type: notte, api_key: \"${KEY}\"}}\n"
    "plans: {p: {provider: a, schedule: {always: true}}}\n";

}  // namespace

TEST_CASE("a database is taken over with its node, its lease and the machine's name by default") {
  const PgSettings given = database_of(
      "store: {url: \"postgresql://keeper@pg1,pg2/keeper\", password: \"${KEY}\", schema: mine, durability: "
      "managed}\n"
      "cluster: {node: a, lease: 3s, pause_allowance: 5s}\n");
  CHECK(given.url.reveal() == "postgresql://keeper@pg1,pg2/keeper");
  CHECK_FALSE(given.password.empty());
  CHECK(given.schema == "mine");
  CHECK(given.durability == Durability::managed);
  CHECK(given.node == "a");
  CHECK(given.lease == Seconds{3});
  CHECK(given.pause_allowance == Seconds{5});

  const PgSettings left_out = database_of(url);
  CHECK(left_out.schema == "session_keeper");
  CHECK(left_out.durability == Durability::replicated);
  CHECK_FALSE(left_out.node.empty());
  CHECK(load_text(url).settings->store_path.empty());
  CHECK(load_text(url).settings->directory == "/var/lib/session-keeper");
}

TEST_CASE("what does not go with a database, or without one, is refused with the cure") {
  refuse("store: {url: postgresql://a/b, path: /x.db}\n", "'path' and 'url' exclude each other");
  refuse("cluster: {node: a}\n", "'cluster' needs 'store.url'");
  refuse("store: {url: postgresql://keeper:hunter2@pg1/keeper}\n", "give it as 'password_file'");
  refuse("store: {url: \"postgresql://pg1/keeper?password=hunter2\"}\n", "give it as 'password_file'");
  refuse("store: {url: mysql://pg1/keeper}\n", "must be such as postgresql://");
  refuse(url + "cluster: {node: \"a b\"}\n", "'cluster.node' must be a name");
  refuse(url + "cluster: {lease: 2s}\n", "lease");
  refuse(url + "cluster: {lease: 61s}\n", "lease");
  refuse(url + "cluster: {pause_allowance: 4s}\n", "pause_allowance");
  CHECK(lines(load_text("store: {url: postgresql://keeper:hunter2@pg1/keeper}\n")).find("hunter2") ==
        std::string::npos);
}

TEST_CASE("a password that spoils the URL which it is put into is refused, and no part of it is shown") {
  const auto loaded = [](const std::string& password, const std::string& rest) {
    LoadOptions options = test::options();
    options.variable = [&](const std::string&) { return password; };
    return lines(load_text("store: {url: \"postgresql://a%40b:${PASSWORD}@pg1/" + rest + "\"}\n", options));
  };
  for (const char* password : {"hun@ter2", "hun/ter2", "hun/t@er2"}) {
    const std::string text = loaded(password, "keeper");
    INFO(text);
    CHECK(text.find("write them as %40") != std::string::npos);
    CHECK(text.find("er2") == std::string::npos);
  }
  CHECK(loaded("hun%2Fter2", "keeper?options=@").find("%40") == std::string::npos);
}

TEST_CASE("a password in a database's URL is found where libpq finds one, and nowhere else") {
  for (const char* held :
       {"postgresql://keeper:hunter2@pg1/keeper", "postgres://:hunter2@pg1/keeper",
        "postgresql://keeper:hunter2@pg1:5432,pg2:5433/keeper?x=a",
        "postgresql://pg1/keeper?password=hunter2", "postgresql://pg1/keeper?pass%77ord=hunter2",
        "postgresql://pg1/keeper?sslpassword=hunter2", "postgresql://keeper:${NAME}hunter2@pg1/keeper",
        "postgresql://keeper:hunter2${NAME}@pg1/keeper"}) {
    INFO(held);
    CHECK((holds_password(held) || !database_url_fault(held).empty()));
    CHECK(database_url_fault(held).find("hunter2") == std::string::npos);
    refuse("store: {url: \"" + std::string(held) + "\"}\n", "'url' ");
  }
  for (const char* plain :
       {"postgresql://keeper@pg1:5432,pg2:5433/keeper?options=a@b",
        "postgresql://pg1:5432/keeper?options=a@b", "postgresql://keeper@[::1]:5432/keeper",
        "postgresql:///keeper?host=/run/postgresql&user=a%40b", "postgresql://keeper:${KEY}@pg1/keeper",
        "postgresql://keeper:${KEY}${KEY}@pg1/keeper",
        "postgresql://keeper@pg1/keeper?passfile=/etc/keeper.pass"}) {
    INFO(plain);
    CHECK_FALSE(holds_password(plain));
    CHECK(database_url_fault(plain).empty());
    database_of("store: {url: \"" + std::string(plain) + "\"}\n");
  }
}

TEST_CASE("what libpq would take for another part of the URL than it was meant is refused and not shown") {
  for (const char* odd : {"postgresql://keeper:hun/ter2@pg1/keeper", "postgresql://keeper:ter2/keeper",
                          "postgresql://keeper:p%zzter2@pg1/keeper", "postgresql://keeper:ter2?x@pg1/keeper",
                          "postgresql://pg1/keeper?ter2=x", "postgresql://keeper@pg1:5432,pg2:ter2/keeper",
                          "postgresql://keeper:1234567/keeper"}) {
    const std::string told = lines(load_text("store: {url: \"" + std::string(odd) + "\"}\n"));
    INFO(odd << "\n" << told);
    CHECK(told.find("'url' ") != std::string::npos);
    CHECK(told.find("ter2") == std::string::npos);
    CHECK(told.find("1234567") == std::string::npos);
  }
}

TEST_CASE("the hash of a configuration follows what a leader would do, and nothing else") {
  const std::string hash = database_of(url + plan).config_hash;
  CHECK(hash.size() == 64);
  CHECK(database_of(url + "# another layout\n" + plan).config_hash == hash);
  CHECK(database_of(url + "cluster: {node: other}\nstatus: {listen: 127.0.0.1:9}\n" + plan).config_hash ==
        hash);
  CHECK(database_of(url + plan + "budget: {max_session_time: 1h, period: 1d}\n").config_hash != hash);
  CHECK(database_of(url + plan + "defaults: {stop_timeout: 5m}\n").config_hash != hash);
  CHECK(database_of(url + "providers: {a: {type: notte, api_key: \"${KEY}\"}}\n"
                          "plans: {p: {provider: a, schedule: {always: true}, count: 2}}\n")
            .config_hash != hash);
}
