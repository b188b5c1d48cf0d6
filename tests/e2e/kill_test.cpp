// kill -9 at random moments while plans start, roll over, stop and change, and while all manner of things go
// wrong around the daemon. The sandbox runs on; it is the truth.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <map>
#include <numeric>
#include <random>

#include "base/time.h"
#include "catch.h"
#include "e2e/troubles.h"
#include "store/verify.h"

using namespace keeper;
using namespace keeper::e2e;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// Begun and ended every few seconds; rolled over every few seconds; both at once; begun every few seconds
// and ended by its maximum; rolled over every few minutes.
std::string busy_plans(const std::string& desk_start, int pairs, bool patrols) {
  const std::string patrol = R"(  patrol:
    provider: community
    schedule: {start: "*/9 * * * * *", duration: 6s}
    session: {server_id: 1, account_id: 00000000-0000-0000-0000-000000000000}
    on_shutdown: stop
)";
  return R"(  desk:
    provider: agents
    schedule: {start: ")" +
         desk_start + R"(", duration: 4s}
    session: {deployment_id: demo, tag: v1.0}
    on_shutdown: stop
    keep_alive: true
  pair:
    provider: agents
    count: )" +
         std::to_string(pairs) + R"(
    schedule: {always: true}
    max_duration: 8s
    session: {deployment_id: demo, tag: v1.0}
    on_shutdown: stop
    keep_alive: true
  watch:
    provider: browsers
    schedule: {always: true}
    max_duration: 9s
    session: {idle_timeout: 1m, max_duration: 10m}
    on_shutdown: stop
    keep_alive: true
  errand:
    provider: browsers
    schedule: {start: "*/11 * * * * *"}
    max_duration: 5s
    session: {idle_timeout: 2m, max_duration: 5m}
    on_shutdown: stop
  hold:
    provider: browsers
    count: 2
    schedule: {always: true}
    max_duration: 3m
    session: {idle_timeout: 1m, max_duration: 10m}
    on_shutdown: stop
    keep_alive: true
)" + (patrols ? patrol : "");
}

const std::vector<std::string>& configurations() {
  static const std::vector<std::string> all{
      busy_plans("*/7 * * * * *", 2, true), busy_plans("*/5 * * * * *", 3, true),
      busy_plans("*/7 * * * * *", 1, false), busy_plans("3-59/6 * * * * *", 2, false)};
  return all;
}

std::string bare(const std::string& id) { return id.rfind("session-", 0) == 0 ? id.substr(8) : id; }

struct Life {
  std::string remote;
  Json session;
  Wall begin{}, end{};
};

Wall time_of(const Json& text, Wall otherwise) {
  return text.is_null() ? otherwise : parse_time(text.get<std::string>()).value();
}

std::map<std::string, Json> sessions_by_remote(Stage& stage) {
  std::map<std::string, Json> by_remote;
  for (const Json& session : stage.sessions()) {
    if (!session.at("remote_id").is_null()) by_remote[session.at("remote_id")] = session;
  }
  return by_remote;
}

// Each remote that ever was, with the session that it belongs to. A remote without one is an orphan; one that
// was made this moment has its session as soon as the answer is there.
std::vector<Life> lives(Stage& stage) {
  const Json remotes = stage.remotes();
  std::map<std::string, Json> by_remote;
  eventually(seconds{8}, [&] {
    by_remote = sessions_by_remote(stage);
    return std::all_of(remotes.begin(), remotes.end(),
                       [&](const Json& remote) { return by_remote.contains(bare(remote.at("id"))); });
  });
  std::vector<Life> all;
  for (const Json& remote : remotes) {
    const std::string id = bare(remote.at("id"));
    INFO("remote " << remote.dump());
    CHECK(by_remote.count(id) == 1);
    if (by_remote.count(id) == 0) continue;
    all.push_back({id, by_remote[id], time_of(remote.at("created_at"), {}),
                   time_of(remote.at("ended_at"), Wall::max())});
  }
  return all;
}

bool linked(const Json& a, const Json& b) {
  return a.at("successor") == b.at("id") || b.at("successor") == a.at("id") ||
         a.at("predecessor") == b.at("id") || b.at("predecessor") == a.at("id");
}

void check_no_double(const std::vector<Life>& all) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t k = i + 1; k < all.size(); ++k) {
      const Life& a = all[i];
      const Life& b = all[k];
      if (a.session.at("plan") != b.session.at("plan") || a.session.at("replica") != b.session.at("replica"))
        continue;
      if (a.session.at("occurrence") != b.session.at("occurrence")) continue;
      const bool together = a.begin < b.end && b.begin < a.end;
      INFO(a.session.dump() << "\n" << b.session.dump());
      CHECK((!together || linked(a.session, b.session)));
    }
  }
}

void check_deliveries(Stage& stage) {
  // First what was sent: more of it comes in while the stored ones are read.
  const auto sent = get_json(stage.control_port, "/webhooks");
  REQUIRE(sent);
  std::map<std::string, int> stored;
  std::string cursor;
  while (true) {
    const auto page = get_json(stage.status_port, "/api/v1/deliveries?limit=1000" + cursor);
    REQUIRE(page);
    for (const Json& one : page->at("deliveries")) {
      ++stored[one.at("type").get<std::string>() + "|" + one.at("remote_id").get<std::string>()];
    }
    if (page->at("next").is_null()) break;
    cursor = "&before=" + page->at("next").get<std::string>();
  }
  int acknowledged = 0;
  for (const Json& one : sent->at("deliveries")) {
    if (one.at("status") != 200) continue;
    ++acknowledged;
    INFO("delivery " << one.dump());
    CHECK(stored[one.at("type").get<std::string>() + "|" + bare(one.at("remote_id"))] == 1);
  }
  CHECK(acknowledged > 0);
}

