#include "status/page/page.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

#include "base/digest.h"
#include "status/page/attention.h"
#include "status/page/cluster_line.h"
#include "status/page/page_assets.h"
#include "status/page/page_tables.h"
#include "status/page/timeline.h"
#include "status/told_leader.h"

namespace keeper {
namespace {

constexpr std::size_t sessions_shown_max = 100;
constexpr std::size_t plans_shown_max = 300;
constexpr std::int64_t day_width = 1440;
constexpr std::int64_t day_height = 24;
constexpr std::int64_t gap_width_min = 4;
constexpr int lanes_max = 4;
// Less is what a restart or a rollover that breaks first takes, and no pixel of the picture.
constexpr Millis missing_bad = std::chrono::minutes{1};

std::string money(double amount, const std::string& currency) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.2f", amount);
  return text.data() + (currency.empty() ? std::string{} : " " + currency);
}

class Writer {
 public:
  explicit Writer(const StatusPage& page) : page_(page), view_(page.view), html_(page.now) {
    for (const SessionView& session : view_.sessions) sessions_[session.row.plan].push_back(&session.row);
    for (const SessionRow& row : page.ended) sessions_[row.plan].push_back(&row);
    for (const SpentBy& row : page.spent) {
      if (const Price* price = view_.config ? price_of(*view_.config, row.provider) : nullptr) {
        cost_[row.plan].push_back(money(cost_of(row.spent.billed, *price), price->currency));
      }
    }
  }

  std::string document() {
    const Headline headline = headline_of(view_, page_.facts);
    write_head(headline);
    write_attention(html_, view_, page_.facts);
    if (follows(page_.facts)) {
      write_way_to_leader(html_, *page_.facts.cluster);
    } else {
      write_plans();
      write_sessions();
      write_providers();
    }
    write_transitions(html_, "Recent transitions", page_.recent, view_.config.get());
    if (follows(page_.facts)) {
      write_deliveries(html_, "Webhooks", page_.deliveries);
    } else {
      write_webhooks();
      write_budgets();
    }
    write_foot();
    return html_.document(headline.words, headline.mood);
  }

 private:
  void write_head(const Headline& headline) {
    const auto& cluster = page_.facts.cluster;
    html_.raw("<header><p class=\"kicker\">session-keeper ").text(page_.facts.version);
    if (cluster) html_.raw(" · node ").text(cluster->node);
    html_.raw("</p>\n<h1>").state(headline.mood, headline.words).raw("</h1>\n");
    if (cluster) write_cluster_line(html_, *cluster);
    if (!follows(page_.facts)) write_figures();
    html_.raw("</header>\n");
  }

  void write_figures() {
    html_.raw("<ul class=\"figures\">");
    for (std::size_t i = 0; i < all_states.size(); ++i) {
      html_.raw("<li><b>")
          .number(view_.counts[i])
          .raw("</b>")
          .text(spaced(to_string(all_states[i])))
          .raw("</li>");
    }
    std::optional<Wall> next;
    for (const PlanView& plan : view_.plans) {
      if (plan.standing.next_start && (!next || *plan.standing.next_start < *next))
        next = plan.standing.next_start;
    }
    if (next) {
      html_.raw("<li><b><time datetime=\"").raw(to_rfc3339(*next)).raw("\"><i>");
      html_.text(relative_time(*next, page_.now)).raw("</i></time></b>next start</li>");
    }
    html_.raw("</ul>");
  }

  void write_plans() {
    if (view_.plans.empty()) return html_.nothing("Plans", "The configuration holds no plans.");
    std::vector<const PlanView*> plans;
    for (const PlanView& plan : view_.plans) plans.push_back(&plan);
    std::stable_partition(plans.begin(), plans.end(),
                          [](const PlanView* plan) { return is_troubled(*plan); });
    html_.begin_table("Plans", {"Plan", "State", "Active", "Last 24 hours", "Next start", "Next stop"});
    for (std::size_t i = 0; i < std::min(plans.size(), plans_shown_max); ++i) write_plan(*plans[i]);
    html_.end_table();
    if (plans.size() > plans_shown_max) {
      html_.raw("<p class=\"soft\">").number(static_cast<std::int64_t>(plans_shown_max)).raw(" of ");
      html_.number(static_cast<std::int64_t>(plans.size()));
      html_.raw("; all are at <a href=\"/api/v1/plans?limit=1000\">/api/v1/plans</a>.</p>\n");
    }
  }

