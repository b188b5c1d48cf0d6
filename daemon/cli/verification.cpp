#include "cli/verification.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "config/config.h"
#include "provider/provider_table.h"
#include "store/pg_verify.h"
#include "store/verify.h"

namespace keeper {
namespace {

struct Verified {
  std::string place;  // as people read it
  Result<Verification> found;
};

Verified verify_database(const PgSettings& settings) {
  return {pg_location(settings), verify_store(settings)};
}

// Empty: the complaints have been printed.
std::optional<Verified> verify_configured(const VerifyRequest& request, const Terminal& terminal) {
  LoadOptions options;
  options.secrets_required = true;
  const LoadOutcome outcome = load_settings(request.config, provider_kinds(), options);
  if (!outcome.settings) {
    for (const Problem& problem : outcome.problems) terminal.err << to_line(problem) << "\n";
    return std::nullopt;
  }
  const Settings& settings = *outcome.settings;
  if (settings.database) return verify_database(*settings.database);
  return Verified{settings.store_path, verify_store(settings.store_path)};
}

void show(const Verified& verified, bool json, const Terminal& terminal) {
  const std::string& place = verified.place;
  const Verification& found = *verified.found;
  const bool good = found.problems.empty();
  if (json) {
    const nlohmann::ordered_json told{{"file", place},
                                      {"good", good},
                                      {"sessions", found.sessions},
                                      {"transitions", found.transitions},
                                      {"deliveries", found.deliveries},
                                      {"problems", found.problems},
                                      {"notes", found.notes}};
    terminal.out << told.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
    return;
  }
  for (const std::string& problem : found.problems) terminal.err << place << ": " << problem << "\n";
  for (const std::string& note : found.notes) terminal.out << place << ": " << note << "\n";
  terminal.out << place << ": " << (good ? "good" : "not good") << ", " << found.sessions << " sessions, "
               << found.transitions << " transitions, " << found.deliveries << " deliveries\n";
}

}  // namespace

int show_verification(const VerifyRequest& request, const Terminal& terminal) {
  std::optional<Verified> verified;
  if (request.place.empty()) {
    verified = verify_configured(request, terminal);
    if (!verified) return exit_bad_configuration;
  } else if (is_database_url(request.place)) {
    DatabaseRequest database = request.database;
    database.url = request.place;
    const Result<PgSettings> settings = database_of(database);
    if (!settings) {
      terminal.err << "session-keeper: " << settings.error().what << "\n";
      return exit_usage;
    }
    verified = verify_database(*settings);
  } else {
    verified = Verified{request.place, verify_store(request.place)};
  }
  if (!verified->found) {
    terminal.err << "session-keeper: " << verified->found.error().what << "\n";
    return 1;
  }
  show(*verified, request.json, terminal);
  return verified->found->problems.empty() ? 0 : 1;
}

}  // namespace keeper
