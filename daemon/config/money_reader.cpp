#include <set>

#include "base/text.h"
#include "config/readers.h"
#include "config/value.h"

namespace keeper::config {
namespace {

const Node* map_at(const Node& node, std::string_view key) {
  const Node* value = value_at(node, key);
  return value != nullptr && value->is_map() ? value : nullptr;
}

std::optional<double> number_at(const Node& node, std::string_view key) {
  const Node* value = value_at(node, key);
  return value != nullptr ? to_number(*value) : std::nullopt;
}

class MoneyReader {
 public:
  MoneyReader(const Node& root, Millis retention, Config& config, Problems& problems)
      : root_(root), retention_(retention), config_(config), problems_(problems) {}

  void read() {
    each("providers", [&](const Entry& entry) { read_price(entry); });
    if (const Node* budget = map_at(root_, "budget")) read_budget({BudgetScope::all, {}}, *budget);
    each("providers", [&](const Entry& entry) {
      if (const Node* budget = map_at(entry.value, "budget"))
        read_budget({BudgetScope::provider, entry.key}, *budget);
    });
    each("plans", [&](const Entry& entry) {
      if (const Node* budget = map_at(entry.value, "budget"))
        read_budget({BudgetScope::plan, entry.key}, *budget);
    });
  }

 private:
  template <class Visit>
  void each(std::string_view key, Visit&& visit) {
    const Node* named = map_at(root_, key);
    if (named == nullptr) return;
    for (const Entry& entry : named->entries) {
      if (entry.value.is_map()) visit(entry);
    }
  }

  void read_price(const Entry& entry) {
    const auto traits = config_.providers.find(ProviderName(entry.key));
    const Node* node = map_at(entry.value, "price");
    if (node == nullptr || traits == config_.providers.end()) return;
    Price price;
    price.per_hour = number_at(*node, "per_hour").value_or(0);
    price.minimum = duration_at(*node, "minimum").value_or(Millis{0});
    price.increment = duration_at(*node, "increment").value_or(Millis{0});
    price.currency = printable(text_at(*node, "currency").value_or(""), 12);
    if (price.per_hour < 0) problems_.error(node->find("per_hour")->place, "'per_hour' must not be below 0");
    traits->second.price = std::move(price);
  }

  // The providers whose sessions the budget covers.
  std::set<ProviderName> covered(const BudgetKey& key) const {
    std::set<ProviderName> names;
    for (const auto& [name, plan] : config_.plans) {
      if (key.covers(name, plan.provider) && config_.providers.contains(plan.provider))
        names.insert(plan.provider);
    }
    return names;
  }

  void check_cost(const BudgetKey& key, const Node& max_cost, Budget& budget) {
    if (*budget.max_cost <= 0) problems_.error(max_cost.place, "'max_cost' must be over 0");
    bool first = true;
    for (const ProviderName& name : covered(key)) {
      const auto& price = config_.providers.at(name).price;
      if (!price) {
        problems_.error(max_cost.place, "'max_cost' needs a price: give provider '" +
                                            printable(name.str(), 60) +
                                            "' its 'price', or use max_session_time");
        continue;
      }
      if (!first && price->currency != budget.currency) {
        problems_.error(max_cost.place,
                        "'max_cost' covers prices in different currencies; use max_session_time, or a "
                        "budget for each provider");
      }
      budget.currency = price->currency;
      first = false;
    }
  }

  void read_budget(BudgetKey key, const Node& node) {
    Budget budget;
    const Node* period = value_at(node, "period");
    budget.period = duration_at(node, "period").value_or(Millis{0});
    budget.max_session_time = duration_at(node, "max_session_time");
    budget.max_cost = number_at(node, "max_cost");
    budget.soft_percent = percent_or_default(node, budget_section(), "soft");
    if (period == nullptr || budget.period <= Millis{0}) return;
    const bool has_limit =
        value_at(node, "max_session_time") != nullptr || value_at(node, "max_cost") != nullptr;
    if (!has_limit) problems_.error(node.place, "'budget' needs 'max_session_time' or 'max_cost'");
    if (budget.max_session_time && *budget.max_session_time <= Millis{0}) {
      problems_.error(node.find("max_session_time")->place, "'max_session_time' must be over 0s");
    }
    if (budget.max_cost) check_cost(key, *value_at(node, "max_cost"), budget);
    if (budget.period > retention_) {
      problems_.error(period->place, "'period' " + to_text(budget.period) +
                                         " is longer than store.retention " + to_text(retention_) +
                                         ", so that what was spent would be forgotten: raise "
                                         "store.retention");
    }
    config_.budgets.emplace(std::move(key), std::move(budget));
  }

  const Node& root_;
  const Millis retention_;
  Config& config_;
  Problems& problems_;
};

}  // namespace

void read_money(const Node& root, Millis retention, Config& config, Problems& problems) {
  MoneyReader(root, retention, config, problems).read();
}

}  // namespace keeper::config