  void write_plan(const PlanView& plan) {
    const Plan* configured = nullptr;
    if (view_.config && view_.config->plans.contains(plan.name))
      configured = &view_.config->plans.at(plan.name);
    html_.begin_row()
        .begin_cell()
        .raw("<b>")
        .text(plan.name.str())
        .raw("</b><small>")
        .text(plan.provider.str());
    if (const auto cost = cost_.find(plan.name); cost != cost_.end()) {
      for (const std::string& sum : cost->second) html_.raw(" · ").text(sum).raw(" in 24 h");
    }
    html_.raw("</small><span class=\"actions\" data-plan=\"").text(plan.name.str()).raw("\" data-paused=\"");
    html_.raw(plan.pause ? "yes" : "no").raw("\"></span>").end_cell();
    html_.begin_cell().state(mood_of(plan.standing.condition), spaced(to_string(plan.standing.condition)));
    if (plan.pause && !plan.pause->reason.empty())
      html_.raw("<small>").text(plan.pause->reason).raw("</small>");
    html_.end_cell()
        .cell(std::to_string(plan.standing.live) + "\u00a0of\u00a0" + std::to_string(plan.standing.wanted))
        .begin_cell();
    if (configured != nullptr) write_day(*configured, plan.pause);
    html_.end_cell();
    const Zone* zone = configured != nullptr ? &configured->schedule.spec().zone : nullptr;
    html_.cell(plan.standing.next_start, zone).cell(plan.next_stop, zone).end_row();
  }

  std::int64_t minute_of(Wall time) const {
    return std::chrono::round<std::chrono::minutes>(time - (page_.now - timeline_span)).count();
  }

