#include "cli/online.h"

#include "provider/provider.h"
#include "store/pg_cluster.h"
#include "store/pg_store.h"

namespace keeper {
namespace {

OnlineCheck check_provider(const ProviderSettings& settings) {
  const std::unique_ptr<Provider> provider = make_provider(settings, {});
  const Result<Checked> checked = wait(provider->check());
  const std::string name = "provider " + settings.name.str();
  if (!checked) {
    const bool denied = checked.error().kind == ErrorKind::denied;
    return {denied ? Outcome::denied : Outcome::unclear, "provider " + checked.error().what};
  }
  if (*checked == Checked::no_call)
    return {Outcome::no_call, name + ": has no call that would test the credentials"};
  return {Outcome::accepted, name + ": accepts the credentials"};
}

std::string clock_told(const std::optional<Millis>& offset) {
  if (!offset) return "the database answers too slowly to compare the clocks";
  const std::string length = std::to_string(std::chrono::abs(*offset).count()) + " ms";
  return "this machine's clock is " + length + (*offset < Millis{0} ? " behind" : " ahead of") +
         " the database's";
}

std::string durability_word(Durability durability) {
  switch (durability) {
    case Durability::replicated:
      return "replicated";
    case Durability::local:
      return "local (one server, whose loss is the loss of its commits)";
    case Durability::managed:
      return "managed (what the database's operator promises)";
  }
  return {};
}

// The first check is that it answers; where it does not, it is the only one.
std::vector<OnlineCheck> check_database(const PgSettings& settings) {
  const std::string place = "store " + pg_location(settings) + ": ";
  const Result<DatabaseInspection> found = PgCluster(settings).inspect();
  if (!found) return {{Outcome::unclear, found.error().what}};
  std::vector<OnlineCheck> checks;
  const auto tell = [&](bool works, const std::string& good, const std::string& bad) {
    checks.push_back({works ? Outcome::accepted : Outcome::denied, place + (works ? good : bad)});
  };
  const DatabaseFacts& database = found->database;
  tell(true, "PostgreSQL " + database.version + " at " + database.server + ", timeline " + database.timeline,
       {});
  tell(true,
       std::to_string(database.synchronous_standbys) + " synchronous standbys are connected" +
           (found->sees_standbys ? ""
                                 : ", or fewer: this user may not see which are synchronous; GRANT "
                                   "pg_monitor to it"),
       {});
  tell(true, clock_told(found->clock_offset), {});
  const bool readable = !found->store || found->store->is_known;
  tell(readable, found->store ? "holds a store of this version" : "holds no store yet; a daemon makes it",
       "holds a store of a newer version, which this program never leads");
  tell(found->can_write, "its user may write the store",
       "its user may not make or write the schema; GRANT CREATE ON DATABASE, or make the schema its own");
  tell(found->can_end_others, "its user may end the connections of a paused leader",
       "its user may not end connections of its own; GRANT EXECUTE ON FUNCTION pg_terminate_backend to it");
  tell(found->not_durable.empty(), "durability is as configured: " + durability_word(settings.durability),
       found->not_durable);
  return checks;
}

}  // namespace

std::vector<OnlineCheck> check_online(const Settings& settings) {
  std::vector<OnlineCheck> checks;
  if (settings.database) checks = check_database(*settings.database);
  for (const auto& [name, provider] : settings.providers) checks.push_back(check_provider(provider));
  return checks;
}

}  // namespace keeper
