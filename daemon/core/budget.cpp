#include "core/budget.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/planted.h"
#include "core/deadlines.h"
#include "core/notices.h"

namespace keeper {
namespace {

constexpr Millis look_min = Seconds{1};
constexpr Millis look_max = std::chrono::minutes{1};

// Without a price a session costs nothing.
const Price& price_at(const Config& config, const ProviderName& provider) {
  static const Price none;
  const Price* price = price_of(config, provider);
  return price ? *price : none;
}

void add(Amount& amount, const Spent& spent, const Price& price) {
  amount.lived += spent.lived;
  amount.cost += cost_of(spent.billed, price);
}

Amount ended_of(const Config& config, const BudgetTrack& track) {
  Amount amount;
  for (const auto& [provider, spent] : track.ended) add(amount, spent, price_at(config, provider));
  return amount;
}

// A session in the memory: for one whose remote is still to come, the least that it costs is set aside.
void add_session(Amount& amount, const Config& config, const SessionRow& row, const Period& period,
                 Wall now) {
  const Price& price = price_at(config, row.provider);
  const auto life = lifetime(row, now);
  if (life) {
    add(amount, spent_within(*life, price, period), price);
  } else if (!is_terminal(row.state)) {
    amount.cost += cost_of(least_billed(price), price);
  }
}

const Amount& amount_in(Draft& draft, const BudgetKey& key, const BudgetTrack& track) {
  if (const Amount* known = draft.known_amount(key)) return *known;
  Amount amount = ended_of(draft.config(), track);
  draft.each_session([&](const SessionRow& row) {
    if (key.covers(row.plan, row.provider)) {
      add_session(amount, draft.config(), row, *track.counted, draft.now().wall);
    }
  });
  return draft.remember_amount(key, amount);
}

bool is_counted(const BudgetTrack* track, const Budget& budget, Wall now) {
  return track && track->counted == period_at(budget.period, now);
}

// How fast the amount grows at the most: sessions that live or will, and their price an hour.
struct Rate {
  int sessions = 0;
  double per_hour = 0;
};

Rate rate_of(Draft& draft, const BudgetKey& key) {
  Rate rate;
  draft.each_session([&](const SessionRow& row) {
    if (is_terminal(row.state) || !key.covers(row.plan, row.provider)) return;
    ++rate.sessions;
    rate.per_hour += price_at(draft.config(), row.provider).per_hour;
  });
  return rate;
}

// Until the next level is reached, at this rate.
Millis until_next_level(const Budget& budget, const Amount& amount, BudgetLevel level, const Rate& rate) {
  const double share = level == BudgetLevel::within ? budget.soft_percent / 100.0 : 1.0;
  double hours = 24;
  if (budget.max_session_time && rate.sessions > 0) {
    const double left = share * static_cast<double>(budget.max_session_time->count()) -
                        static_cast<double>(amount.lived.count());
    hours = std::min(hours, left / 3'600'000 / rate.sessions);
  }
  if (budget.max_cost && rate.per_hour > 0) {
    hours = std::min(hours, (share * *budget.max_cost - amount.cost) / rate.per_hour);
  }
  return std::max(Millis{static_cast<Millis::rep>(std::max(hours, 0.0) * 3'600'000)}, look_min);
}

void tell_level(Draft& draft, const BudgetKey& key, const Budget& budget, const Amount& amount,
                BudgetLevel level) {
  const std::string name = to_string(key);
  const std::string used = describe(budget, amount) + " in this period of " + to_text(budget.period);
  if (level == BudgetLevel::hard) {
    const std::string until = to_rfc3339(period_at(budget.period, draft.now().wall).end);
    raise(draft, Topic::budget_hard, name,
          "the budget of " + name + " is used up: " + used + "; nothing more begins before " + until);
    return;
  }
  const std::string room = "the budget of " + name + " has room again: " + used;
  if (level == BudgetLevel::within) {
    clear_together(draft, {Topic::budget_hard, Topic::budget_soft}, name, room);
    return;
  }
  clear(draft, Topic::budget_hard, name, room);
  raise(draft, Topic::budget_soft, name,
        "the budget of " + name + " is used to over " + std::to_string(std::lround(budget.soft_percent)) +
            " %: " + used);
}

// Plans and starts that a budget blocked look again.
void wake_covered(Draft& draft, const BudgetKey& key) {
  for (const auto& [name, plan] : draft.config().plans) {
    if (key.covers(name, plan.provider)) draft.wake_plan(name);
  }
  std::vector<SessionId> blocked;
  draft.each_session([&](const SessionRow& row) {
    const bool waits = row.state == State::queued && !row.start_sent_at && !row.ending;
    if (waits && key.covers(row.plan, row.provider)) blocked.push_back(row.id);
  });
  for (const SessionId& id : blocked) {
    hasten_call(draft.edit(id), draft.now().mono);
    draft.wake_session(id);
  }
}

Millis look_at(Draft& draft, const BudgetKey& key, const Budget& budget) {
  const Period period = period_at(budget.period, draft.now().wall);
  const Millis left = period.end - draft.now().wall;
  const BudgetTrack* track = draft.budget(key);
  if (!is_counted(track, budget, draft.now().wall)) return left;
  const Amount amount = amount_in(draft, key, *track);
  const BudgetLevel level = track->refused ? BudgetLevel::hard : level_of(budget, amount);
  if (track->level == BudgetLevel::hard && level != BudgetLevel::hard) wake_covered(draft, key);
  if (track->level != level) draft.edit_budget(key).level = level;
  tell_level(draft, key, budget, amount, level);
  const Rate rate = rate_of(draft, key);
  if (level == BudgetLevel::hard || rate.sessions == 0) return left;
  return std::min({until_next_level(budget, amount, level, rate), look_max, left});
}

// Empty: the next start fits, whose least price is `next_cost`. `reserved`: of the amount, what is set aside
// for this very start. The budget must be counted.
std::optional<BudgetBlock> used_up(Draft& draft, const BudgetKey& key, const Budget& budget, double next_cost,
                                   double reserved) {
  Amount amount = amount_in(draft, key, *draft.budget(key));
  amount.cost -= reserved;
  const bool next_fits = !budget.max_cost || amount.cost + next_cost <= *budget.max_cost * (1 + 1e-9);
  if (next_fits && level_of(budget, amount) != BudgetLevel::hard) return std::nullopt;
  const Wall until = period_at(budget.period, draft.now().wall).end;
  return BudgetBlock{until, "the budget of " + to_string(key) + " is used up (" + describe(budget, amount) +
                                " in " + to_text(budget.period) + "); nothing more begins before " +
                                to_rfc3339(until)};
}

std::optional<BudgetBlock> block_of(Draft& draft, const BudgetKey& key, const Budget& budget,
                                    double next_cost, double reserved) {
  const BudgetTrack* track = draft.budget(key);
  if (!is_counted(track, budget, draft.now().wall)) {
    return BudgetBlock{
        period_at(budget.period, draft.now().wall).end,
        "the budget of " + to_string(key) + " is not known until the store has said what was spent"};
  }
  const auto block = used_up(draft, key, budget, next_cost, reserved);
  if (block && !track->refused) {
    draft.edit_budget(key).refused = true;
    draft.hasten_budgets(draft.now().mono + look_min);
  }
  return block;
}

// The budgets that cover the plan.
template <class Visit>
void each_covering(const Config& config, const PlanName& plan, const ProviderName& provider, Visit&& visit) {
  for (const BudgetKey& key :
       {BudgetKey{BudgetScope::plan, plan.str()}, BudgetKey{BudgetScope::provider, provider.str()},
        BudgetKey{BudgetScope::all, {}}}) {
    const auto budget = config.budgets.find(key);
    if (budget != config.budgets.end() && visit(key, budget->second)) return;
  }
}

double least_cost(const Config& config, const ProviderName& provider) {
  const Price& price = price_at(config, provider);
  return cost_of(least_billed(price), price);
}

std::optional<BudgetBlock> first_block(Draft& draft, const PlanName& plan, const ProviderName& provider,
                                       bool reserved) {
  const double least = least_cost(draft.config(), provider);
  std::optional<BudgetBlock> block;
  each_covering(draft.config(), plan, provider, [&](const BudgetKey& key, const Budget& budget) {
    block = block_of(draft, key, budget, least, reserved ? least : 0);
    return block.has_value();
  });
  return block;
}

}  // namespace

bool is_being_counted(const Draft& draft, const Plan& plan) {
  const auto& budgets = draft.config().budgets;
  return std::any_of(budgets.begin(), budgets.end(), [&](const auto& one) {
    const auto& [key, budget] = one;
    return key.covers(plan.name, plan.provider) && !is_counted(draft.budget(key), budget, draft.now().wall);
  });
}

Mono on_mono(const BudgetBlock& block, Now now) {
  return now.mono + std::max<Millis>(block.until - now.wall, look_min);
}

std::optional<BudgetBlock> budget_block(Draft& draft, const Plan& plan) {
  return first_block(draft, plan.name, plan.provider, false);
}

std::optional<BudgetBlock> budget_block(Draft& draft, const SessionRow& queued) {
  return first_block(draft, queued.plan, queued.provider, true);
}

std::optional<StartBlock> budget_block(Draft& draft, const PlanName& plan, const ProviderName& provider,
                                       bool reserved) {
  const double least = least_cost(draft.config(), provider);
  std::optional<StartBlock> block;
  each_covering(draft.config(), plan, provider, [&](const BudgetKey& key, const Budget& budget) {
    if (!is_counted(draft.budget(key), budget, draft.now().wall)) return false;
    if (const auto used = used_up(draft, key, budget, least, reserved ? least : 0))
      block = {used->why, used->until};
    return block.has_value();
  });
  return block;
}

void reserve(Draft& draft, const SessionRow& row) {
  if (!draft.config().budgets.empty()) draft.hasten_budgets(draft.now().mono + look_max);
  const Price& price = price_at(draft.config(), row.provider);
  for (const auto& [key, budget] : draft.config().budgets) {
    const Amount* known = draft.known_amount(key);
    if (!known || !key.covers(row.plan, row.provider)) continue;
    const Amount more{known->lived, known->cost + cost_of(least_billed(price), price)};
    draft.remember_amount(key, more);
    const BudgetTrack* track = draft.budget(key);
    const bool crosses =
        track && track->level == BudgetLevel::within && level_of(budget, more) != BudgetLevel::within;
    if (crosses) draft.hasten_budgets(draft.now().mono + look_min);
  }
}

Amount amount_of(const World& world, const BudgetKey& key, const BudgetTrack& track, Wall now) {
  Amount amount = ended_of(*world.config, track);
  if (!track.counted) return amount;
  for (const auto& [id, session] : world.sessions) {
    if (!key.covers(session.row.plan, session.row.provider)) continue;
    add_session(amount, *world.config, session.row, *track.counted, now);
  }
  return amount;
}

void spend(Draft& draft, const SessionRow& row) {
  const auto life = lifetime(row, draft.now().wall);
  if (!life) return;
  for (const auto& [key, budget] : draft.config().budgets) {
    const BudgetTrack* track = draft.budget(key);
    if (!track || !track->counted || !key.covers(row.plan, row.provider)) continue;
    const Spent spent = spent_within(*life, price_at(draft.config(), row.provider), *track->counted);
    if (spent.sessions > 0) draft.edit_budget(key).ended[row.provider] += spent;
  }
}

void configure_budgets(Draft& draft) {
  const Config& config = draft.config();
  for (const auto& [key, track] : draft.world().budgets) {
    draft.edit_budget(key) = BudgetTrack{};
    if (config.budgets.contains(key)) continue;
    const std::string gone = "the budget of " + to_string(key) + " is not in the configuration any more";
    clear_together(draft, {Topic::budget_hard, Topic::budget_soft}, to_string(key), gone);
  }
  for (const auto& [key, budget] : config.budgets) draft.edit_budget(key);
  draft.set_budgets_due(config.budgets.empty() ? mono_never : draft.now().mono);
}

void on_period_counted(Draft& draft, const PeriodCounted& counted) {
  for (const auto& [key, budget] : draft.config().budgets) {
    if (period_at(budget.period, draft.now().wall) != counted.period) continue;
    BudgetTrack& track = draft.edit_budget(key);
    if (track.counted == counted.period) continue;
    track.counted = counted.period;
    track.ended.clear();
    track.refused = false;
    for (const SpentBy& one : counted.spent) {
      if (key.covers(one.plan, one.provider) && !planted(Bug::no_count))
        track.ended[one.provider] += one.spent;
    }
    wake_covered(draft, key);
  }
  look_at_budgets(draft);
}

void look_at_budgets(Draft& draft) {
  Mono due = mono_never;
  for (const auto& [key, budget] : draft.config().budgets) {
    due = std::min(due, draft.now().mono + std::max(look_at(draft, key, budget), look_min));
  }
  draft.set_budgets_due(due);
}

std::vector<Period> uncounted_periods(const World& world, Wall now) {
  std::vector<Period> periods;
  for (const auto& [key, budget] : world.config->budgets) {
    const auto track = world.budgets.find(key);
    if (is_counted(track == world.budgets.end() ? nullptr : &track->second, budget, now)) continue;
    const Period period = period_at(budget.period, now);
    if (std::find(periods.begin(), periods.end(), period) == periods.end()) periods.push_back(period);
  }
  return periods;
}

}  // namespace keeper
