// Fills a new store with ended sessions of three transitions each, spread over the last ninety days, through
// the store's own commits: fill_store FILE SESSIONS
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "store/store.h"

using namespace keeper;

namespace {

constexpr std::int64_t batch_max = 2000;

TransitionRow next(SessionRow& row, std::optional<State> from, State to, Reason reason, Wall at) {
  TransitionRow made;
  made.session = row.id;
  made.plan = row.plan;
  made.provider = row.provider;
  made.remote_id = row.remote_id;
  made.from = from;
  made.to = to;
  made.reason = reason;
  made.cause = Cause::provider_answer;
  made.at = made.recorded_at = at;
  row.state = to;
  row.reason = reason;
  return made;
}

void add(Batch& batch, std::int64_t number, Wall created) {
  SessionRow row;
  char id[33];
  std::snprintf(id, sizeof id, "%032llx", static_cast<unsigned long long>(number) * 0x9e3779b97f4a7c15ULL);
  row.id = SessionId(id);
  row.plan = PlanName("plan-" + std::to_string(number % 50));
  row.provider = ProviderName("browsers");
  row.occurrence = row.created_at = created;
  row.parameters = R"({"headless":true,"idle_timeout_minutes":5,"max_duration_minutes":30})";
  row.remote_id = RemoteId("5b6e805a-4f6f-49bf-82e8-" + std::string(id, 12));
  batch.transitions.push_back(next(row, std::nullopt, State::queued, Reason::scheduled, created));
  row.active_at = created + Seconds{2};
  batch.transitions.push_back(
      next(row, State::queued, State::active, Reason::start_confirmed, *row.active_at));
  row.ended_at = created + std::chrono::minutes{30};
  batch.transitions.push_back(
      next(row, State::active, State::closed, Reason::ended_by_provider, *row.ended_at));
  row.resolved = true;
  batch.sessions.push_back(std::move(row));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 || std::filesystem::exists(argv[1])) {
    std::cerr << "usage: fill_store NEW_FILE SESSIONS\n";
    return 2;
  }
  const std::int64_t sessions = std::atoll(argv[2]);
  auto store = Store::open(argv[1]);
  if (!store || sessions < 1) return 1;
  const Millis step = Millis{std::chrono::days{89}} / sessions;
  const Wall begin = wall_now() - std::chrono::days{89} - std::chrono::hours{1};
  for (std::int64_t done = 0; done < sessions;) {
    Batch batch;
    for (const std::int64_t end = std::min(sessions, done + batch_max); done < end; ++done)
      add(batch, done + 1, begin + step * done);
    if (!(*store)->commit(batch) || ((*store)->checkpoint_due() && !(*store)->checkpoint())) return 1;
  }
  return 0;
}
