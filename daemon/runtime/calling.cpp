#include "runtime/calling.h"

#include <memory>
#include <string>
#include <utility>

#include "runtime/log.h"

namespace keeper {
namespace {

void log_passed_over(const Effect& effect, const Reply& reply) {
  Log(Level::warning, "list_items_passed_over")
      .with("provider", effect.provider.str())
      .with("items", static_cast<long long>(reply.passed_over))
      .with("proves_absence", reply.whole ? "yes" : "no");
}

// What it is given outlives the task.
Task<Answer> carry(Provider& provider, Meters& meters, const Effect& effect, Confirmation* confirmation) {
  const Mono sent_at = BootClock::now();
  Reply reply = co_await carry_out(provider, effect, confirmation);
  if (reply.passed_over > 0) log_passed_over(effect, reply);
  meters.called(effect.provider, effect.kind, reply.remotes, BootClock::now() - sent_at);
  Answer answer;
  answer.kind = effect.kind;
  answer.sent_at = sent_at;
  answer.provider_now = reply.provider_now;
  answer.whole = reply.whole;
  answer.remotes = std::move(reply.remotes);
  co_return answer;
}

}  // namespace

PoolSettings pool_settings(const ProviderSettings& provider, const Traits& traits,
                           const ProviderContext& context, Meters& meters) {
  const std::shared_ptr<Provider> calls = make_provider(provider, context);
  PoolSettings settings;
  settings.name = provider.name.str();
  settings.calls_max = provider.max_concurrent;
  settings.patience = provider.request_timeout;
  settings.limits = provider.limits;
  settings.stop_names_place = traits.one_per_place;
  settings.carry = [calls, &meters](const Effect& effect, Confirmation* confirmation) {
    return carry(*calls, meters, effect, confirmation);
  };
  return settings;
}

void tell_held_back(const Answer& answer, Meters& meters) {
  meters.held_back(answer.provider, answer.kind);
  Log(Level::warning, "call_held_back")
      .with("provider", answer.provider.str())
      .with("call", std::string(to_string(answer.kind)))
      .with("reason", answer.remotes.error().what);
}

}  // namespace keeper
