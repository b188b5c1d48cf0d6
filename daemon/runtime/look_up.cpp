#include "runtime/look_up.h"

#include <variant>

#include "core/budget.h"

namespace keeper {
namespace {

void ask_of_answer(const World& world, const Answer& answer, std::size_t item, Asked& asked) {
  if (!answer.remotes.ok()) return;
  const bool shows = shows_remotes(answer);
  for (std::size_t i = 0; i < answer.remotes->size(); ++i) {
    const Remote& remote = (*answer.remotes)[i];
    for (const std::int64_t id : world.held.of({answer.provider, remote.id}))
      asked.questions.held.push_back(id);
    if (!shows || world.by_remote.contains({answer.provider, remote.id})) continue;
    asked.questions.remotes.push_back({answer.provider, remote.id, remote.tag});
    asked.shown.push_back({item, i});
  }
}

}  // namespace

Asked questions_of(const Keeper& keeper, const std::vector<Item>& items, Now now) {
  Asked asked;
  Questions& questions = asked.questions;
  questions.periods = keeper.uncounted(now);
  if (!questions.periods.empty()) questions.prices = prices_of(*keeper.world().config);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (const auto* delivered = std::get_if<Delivered>(&items[i].event)) {
      const DeliveryRow& row = delivered->row;
      questions.deliveries.push_back({row.provider, row.key, row.remote_id});
    }
    if (const auto* answer = std::get_if<Answer>(&items[i].event)) {
      ask_of_answer(keeper.world(), *answer, i, asked);
    }
  }
  return asked;
}

}  // namespace keeper
