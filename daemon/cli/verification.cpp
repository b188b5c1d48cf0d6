#include "cli/verification.h"

#include <nlohmann/json.hpp>
#include <ostream>

#include "store/verify.h"

namespace keeper {

int show_verification(const std::string& file, bool json, const Terminal& terminal) {
  const Result<Verification> verified = verify_store(file);
  if (!verified) {
    terminal.err << "session-keeper: " << verified.error().what << "\n";
    return 1;
  }
  const bool good = verified->problems.empty();
  if (json) {
    const nlohmann::ordered_json found{{"file", file},
                                       {"good", good},
                                       {"sessions", verified->sessions},
                                       {"transitions", verified->transitions},
                                       {"deliveries", verified->deliveries},
                                       {"problems", verified->problems},
                                       {"notes", verified->notes}};
    terminal.out << found.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
    return good ? 0 : 1;
  }
  for (const std::string& problem : verified->problems) terminal.err << file << ": " << problem << "\n";
  for (const std::string& note : verified->notes) terminal.out << file << ": " << note << "\n";
  terminal.out << file << ": " << (good ? "good" : "not good") << ", " << verified->sessions << " sessions, "
               << verified->transitions << " transitions, " << verified->deliveries << " deliveries\n";
  return good ? 0 : 1;
}

}  // namespace keeper