// Nobody but the keeper ends a session, and none outlives its time.
void check_no_lapse(Stage& stage, const std::vector<Life>& all) {
  for (const Json& remote : stage.remotes()) {
    INFO(remote.dump());
    const Json& why = remote.at("end_reason");
    CHECK((why.is_null() || why == "stopped" || why == "cancelled"));
  }
  for (const Json& session : stage.sessions()) {
    const std::string reason = session.at("reason");
    INFO(session.dump());
    CHECK(reason != "idle_timeout");
    CHECK(reason != "lost");
    CHECK(reason != "provider_failed");
    CHECK(reason != "ended_elsewhere");
    CHECK(reason != "ended_by_provider");
  }
  // Of the three minutes a rollover at Notte leaves one for a slow start, and up to a tenth of that more to
  // be spread; the last second is the one by which times are rounded.
  for (const Life& life : all) {
    if (life.session.at("plan") != "hold" || life.end == Wall::max()) continue;
    INFO(life.session.dump());
    CHECK(life.end - life.begin > seconds{180 - 60 - 6 - 1});
  }
}

void check_once(const std::vector<Life>& all) {
  std::map<std::string, int> starts;
  for (const Life& life : all) {
    if (life.session.at("plan") != "errand") continue;
    INFO(life.session.dump());
    CHECK(++starts[life.session.at("occurrence").get<std::string>()] == 1);
  }
  CHECK_FALSE(starts.empty());
}

// Which trouble comes when: all of them, each lasting for some kills, then all of them in another order.
// Between two orders calls go wrong as ever, so that none lasts for twice its time.
class Order {
 public:
  Order(int kills_each, std::mt19937& random) : kills_each_(kills_each), random_(random) {}

  // All troubles have been once more.
  bool is_round(int kill) const {
    return kill > 0 && kill % (kills_each_ * static_cast<int>(troubles().size())) == 0;
  }

  const Trouble& at(int kill) {
    const auto count = troubles().size();
    const auto n = static_cast<std::size_t>(kill / kills_each_) % count;
    if (order_.empty() || (n == 0 && kill % kills_each_ == 0)) {
      order_.resize(count);
      std::iota(order_.begin(), order_.end(), 0U);
      std::shuffle(order_.begin() + 1, order_.end(), random_);
    }
    return troubles()[order_[n]];
  }

 private:
  const int kills_each_;
  std::mt19937& random_;
  std::vector<std::size_t> order_;
};

// One life of the daemon, in the middle of which its disk may fail and its configuration may be changed.
void live_and_die(Stage& stage, TroubledStage& troubled, const Trouble& trouble, std::mt19937& random,
                  milliseconds lives) {
  const auto change = [&] { stage.write_plans(configurations()[random() % configurations().size()]); };
  const auto how = random() % 6;
  if (how == 0) change();
  troubled.mend_disk();
  stage.start_daemon();
  sleep_for(lives / 2);
  // Before its configuration is in effect, it would die of a reload or of its disk.
  if (get_json(stage.status_port, "/-/ready")) {
    troubled.strike_disk(trouble);
    if (how == 1) change();
    if (how == 1) stage.daemon->send(SIGHUP);
  }
  sleep_for(lives / 2);
  INFO(read_file(stage.directory / "daemon.log"));
  REQUIRE(stage.daemon->running());
  stage.kill_daemon();
}

// A process proves a lost start absent only once a list would show what a call could still make when the
// process began: after 3 s and 16 s. One that is killed sooner starts nothing in its place.
constexpr milliseconds settling{21'000};

void check_ledger(Stage& stage, int kills) {
  const std::vector<Life> all = lives(stage);
  check_no_double(all);
  check_once(all);
  check_deliveries(stage);
  check_no_lapse(stage, all);
  std::map<std::string, int> made;
  for (const Life& life : all) ++made[life.session.at("plan")];
  for (const char* plan : {"desk", "errand", "pair", "patrol", "watch"}) {
    INFO(plan << ": " << made[plan]);
    CHECK(made[plan] >= 1 + kills / 50);
  }
  std::string counts;
  for (const auto& [plan, count] : made) counts += ", " + plan + " " + std::to_string(count);
  WARN(kills << " kills, " << all.size() << " remotes" << counts);
}

}  // namespace

TEST_CASE(
    "kill -9 at any moment, whatever else goes wrong: no double, no orphan, no lapse, no delivery lost") {
  const bool is_long = std::getenv("KEEPER_LONG_TESTS") != nullptr;
  const int kills = is_long ? 1000 : 30;
  std::mt19937 random(20261121);
  Stage stage(configurations().front());
  TroubledStage troubled(stage);
  Order order(is_long ? 2 : 1, random);
  const Trouble* last = nullptr;
  for (int i = 0; i < kills; ++i) {
    const Trouble& trouble = order.at(i);
    if (&trouble != last) troubled.begin(trouble);
    last = &trouble;
    INFO("kill " << i << ": " << trouble.name);
    const milliseconds briefly{300 + static_cast<int>(random() % 1800)};
    live_and_die(stage, troubled, trouble, random, order.is_round(i) ? settling : briefly);
  }
  troubled.end();
  stage.write_plans(configurations().front());
  stage.start_daemon();
  REQUIRE(stage.ready());
  // Long enough for what was half started to be found or proven absent.
  sleep_for(seconds{25});
  check_ledger(stage, kills);
  // A start that was lost before its effect is looked for until a list would show it.
  CHECK(stage.end_daemon(seconds{100}) == 0);
  CHECK(stage.remotes("/remotes/live").empty());
  const auto verified = verify_store((stage.directory / "keeper.db").string());
  REQUIRE(verified.ok());
  CHECK(verified->problems == std::vector<std::string>{});
}
