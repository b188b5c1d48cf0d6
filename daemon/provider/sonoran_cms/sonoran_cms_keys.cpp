#include "provider/sonoran_cms/sonoran_cms_keys.h"

#include "config/types.h"
#include "config/value.h"

namespace keeper::config {
namespace {

using namespace types;
using std::chrono::minutes;

const Section& sonoran_session() {
  static const Section section{"sonoran_cms session",
                               {
                                   {.name = "server_id",
                                    .types = {integer(0, 1'000'000'000)},
                                    .doc = "Of the community's server.",
                                    .required = true},
                                   {.name = "account_id",
                                    .types = {of(Kind::text)},
                                    .doc = "Who starts it: an account's UUID.",
                                    .required = true},
                               }};
  return section;
}

const Section& session(const ProviderSettings&) { return sonoran_session(); }

void read_session(SessionReader& reader, const ProviderSettings&) {
  if (const auto server = int_at(reader.node, "server_id")) {
    reader.parameters["serverId"] = *server;
    reader.plan.place = "server/" + std::to_string(*server);
  }
  reader.copy_text("account_id", "accId");
}

// Sonoran holds one session per server and names none by id; "gone" means that somebody else ended it.
Traits traits(const ProviderSettings&) {
  Traits facts;
  facts.one_per_place = true;
  facts.start_scope = StartScope::place;
  facts.gone_state = State::closed;
  facts.gone_reason = Reason::ended_elsewhere;
  facts.poll_interval = Seconds{20};
  facts.slow_start = Seconds{10};
  return facts;
}

// Its ceilings are for each credential and call (a89ce2d4, rate-limits.md).
CallLimits limits(const ProviderSettings& settings) {
  constexpr RateLimit calls{27, minutes{1}};
  constexpr RateLimit cancel{9, minutes{1}};
  return {settings.rate_limit ? settings.rate_limit : calls, cancel, true};
}

std::vector<std::string> unproven(const Plan&, const ProviderSettings&) {
  return {"a current session that shows the running one at once", "times of a start that are right"};
}

}  // namespace

const ProviderKind& sonoran_cms_kind() {
  static const ProviderKind kind{.type = "sonoran_cms",
                                 .base_url = "https://api.sonorancms.com",
                                 .sessions = {&sonoran_session()},
                                 .session = session,
                                 .read_session = read_session,
                                 .traits = traits,
                                 .limits = limits,
                                 .unproven = unproven};
  return kind;
}

}  // namespace keeper::config
