#include "runtime/look_up.h"

#include <memory>
#include <utility>

#include "core/budget.h"

namespace keeper {
namespace {

void ask_of_answer(const World& world, const Answer& answer, std::size_t item, Questions& questions) {
  if (!answer.remotes.ok()) return;
  const bool shows = shows_remotes(answer);
  for (std::size_t i = 0; i < answer.remotes->size(); ++i) {
    const Remote& remote = (*answer.remotes)[i];
    for (const std::int64_t id : world.held.of({answer.provider, remote.id})) questions.held.push_back(id);
    if (!shows || world.by_remote.contains({answer.provider, remote.id})) continue;
    questions.remotes.push_back({item, i, answer.provider, remote.id, remote.tag});
  }
}

Result<std::optional<SessionRow>> row_of(Store& store, const Questions::OfRemote& one) {
  const Result<std::optional<SessionId>> past = store.session_of(one.provider, one.id);
  if (!past) return past.error();
  const std::optional<SessionId>& id = *past ? *past : one.tag;
  if (!id) return std::optional<SessionRow>{};
  return store.session(*id);
}

}  // namespace

Questions questions_of(const Keeper& keeper, const std::vector<Item>& items, Now now) {
  Questions questions;
  questions.periods = keeper.uncounted(now);
  if (!questions.periods.empty()) questions.prices = prices_of(*keeper.world().config);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (const auto* delivered = std::get_if<Delivered>(&items[i].event)) {
      const DeliveryRow& row = delivered->row;
      questions.deliveries.push_back({row.provider, row.key, row.remote_id});
    }
    if (const auto* answer = std::get_if<Answer>(&items[i].event)) {
      ask_of_answer(keeper.world(), *answer, i, questions);
    }
  }
  return questions;
}

Result<Findings> look_up(Store& store, const Questions& questions) {
  Findings findings;
  for (const Period& period : questions.periods) {
    Result<std::vector<SpentBy>> spent = store.spent(period, questions.prices);
    if (!spent) return spent.error();
    findings.spent.push_back(*std::move(spent));
  }
  const bool many = questions.deliveries.size() + questions.remotes.size() + questions.held.size() > 1;
  const auto together = many ? std::make_unique<Store::Lookups>(store) : nullptr;
  findings.seen.reserve(questions.deliveries.size());
  for (const Questions::OfDelivery& one : questions.deliveries) {
    Result<Seen> seen = store.seen(one.provider, one.key, one.remote);
    if (!seen) return seen.error();
    findings.seen.push_back(*std::move(seen));
  }
  findings.known.reserve(questions.remotes.size());
  for (const Questions::OfRemote& one : questions.remotes) {
    Result<std::optional<SessionRow>> row = row_of(store, one);
    if (!row) return row.error();
    findings.known.push_back(*std::move(row));
  }
  for (const std::int64_t id : questions.held) {
    Result<std::optional<DeliveryRow>> row = store.delivery(id);
    if (!row) return row.error();
    if (*row) findings.held.emplace(id, **std::move(row));
  }
  return findings;
}

}  // namespace keeper
