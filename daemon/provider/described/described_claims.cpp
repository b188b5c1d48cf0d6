#include "provider/described/described_claims.h"

#include <algorithm>

namespace keeper::config {

std::vector<std::string> described_claims(const Plan& plan, const ProviderSettings& settings) {
  const Description& description = settings.description;
  std::vector<std::string> claims;
  const auto shows_no_end = [](const DescribedCall& list) {
    return list.next.form == NextPage::Form::unsaid || list.next.form == NextPage::Form::whole;
  };
  const bool has_list = !description.list.empty();
  if (!has_list && !description.find) {
    claims.emplace_back("no list, so that a start whose answer is lost is waited out");
  } else if (std::any_of(description.list.begin(), description.list.end(), shows_no_end)) {
    claims.emplace_back("a list taken for whole");
  }
  if (has_list && !description.find && description.tag.empty())
    claims.emplace_back("times of creation that are right");
  const bool by_answer = description.heartbeat_proof != HeartbeatProof::read_back;
  if (plan.keep_alive.heartbeat && description.heartbeat && by_answer)
    claims.emplace_back("a heartbeat that counts by its answer alone");
  if (plan.idle_timeout && description.idle_timeout.empty())
    claims.emplace_back("an idle timeout that is only the plan's word");
  if (plan.maximum && description.maximum.empty() && description.expires_at.empty())
    claims.emplace_back("a maximum that is only the plan's word");
  return claims;
}

}  // namespace keeper::config
