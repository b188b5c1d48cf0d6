// A disk that hangs for longer than the idle timeout: how late heartbeats are, counted at the provider. The
// daemon's rounds work in virtual time; e2e_tests try the same with the programs, in real time.
#include "catch.h"
#include "core/known_plan.h"
#include "core/known_traits.h"
#include "core/scenario_process.h"

namespace keeper::scenario {
namespace {

const ProviderName browsers{"browsers"};

struct Hang {
  int sessions = 0;
  Millis idle{}, hangs{};
};

std::shared_ptr<const Config> config_of(const Hang& hang) {
  Config config = test::known_config();
  config.providers[browsers] = test::known_traits(ProviderType{"notte"});
  config.providers[browsers].max_concurrent = hang.sessions;
  Plan plan = test::known_plan();
  plan.name = PlanName{"watch"};
  plan.provider = browsers;
  plan.parameters = "{}";
  plan.fingerprint = "v1";
  plan.count = hang.sessions;
  plan.idle_timeout = hang.idle;
  plan.maximum = std::chrono::hours{1};
  plan.keep_alive.heartbeat = true;
  plan.keep_alive.restart = Restart::by_schedule;
  config.plans[plan.name] = plan;
  return std::make_shared<const Config>(std::move(config));
}

Delivered stray_delivery() {
  Delivered delivered;
  delivered.row.provider = browsers;
  delivered.row.remote_id = RemoteId{"unknown"};
  delivered.row.key = delivered.row.type = delivered.row.digest = "started";
  delivered.row.body = "{}";
  delivered.row.progress = Progress::started;
  return delivered;
}

// The world of one hang: the sessions live, and nothing else goes wrong.
class HangWorld {
 public:
  explicit HangWorld(const Hang& hang) : config_(config_of(hang)) {
    journal_.begin();
    remotes_.set_offset(now_.wall.time_since_epoch() - now_.mono.time_since_epoch());
    process_.start(config_);
    for (int n = 1; n <= hang.sessions; ++n) {
      process_.pass(std::chrono::minutes{1}, EffectKind::start);
      const Process::Call start = process_.take_call(EffectKind::start, std::nullopt);
      const std::string id = "r" + std::to_string(n);
      remotes_.start(start.effect, id, Progress::started, *config_, now_.mono);
      Effect read;
      read.kind = EffectKind::observe;
      read.provider = browsers;
      read.remote = RemoteId{id};
      reads_.push_back(read);
      process_.answer(start, remotes_.carry_out(read, now_.mono));
      process_.live(Millis{1});
    }
  }

  void hang(Millis time) {
    process_.hang_disk(time);
    process_.deliver(stray_delivery());  // which is to be written
  }

  // How long a session was without a heartbeat at the most; empty: one has ended.
  std::optional<Millis> live(Millis time) {
    const Mono end = now_.mono + time;
    Millis longest{0};
    while (now_.mono < end) {
      process_.live(Millis{500});
      for (const Effect& read : reads_) {
        const Remote remote = remotes_.carry_out(read, now_.mono)->front();
        if (remote.progress == Progress::ended) return std::nullopt;
        longest = std::max(longest, remotes_.provider_time(now_.mono) - *remote.last_activity_at);
      }
    }
    return longest;
  }

  bool in_outage() { return journal_.take().find("commit_patience") != std::string::npos; }

 private:
  const std::shared_ptr<const Config> config_;
  Now now_{Wall{Seconds{1'800'000'000}}, Mono{Seconds{1'000}}};
  Journal journal_{now_};
  Remotes remotes_;
  Process process_{journal_, remotes_, now_};
  std::vector<Effect> reads_;
};

}  // namespace

TEST_CASE(
    "while the disk hangs for longer than the idle timeout no heartbeat is late, and no session lapses") {
  const Hang hang = GENERATE(Hang{5, Seconds{20}, Seconds{35}}, Hang{50, Seconds{30}, Seconds{60}});
  HangWorld world(hang);
  const auto before = world.live(hang.idle * 2);
  REQUIRE(before);
  CHECK(*before <= hang.idle / 3 + Seconds{1});
  CHECK_FALSE(world.in_outage());
  world.hang(hang.hangs);
  const auto meanwhile = world.live(hang.hangs + hang.idle);
  CHECK(world.in_outage());
  REQUIRE(meanwhile);
  // The loop waits for the write as long as store.commit_patience says, by default 2 s.
  CHECK(*meanwhile <= hang.idle / 3 + Seconds{3});
}

}  // namespace keeper::scenario
