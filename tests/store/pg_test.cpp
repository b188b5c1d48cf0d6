// Connections to a server of which some host is silent, and what an error of theirs may show.
#include "store/pg.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/descriptor.h"
#include "store/pg_server.h"
#include "store/pg_world.h"

using namespace keeper;
using namespace keeper::kit;

namespace {

// Takes connections, and never says a word on them.
class SilentHost {
 public:
  SilentHost() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(socket_.get(), any, size) == 0);
    REQUIRE(::listen(socket_.get(), 8) == 0);
    REQUIRE(::getsockname(socket_.get(), any, &size) == 0);
    port_ = std::to_string(ntohs(address.sin_port));
  }
  const std::string& port() const { return port_; }

 private:
  Descriptor socket_;
  std::string port_;
};

std::string why_not_open(const std::string& url, const std::string& password, Millis limit) {
  try {
    pg::Connection::open(url, password, limit);
  } catch (const pg::Failed& failure) {
    return failure.what();
  }
  return "it is open";
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a host that is silent takes its share of the time, and the next one is tried", "[postgresql]") {
  const SilentHost silent;
  std::string url = PgServer::shared().url() + "&port=" + silent.port() + ",";
  url.insert(url.find("?host=") + 6, "127.0.0.1,");
  const Mono before = BootClock::now();
  const auto connection = pg::Connection::open(url, "", Seconds{10});
  const Millis took = BootClock::now() - before;
  CHECK(took >= Seconds{5});
  CHECK(took < Seconds{10});
  CHECK(pg::run(*connection, "SELECT 1::bigint", Seconds{5}).count() == 1);
}

TEST_CASE("where no host answers the limit is kept, and each is told") {
  const SilentHost one;
  const SilentHost other;
  const Mono before = BootClock::now();
  const std::string why = why_not_open(
      "postgresql://127.0.0.1:" + one.port() + ",localhost:" + other.port() + "/x", "", Millis{400});
  CHECK(BootClock::now() - before >= Millis{400});
  CHECK(has(why, "127.0.0.1 did not answer within"));
  CHECK(has(why, "localhost did not answer within"));
}

TEST_CASE("a URL that a password has spoilt is refused without a word of it") {
  for (const char* url : {"postgresql://keeper:hun%ter2@pg1/x", "postgresql://keeper@[hunter2/x",
                          "postgresql://pg1/x?password=a&hunter2"}) {
    const std::string why = why_not_open(url, "", Millis{400});
    INFO(why);
    CHECK(has(why, "%40"));
    CHECK_FALSE(has(why, "ter2"));
  }
}

TEST_CASE("a statement that was given up leaves no process of the server waiting for a lock",
          "[postgresql]") {
  const PgSettings settings = fresh_pg();
  const auto store = open_pg(settings);
  const auto other = pg::Connection::open(settings.url.reveal(), "", Seconds{5});
  pg::run(*other, pg::begin_text, Seconds{5});
  pg::run(*other, pg::in_schema("SELECT 1 FROM @lead FOR UPDATE", settings.schema), Seconds{5});
  CHECK_FALSE(store->probe().ok());
  CHECK_FALSE(store->reopen().ok());
  const Mono until = BootClock::now() + Seconds{20};
  std::string waiting;
  do {
    waiting = run_pg_sql(settings, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
  } while (waiting != "0" && BootClock::now() < until);
  CHECK(waiting == "0");
}