  void write_day(const Plan& plan, const std::optional<Pause>& pause) {
    const auto found = sessions_.find(plan.name);
    const Timeline day =
        timeline_of(plan, pause, found != sessions_.end() ? found->second : std::vector<const SessionRow*>{},
                    page_.ended_from, page_.now);
    const Millis span = std::chrono::round<std::chrono::minutes>(page_.now - page_.ended_from);
    std::string told = (plan.count > 1 ? "all " + std::to_string(plan.count) + " alive " : "alive ") +
                       to_text(std::chrono::floor<std::chrono::minutes>(day.alive)) + " in " + to_text(span);
    if (day.gaps > 0) {
      told += ", missing " + to_text(std::chrono::round<Seconds>(day.missing)) + " in " +
              std::to_string(day.gaps) + (day.gaps == 1 ? " gap" : " gaps");
    }
    html_.raw(
        "<svg class=\"day\" viewBox=\"0 0 1440 24\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"");
    html_.text(told).raw("\"><title>").text(told).raw("</title>");
    for (const int x : {360, 720, 1080}) {
      html_.raw("<path class=\"hour\" d=\"M").number(x).raw(" 0v24\"/>");
    }
    const int lanes = std::clamp(plan.count, 1, lanes_max);
    const bool bad = day.missing >= missing_bad;
    for (const Stretch& stretch : day.stretches) {
      if (bad || stretch.kind != StretchKind::gap) write_stretch(stretch, lanes);
    }
    html_.raw("</svg>");
    if (day.gaps > 0) html_.raw(bad ? "<small class=\"bad\">" : "<small>").text(told).raw("</small>");
  }

  void write_stretch(const Stretch& stretch, int lanes) {
    static constexpr std::array<std::string_view, 4> classes{"queued", "active", "overlap", "gap"};
    const std::int64_t height = day_height / lanes;
    std::int64_t x = minute_of(stretch.begin);
    std::int64_t width = std::max<std::int64_t>(minute_of(stretch.end) - x, 1);
    if (stretch.kind == StretchKind::gap) width = std::max(width, gap_width_min);
    x = std::min(x, day_width - width);
    html_.raw("<rect class=\"")
        .raw(classes.at(static_cast<std::size_t>(stretch.kind)))
        .raw("\" x=\"")
        .number(x);
    html_.raw("\" y=\"")
        .number(stretch.replica % lanes * height)
        .raw("\" width=\"")
        .number(width)
        .raw("\" height=\"");
    html_.number(lanes > 1 ? height - 1 : height)
        .raw("\"><title>")
        .raw(classes.at(static_cast<std::size_t>(stretch.kind)));
    if (stretch.session) html_.raw(" ").text(stretch.session->str().substr(0, 8));
    html_.raw(" ")
        .raw(to_rfc3339(stretch.begin).substr(11, 8))
        .raw("–")
        .raw(to_rfc3339(stretch.end).substr(11, 8));
    html_.raw(" UTC</title></rect>");
  }

  // The session that is nearest to its deadline comes first.
  void write_sessions() {
    if (view_.sessions.empty()) return html_.nothing("Sessions", "No session is under way.");
    std::vector<const SessionView*> sessions;
    for (const SessionView& session : view_.sessions) sessions.push_back(&session);
    const auto due = [](const SessionView* session) {
      if (session->row.state != State::active || session->row.ending) return Wall::min();
      return std::min(session->idle_deadline.value_or(Wall::max()),
                      session->hard_deadline.value_or(Wall::max()));
    };
    const std::size_t shown = std::min(sessions.size(), sessions_shown_max);
    std::partial_sort(sessions.begin(), sessions.begin() + static_cast<std::ptrdiff_t>(shown), sessions.end(),
                      [&](const SessionView* a, const SessionView* b) { return due(a) < due(b); });
    html_.begin_table("Sessions", {"Session", "Plan", "State", "Since", "Next heartbeat", "Idle deadline",
                                   "Rollover", "Hard deadline"});
    for (std::size_t i = 0; i < shown; ++i) write_session(*sessions[i]);
    html_.end_table();
    if (sessions.size() > shown) {
      html_.raw("<p class=\"soft\">The ").number(static_cast<std::int64_t>(shown)).raw(" of ");
      html_.number(static_cast<std::int64_t>(sessions.size()));
      html_.raw(
          " that are nearest to a deadline; all are at <a "
          "href=\"/api/v1/sessions?limit=1000\">/api/v1/sessions</a>.</p>\n");
    }
  }

  void write_session(const SessionView& session) {
    const SessionRow& row = session.row;
    html_.begin_row().begin_cell().session_link(row.id).end_cell().cell(row.plan.str()).begin_cell();
    html_.state(mood_of(row.state), row.ending ? "ending" : spaced(to_string(row.state)));
    html_.raw("<small>")
        .text(spaced(to_string(row.ending ? row.ending->reason : row.reason)))
        .raw("</small>")
        .end_cell();
    html_.cell(row.active_at ? row.active_at : std::optional<Wall>(row.created_at));
    write_deadline_cells(html_, &session);
    html_.end_row();
  }

  void write_providers() {
    if (view_.providers.empty()) return;
    html_.begin_table("Providers", {"Provider", "Type", "State", "Rate limit", "Strangers", "Last error"});
    for (const ProviderView& provider : view_.providers) {
      const auto& all = page_.facts.providers;
      const auto facts = std::find_if(all.begin(), all.end(),
                                      [&](const ProviderFacts& each) { return each.name == provider.name; });
      html_.begin_row()
          .cell(provider.name.str())
          .cell(facts != all.end() ? facts->type.str() : std::string{});
      html_.begin_cell()
          .state(mood_of(provider.condition), spaced(to_string(provider.condition)))
          .end_cell()
          .begin_cell();
      if (facts != all.end() && facts->rate_limit) {
        if (facts->rate_left) html_.number(static_cast<std::int64_t>(*facts->rate_left)).raw(" left of ");
        html_.number(facts->rate_limit->calls).raw(" in ").text(to_text(facts->rate_limit->window));
      }
      const auto strangers =
          std::count_if(view_.orphans.begin(), view_.orphans.end(), [&](const OrphanView& orphan) {
            return orphan.provider == provider.name && orphan.condition == OrphanCondition::stranger;
          });
      html_.end_cell().begin_cell().number(strangers).end_cell();
      html_.cell(provider.last_error).end_row();
    }
    html_.end_table();
  }

  void write_webhooks() {
    const WebhookFacts& hooks = page_.facts.webhook;
    if (!hooks.listening)
      return html_.nothing("Webhooks", "No webhook listener; sessions are followed by polling.");
    write_deliveries(html_, "Webhooks", page_.deliveries);
    html_.raw("<p class=\"soft\">On ").text(hooks.address).raw(", since the start: ");
    html_.number(static_cast<std::int64_t>(hooks.count(WebhookCounter::received))).raw(" received, ");
    html_.number(static_cast<std::int64_t>(hooks.count(WebhookCounter::duplicate))).raw(" seen before, ");
    html_.number(static_cast<std::int64_t>(hooks.count(WebhookCounter::unauthorized)))
        .raw(" without a good signature.</p>\n");
  }

  void write_budgets() {
    if (view_.budgets.empty()) return;
    html_.begin_table("Budgets", {"Of", "Level", "Used", "Of at most", "Period ends"});
    for (const BudgetView& row : view_.budgets) {
      const Budget& budget = row.budget;
      html_.begin_row().cell(to_string(row.key)).begin_cell();
      html_.state(row.level == BudgetLevel::within ? "good"
                  : row.level == BudgetLevel::soft ? "warn"
                                                   : "bad",
                  to_string(row.level));
      html_.end_cell().cell(budget.max_cost ? money(row.used.cost, budget.currency)
                                            : to_text(std::chrono::floor<Seconds>(row.used.lived)));
      html_.cell(budget.max_cost ? money(*budget.max_cost, budget.currency)
                                 : to_text(budget.max_session_time.value_or(Millis{0})));
      html_.cell(std::optional<Wall>(row.period.end)).end_row();
    }
    html_.end_table();
  }

  void write_foot() {
    const DaemonFacts& facts = page_.facts;
    html_.raw("<footer><p>Times are UTC unless a zone stands beside them, as of ")
        .raw(to_rfc3339(follows(facts) ? page_.now : view_.at));
    html_.raw(". Running since ").raw(to_rfc3339(facts.started_at)).raw(".</p>\n<p>Configuration <code>");
    html_.text(facts.config.path)
        .raw("</code>, store <code>")
        .text(facts.store.path)
        .raw("</code> at transition ");
    html_.number(facts.store.last_seq)
        .raw(". <a href=\"/api/v1/status\">API</a> · <a href=\"/openapi.json\">its ");
    html_.raw("description</a> · <a href=\"/metrics\">metrics</a></p></footer>\n");
  }

  const StatusPage& page_;
  const View& view_;
  Html html_;
  std::map<PlanName, std::vector<const SessionRow*>> sessions_;
  std::map<PlanName, std::vector<std::string>> cost_;  // of the last 24 hours, by provider
};

std::string base64_sha256(std::string_view text) {
  const Sha256 digest = sha256(text);
  std::array<unsigned char, 64> encoded{};
  const int bytes = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(digest.size()));
  return {encoded.begin(), encoded.begin() + bytes};
}

}  // namespace

std::string_view page_policy() {
  static const std::string policy =
      "default-src 'none'; style-src 'sha256-" + base64_sha256(page_style) + "'; script-src 'sha256-" +
      base64_sha256(page_script) +
      "'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  return policy;
}

std::string to_html(const StatusPage& page) { return Writer(page).document(); }

}  // namespace keeper
