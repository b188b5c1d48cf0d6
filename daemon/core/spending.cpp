#include "core/spending.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/check.h"

namespace keeper {
namespace {

constexpr double hour_ms = 3'600'000;
// Sums of prices are not exact to the last bit.
constexpr double epsilon = 1e-9;

Millis overlap_of(Wall begin, Wall end, const Period& period) {
  return std::max(std::min(end, period.end) - std::max(begin, period.begin), Millis{0});
}

std::string money(double amount) {
  char text[64];
  std::snprintf(text, sizeof text, "%.2f", amount);
  return text;
}

}  // namespace

std::optional<Period> lifetime(const SessionRow& row, Wall now) {
  if (!row.active_at && !row.remote_id) return std::nullopt;
  const Wall begin = row.active_at.value_or(row.created_at);
  return Period{begin, std::max(begin, row.ended_at.value_or(now))};
}

Spent& Spent::operator+=(const Spent& other) {
  lived += other.lived;
  billed += other.billed;
  sessions += other.sessions;
  return *this;
}

Millis billed_of(Millis lived, const Price& price) {
  const Millis::rep step = std::max<Millis::rep>(price.increment.count(), 1);
  const Millis begun{(lived.count() + step - 1) / step * step};
  return std::max(begun, price.minimum);
}

Millis least_billed(const Price& price) { return std::max(price.minimum, price.increment); }

Millis billed_beyond_end(const Prices& prices) {
  Millis most{0};
  for (const auto& [provider, price] : prices) most = std::max(most, least_billed(price));
  return most;
}

Spent spent_within(const Period& life, const Price& price, const Period& period) {
  const Wall billed_until = life.begin + billed_of(life.end - life.begin, price);
  if (billed_until <= period.begin || life.begin >= period.end) return {};
  return {overlap_of(life.begin, life.end, period), overlap_of(life.begin, billed_until, period), 1};
}

double cost_of(Millis billed, const Price& price) {
  return static_cast<double>(billed.count()) / hour_ms * price.per_hour;
}

bool BudgetKey::covers(const PlanName& plan, const ProviderName& provider) const {
  switch (scope) {
    case BudgetScope::plan:
      return name == plan.str();
    case BudgetScope::provider:
      return name == provider.str();
    case BudgetScope::all:
      return true;
  }
  check_failed("a known BudgetScope", __FILE__, __LINE__);
}

std::string to_string(const BudgetKey& key) {
  switch (key.scope) {
    case BudgetScope::plan:
      return "plan " + key.name;
    case BudgetScope::provider:
      return "provider " + key.name;
    case BudgetScope::all:
      return "all plans";
  }
  check_failed("a known BudgetScope", __FILE__, __LINE__);
}

Period period_at(Millis length, Wall now) {
  KEEPER_CHECK(length > Millis{0});
  Millis into = now.time_since_epoch() % length;
  if (into < Millis{0}) into += length;
  return {now - into, now - into + length};
}

double used_of(const Budget& budget, const Amount& amount) {
  double used = 0;
  if (budget.max_session_time) {
    used = static_cast<double>(amount.lived.count()) / static_cast<double>(budget.max_session_time->count());
  }
  if (budget.max_cost) used = std::max(used, amount.cost / *budget.max_cost);
  return used;
}

BudgetLevel level_of(const Budget& budget, const Amount& amount) {
  const double used = used_of(budget, amount) + epsilon;
  if (used >= 1) return BudgetLevel::hard;
  return used >= budget.soft_percent / 100.0 ? BudgetLevel::soft : BudgetLevel::within;
}

std::string describe(const Budget& budget, const Amount& amount) {
  std::string text;
  if (budget.max_cost) {
    text = money(amount.cost) + " of " + money(*budget.max_cost);
    if (!budget.currency.empty()) text += " " + budget.currency;
  }
  if (budget.max_session_time) {
    const Millis whole = std::chrono::floor<Seconds>(amount.lived);
    text += (text.empty() ? "" : ", ") + to_text(whole) + " of " + to_text(*budget.max_session_time) +
            " session time";
  }
  return text;
}

}  // namespace keeper
