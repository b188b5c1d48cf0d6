#include "provider/described/described_claims.h"

namespace keeper::config {

std::vector<std::string> described_claims(const Plan& plan, const ProviderSettings& settings) {
  const Description& description = settings.description;
  std::vector<std::string> claims;
  if (!description.list) {
    claims.emplace_back("no list, so that a start whose answer is lost is waited out");
  } else if (description.list->more.empty()) {
    claims.emplace_back("a list taken for whole");
  }
  if (description.list && description.tag.empty()) claims.emplace_back("times of creation that are right");
  const bool reads_back = !description.last_activity_at.empty() || !description.expires_at.empty();
  if (plan.keep_alive.heartbeat && description.heartbeat && !reads_back)
    claims.emplace_back("a heartbeat that counts by its answer alone");
  if (plan.idle_timeout && description.idle_timeout.empty())
    claims.emplace_back("an idle timeout that is only the plan's word");
  if (plan.maximum && description.maximum.empty() && description.expires_at.empty())
    claims.emplace_back("a maximum that is only the plan's word");
  return claims;
}

}  // namespace keeper::config
