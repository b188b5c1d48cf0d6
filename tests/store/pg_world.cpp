#include <atomic>

#include "store/pg_history.h"
#include "store/pg_server.h"
#include "store/pg_store.h"
#include "store/pg_verify.h"
#include "store/pg_world.h"

namespace keeper::kit {
namespace {

class PgWorld final : public StoreWorld {
 public:
  ~PgWorld() override { sql("DROP SCHEMA IF EXISTS " + settings_.schema + " CASCADE"); }

  std::unique_ptr<Store> open() override { return open_pg(settings_); }

  std::unique_ptr<History> history() override {
    auto history = PgHistory::open(settings_);
    if (!history) FAIL(history.error().what);
    return std::move(*history);
  }

  Verification verify() override {
    auto result = verify_store(settings_);
    if (!result) FAIL(result.error().what);
    return std::move(*result);
  }

  std::string sql(const std::string& text) override { return run_pg_sql(settings_, text); }

 private:
  PgSettings settings_ = fresh_pg();
};

// A number, or a text or bytes as they are.
std::string shown(const pg::Rows& rows) {
  if (rows.count() == 0 || PQnfields(rows.get()) == 0) return "";
  pg::Reader from(rows, 0);
  const Oid type = PQftype(rows.get(), 0);
  const bool number = type == 20 || type == 21 || type == 23;
  return number ? std::to_string(from.integer()) : from.text();
}

}  // namespace

PgSettings fresh_pg() {
  static std::atomic<int> count{0};
  PgSettings settings;
  settings.url = Secret(PgServer::shared().url());
  settings.schema = "keeper_" + std::to_string(++count);
  settings.node = "a";
  settings.durability = Durability::local;
  return settings;
}

std::unique_ptr<PgStore> open_pg(const PgSettings& settings) {
  auto store = PgStore::open(settings);
  if (!store) FAIL(store.error().what);
  return std::move(*store);
}

LeadRow lead_of(const PgSettings& settings) {
  const auto connection = pg::Connection::open(settings.url.reveal(), "", Seconds{5});
  return look_at_lead(*connection, settings.schema, Seconds{5});
}

std::string run_pg_sql(const PgSettings& settings, const std::string& text) {
  const auto connection = pg::Connection::open(settings.url.reveal(), "", Seconds{5});
  const std::string path = "SET search_path = " + settings.schema;
  pg::Pipeline pipeline(*connection);
  pipeline.add(path);
  pipeline.add(text);
  return shown(pipeline.run(Seconds{30}).at(1));
}

std::unique_ptr<StoreWorld> pg_world() { return std::make_unique<PgWorld>(); }

}  // namespace keeper::kit
