// Budgets, notices and the machine's route in the simulated world, and what must hold of them.
#include <algorithm>

#include "base/hash.h"
#include "core/budget.h"
#include "core/known_plan.h"
#include "sim/simulation.h"

namespace keeper::sim {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

const TargetName ops{"ops"};

std::string subject_of(const Notice& notice) {
  return std::string(to_string(notice.topic)) + " " + notice.subject;
}

std::string soft_of(const Notice& notice) {
  return std::string(to_string(Topic::budget_soft)) + " " + notice.subject;
}

}  // namespace

void Simulation::draw_money() {
  config_->targets[ops] = {{}, random_.between(minutes{5}, hours{1})};
  deaf_ = random_.chance(0.5) ? random_.unit() * 0.5 : 0;
  for (auto& [name, traits] : config_->providers) {
    if (!random_.chance(0.5)) continue;
    const double per_hour = 1 + random_.unit() * 5;
    const Millis minimum = random_.chance(0.5) ? random_.between(minutes{1}, minutes{20}) : Millis{0};
    // By a hash, so that no other draw moves.
    const std::uint64_t draw = stable_hash(std::to_string(options_.seed) + name.str(), 47);
    const Millis increment = draw % 3 == 0 ? Millis{minutes{1 + draw / 3 % 10}} : Millis{0};
    traits.price = Price{per_hour, minimum, increment, "USD"};
  }
  if (!random_.chance(0.3)) return;
  Budget budget = test::known_budget();
  budget.period = minutes{30};
  if (random_.chance(0.5)) {
    budget.max_session_time = random_.between(minutes{10}, hours{4});
  } else {
    budget.max_cost = 0.2 + random_.unit() * 10;
  }
  config_->budgets[{BudgetScope::all, {}}] = budget;
}

// 13: no start leaves while a budget is used up. Counted from the rows, not from what the keeper remembers.
void Simulation::check_budgets(const Effect& start) {
  for (const auto& [key, budget] : config_->budgets) {
    if (!key.covers(start.plan, start.provider)) continue;
    const Period period = period_at(budget.period, now().wall);
    Amount amount;
    double reserved = 0;  // for starts under way, this one among them
    for (const auto& [id, row] : rows_) {
      if (forgotten_.contains(id)) continue;
      const auto life = key.covers(row.plan, row.provider) ? lifetime(row, now().wall) : std::nullopt;
      const Price* price = price_of(*config_, row.provider);
      const bool under_way = row.state == State::queued && row.start_sent_at;
      if (!life && under_way && price) reserved += cost_of(least_billed(*price), *price);
      if (!life) continue;
      const Spent spent = spent_within(*life, price ? *price : Price{}, period);
      amount.lived += spent.lived;
      if (price) amount.cost += cost_of(spent.billed, *price);
    }
    // Between the decision and this moment no time passes.
    if (level_of(budget, amount) == BudgetLevel::hard)
      fail("13: a start leaves though its budget is used up");
    if (budget.max_cost && amount.cost + reserved > *budget.max_cost * (1 + 1e-6)) {
      fail("13: a start leaves whose least price its budget has no room for");
    }
  }
}

void Simulation::cut_off() {
  if (routeless_since_) return;
  routeless_since_ = now_;
  log("the route is gone");
  later(now_ + random_.between(minutes{1}, minutes{6}), [this] {
    routeless_since_.reset();
    log("the route is back");
  });
}

// 16: without a route of our own nothing is held against a provider. Answers that were on their way may come
// in late.
void Simulation::check_notice(const Notice& notice) {
  log("notice " + std::string(event_word(notice.topic, notice.phase)) + " " + notice.subject);
  const bool down = notice.topic == Topic::provider_down && notice.phase == Phase::firing;
  if (down && !disk_ && routeless_since_ && now_ - *routeless_since_ > minutes{1}) {
    fail("16: a provider is blamed while this machine has no route: " + notice.subject);
  }
}

void Simulation::post(const Post& post) {
  const int epoch = epoch_;
  ++verdict_.messages;
  const bool fails = random_.chance(deaf_);
  const bool taken = !fails || random_.chance(0.3);
  later(now_ + random_.between(Millis{5}, Seconds{2}), [this, post, epoch, fails, taken] {
    log("  message " + post.message.id.substr(0, 10) + (taken ? " taken" : " not taken"));
    if (taken) hear(post.message);
    Posted posted{post.message.id, post.ticket, Done{}};
    if (fails) posted.outcome = Error{ErrorKind::not_applied, "503"};
    if (epoch == epoch_) inbox_->post(std::move(posted));
  });
  posted_.emplace(post.message.id, now_);
}

// 14: what lasts is told to begin once, and to be over once; a repeat comes no sooner than its interval.
void Simulation::hear(const MessageRow& message) {
  if (!heard_.insert(message.id).second) return;
  const Millis interval = config_->targets.at(ops).repeat_interval;
  for (const Notice& notice : message.notices) {
    Told& told = told_[subject_of(notice)];
    if (notice.phase == Phase::firing) {
      // The same trouble, known by its begin: messages that are tried again may come in another order.
      std::vector<Wall>& times = told.firings[notice.since];
      const bool again = std::any_of(times.begin(), times.end(), [&](Wall other) {
        return std::chrono::abs(notice.at - other) < interval;
      });
      times.push_back(notice.at);
      if (again && !clock_moves()) fail("14: told twice: " + subject_of(notice));
    }
    if (notice.at < told.at) continue;
    told.at = notice.at;
    told.firing = notice.phase == Phase::firing;
    told.may_be_over = false;
    // Where both levels of a budget are over at once, that is told once; the soft one may also last.
    if (notice.topic == Topic::budget_hard && !told.firing) told_[soft_of(notice)].may_be_over = true;
  }
}

// 14: what lasts is told again after its interval, by a process that lives and can write.
void Simulation::check_repeats() {
  if (rounds_->in_outage()) store_troubled_ = now_;
  const Mono able = std::max(process_began_.mono, store_troubled_);
  const Millis interval = config_->targets.at(ops).repeat_interval;
  if (clock_moves() || now_ - able < minutes{5}) return;
  for (const auto& [key, track] : world().alerts) {
    if (key.target == ops && track.row.told_at + interval + minutes{5} < now().wall)
      fail("14: what lasts is not told again: " + std::string(to_string(key.topic)) + " " + key.subject);
  }
}

// 15: once healed, every message was taken, and what is raised is true.
void Simulation::check_notices() {
  for (const auto& [id, at] : posted_) {
    const auto waits = world().messages.find(id);
    if (heard_.contains(id) || waits != world().messages.end()) continue;
    fail("15: a message is lost: " + id);
  }
  for (const auto& [key, track] : world().alerts) {
    if (key.topic == Topic::provider_down)
      fail("15: a provider is told to be down that is not: " + key.subject);
  }
  if (clock_moves()) return;
  std::set<std::string> lasting;
  for (const auto& [key, track] : world().alerts) {
    const bool old = track.row.told_at < now().wall - minutes{10};
    const std::string subject = std::string(to_string(key.topic)) + " " + key.subject;
    const bool waits = std::any_of(world().messages.begin(), world().messages.end(),
                                   [](const auto& one) { return one.second.row.attempts > 0; });
    if (key.target == ops && old && !waits && !told_[subject].firing)
      fail("15: what lasts was not told: " + subject);
    lasting.insert(subject);
  }
  for (const auto& [subject, told] : told_) {
    const bool over = !lasting.contains(subject) && world().messages.empty();
    if (over && told.firing && !told.may_be_over) fail("15: it was not told that it is over: " + subject);
  }
}

}  // namespace keeper::sim
