// What sessions take and cost: lifetimes, prices, budgets and their arithmetic. Times are exact to the
// millisecond; money is an estimate from the configured price, and never the provider's bill. Plain values
// and pure functions; any thread.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <string>

#include "core/model.h"

namespace keeper {

struct Price {
  double per_hour = 0;
  Millis minimum{0};    // the least time that is billed for a session
  Millis increment{0};  // each begun one is billed; zero: what was lived, to the millisecond
  std::string currency;
  bool operator==(const Price&) const = default;
};

// By provider; one that is not in it bills what was lived.
using Prices = std::map<ProviderName, Price>;

// What is billed of a session that lived for so long.
Millis billed_of(Millis lived, const Price& price);
// What is billed at least of a session that began.
Millis least_billed(const Price& price);
// How long after a session's end its billed time may go on, at most.
Millis billed_beyond_end(const Prices& prices);

// From `begin` to before `end`.
struct Period {
  Wall begin{};
  Wall end{};
  auto operator<=>(const Period&) const = default;
};

// While the session's remote was there, as far as the ledger knows; empty: none came about. `now` ends it if
// nothing else did.
std::optional<Period> lifetime(const SessionRow& row, Wall now);

struct Spent {
  Millis lived{0};
  Millis billed{0};  // likewise, by the price: see billed_of()
  std::int64_t sessions = 0;
  Spent& operator+=(const Spent& other);
  bool operator==(const Spent&) const = default;
};

// The part of one session's life that lies in the period. What is billed begins with its life.
Spent spent_within(const Period& life, const Price& price, const Period& period);

double cost_of(Millis billed, const Price& price);

enum class BudgetScope { plan, provider, all };

struct BudgetKey {
  BudgetScope scope = BudgetScope::all;
  std::string name;  // of the plan or provider
  auto operator<=>(const BudgetKey&) const = default;
  bool covers(const PlanName& plan, const ProviderName& provider) const;
};
std::string to_string(const BudgetKey& key);  // "plan front-desk", "provider agents", "all plans"

struct Budget {
  std::optional<Millis> max_session_time;
  std::optional<double> max_cost;
  std::string currency;  // of max_cost
  Millis period{};       // aligned to the epoch in UTC
  double soft_percent = 0;
  bool operator==(const Budget&) const = default;
};

// The budget's period that `now` is in.
Period period_at(Millis length, Wall now);

struct Amount {
  Millis lived{0};
  double cost = 0;
};

// How much of the budget is used: 1 is all of it; the larger of its two limits.
double used_of(const Budget& budget, const Amount& amount);

BudgetLevel level_of(const Budget& budget, const Amount& amount);

// "3.20 of 5.00 USD, 2h of 10h session time"
std::string describe(const Budget& budget, const Amount& amount);

// What the sessions that are over took, by plan and provider.
struct SpentBy {
  PlanName plan;
  ProviderName provider;
  Spent spent;
  Millis overlap{0};  // the part of `lived` in which a successor was active already
};

}  // namespace keeper
