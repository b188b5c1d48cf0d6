#include "http/page.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/check.h"
#include "http/explain.h"
#include "http/page_parts.h"

namespace keeper {
namespace {

constexpr std::size_t sessions_shown_max = 200;

// "2026-11-21 09:00:00"
std::string short_time(Wall time) {
  std::string text = to_rfc3339(time).substr(0, 19);
  text[10] = ' ';
  return text;
}

class Page {
 public:
  explicit Page(Wall now) : now_(now) {}

  Page& raw(std::string_view html) { return out_ += html, *this; }
  Page& text(std::string_view foreign) { return out_ += escape_html(foreign), *this; }
  Page& number(std::int64_t value) { return out_ += std::to_string(value), *this; }

  Page& time(const std::optional<Wall>& time) {
    if (!time) return *this;
    raw("<time datetime=\"").raw(to_rfc3339(*time)).raw("\">").raw(short_time(*time));
    return raw("<small>").raw(relative_time(*time, now_)).raw("</small></time>");
  }
  Page& state(std::string_view mood, std::string_view label) {
    return raw("<span class=\"state ").raw(mood).raw("\">").text(label).raw("</span>");
  }

  void begin_table(std::string_view title, std::initializer_list<std::string_view> columns) {
    labels_.assign(columns);
    raw("<h2>").text(title).raw("</h2>\n<div class=\"card\"><table><thead><tr>");
    for (const std::string_view label : labels_) raw("<th scope=\"col\">").text(label).raw("</th>");
    raw("</tr></thead><tbody>\n");
  }
  void end_table() { raw("</tbody></table></div>\n"); }
  void nothing(std::string_view title, std::string_view words) {
    raw("<h2>")
        .text(title)
        .raw("</h2>\n<div class=\"card\"><p class=\"empty\">")
        .text(words)
        .raw("</p></div>\n");
  }
  Page& begin_row() { return cell_ = 0, raw("<tr>"); }
  Page& begin_cell() { return raw("<td data-label=\"").text(labels_.at(cell_++)).raw("\">"); }
  Page& end_cell() { return raw("</td>"); }
  Page& cell(std::string_view foreign) { return begin_cell().text(foreign).end_cell(); }
  Page& cell(const std::optional<Wall>& when) { return begin_cell().time(when).end_cell(); }
  void end_row() { raw("</tr>\n"); }

  std::string take() { return std::move(out_); }

 private:
  Wall now_;
  std::string out_;
  std::vector<std::string_view> labels_;
  std::size_t cell_ = 0;
};

std::string_view mood_of(State state) {
  switch (state) {
    case State::queued:
      return "warn";
    case State::active:
      return "good";
    case State::closed:
      return "calm";
    case State::error:
    case State::timed_out:
      return "bad";
  }
  check_failed("a known State", __FILE__, __LINE__);
}

std::string_view mood_of(PlanCondition condition) {
  switch (condition) {
    case PlanCondition::idle:
      return "calm";
    case PlanCondition::as_wanted:
      return "good";
    case PlanCondition::starting:
    case PlanCondition::stopping:
      return "warn";
    case PlanCondition::degraded:
      return "bad";
  }
  check_failed("a known PlanCondition", __FILE__, __LINE__);
}

std::string spaced(std::string_view snake) {
  std::string words(snake);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

void write_session_link(Page& page, const SessionId& id) {
  page.raw("<a href=\"/api/v1/sessions/").text(id.str()).raw("/explain\"><code>").text(id.str().substr(0, 8));
  page.raw("</code></a>");
}

struct Headline {
  std::string_view mood;
  std::string words;
};

Headline headline_of(const View& view, const DaemonFacts& facts) {
  std::string failing;
  for (const CheckFact& check : facts.ready) {
    if (!check.passes) failing += (failing.empty() ? "" : ", ") + spaced(check.name);
  }
  if (!failing.empty()) return {"bad", "Not ready: " + failing};
  if (!facts.config.last_reload_successful)
    return {"warn", "The last reload was refused; the old plans stay"};
  const auto degraded = std::count_if(view.plans.begin(), view.plans.end(), [](const PlanView& plan) {
    return plan.condition == PlanCondition::degraded;
  });
  if (degraded == 1) return {"bad", "One plan is degraded"};
  if (degraded > 1) return {"bad", std::to_string(degraded) + " plans are degraded"};
  if (view.plans.empty()) return {"calm", "No plans are configured"};
  return {"good", "All plans are as wanted"};
}

void write_head(Page& page, const View& view, const DaemonFacts& facts) {
  const Headline headline = headline_of(view, facts);
  page.raw("<p class=\"kicker\">session-keeper ").text(facts.version).raw("</p>\n<h1>");
  page.state(headline.mood, headline.words).raw("</h1>\n");
  if (!facts.config.last_reload_error.empty()) {
    page.raw("<p class=\"error bad\">").text(facts.config.last_reload_error).raw("</p>\n");
  }
  page.raw("<ul class=\"figures\">");
  for (std::size_t i = 0; i < all_states.size(); ++i) {
    page.raw("<li><b>")
        .number(view.counts[i])
        .raw("</b>")
        .text(spaced(to_string(all_states[i])))
        .raw("</li>");
  }
  std::optional<Wall> next;
  for (const PlanView& plan : view.plans) {
    if (plan.next_start && (!next || *plan.next_start < *next)) next = plan.next_start;
  }
  if (next) page.raw("<li><b>").text(relative_time(*next, view.at)).raw("</b>next start</li>");
  page.raw("</ul>\n");
}

void write_plans(Page& page, const View& view) {
  if (view.plans.empty()) return page.nothing("Plans", "The configuration holds no plans.");
  page.begin_table("Plans", {"Plan", "Provider", "State", "Active", "Next start", "Next stop", "Last error"});
  for (const PlanView& plan : view.plans) {
    page.begin_row().cell(plan.name.str()).cell(plan.provider.str());
    page.begin_cell().state(mood_of(plan.condition), spaced(to_string(plan.condition))).end_cell();
    page.begin_cell().number(plan.live).raw(" of ").number(plan.wanted).end_cell();
    page.cell(plan.next_start).cell(plan.next_stop);
    page.begin_cell().raw(plan.last_error.empty() ? "" : "<span class=\"error\">").text(plan.last_error);
    page.raw(plan.last_error.empty() ? "" : "</span>").end_cell().end_row();
  }
  page.end_table();
}

void write_sessions(Page& page, const View& view) {
  if (view.sessions.empty()) return page.nothing("Sessions", "No session is under way.");
  page.begin_table("Sessions", {"Session", "Plan", "State", "Why", "Since", "Idle deadline", "Hard deadline",
                                "Next heartbeat", "Rollover"});
  std::size_t shown = 0;
  for (const SessionView& session : view.sessions) {
    if (++shown > sessions_shown_max) break;
    const SessionRow& row = session.row;
    page.begin_row().begin_cell();
    write_session_link(page, row.id);
    page.end_cell().cell(row.plan.str());
    page.begin_cell()
        .state(mood_of(row.state), row.ending ? "ending" : spaced(to_string(row.state)))
        .end_cell();
    page.cell(spaced(to_string(row.reason)));
    page.cell(row.active_at ? row.active_at : std::optional<Wall>(row.created_at));
    page.cell(session.idle_deadline).cell(session.hard_deadline);
    page.cell(session.next_heartbeat_at).cell(session.rollover_at).end_row();
  }
  page.end_table();
  if (view.sessions.size() > sessions_shown_max) {
    page.raw("<p class=\"soft\">The newest of ").number(static_cast<std::int64_t>(view.sessions.size()));
    page.raw("; all are at <a href=\"/api/v1/sessions\">/api/v1/sessions</a>.</p>\n");
  }
}

void write_transitions(Page& page, const std::vector<TransitionRow>& recent) {
  if (recent.empty()) return page.nothing("Recent transitions", "Nothing has happened yet.");
  page.begin_table("Recent transitions", {"When", "Session", "Plan", "Change", "Why", "Cause", "Detail"});
  for (const TransitionRow& row : recent) {
    page.begin_row().cell(std::optional<Wall>(row.at)).begin_cell();
    write_session_link(page, row.session);
    page.end_cell().cell(row.plan.str()).begin_cell();
    page.state(mood_of(row.to), spaced(to_string(row.to)));
    if (row.from) page.raw(" <span class=\"soft\">from ").text(spaced(to_string(*row.from))).raw("</span>");
    page.end_cell();
    page.begin_cell()
        .raw("<span title=\"")
        .text(clause_of(row.reason))
        .raw("\">")
        .text(spaced(to_string(row.reason)));
    page.raw("</span>").end_cell().cell(spaced(to_string(row.cause)));
    page.begin_cell().raw("<span class=\"error\">").text(row.detail).raw("</span>").end_cell().end_row();
  }
  page.end_table();
}

void write_foot(Page& page, const View& view, const DaemonFacts& facts) {
  page.raw("<footer><p>Times are UTC, as of ").raw(short_time(view.at)).raw(". Running since ");
  page.raw(short_time(facts.started_at)).raw(".</p>\n<p>Configuration <code>").text(facts.config.path);
  page.raw("</code>, store <code>")
      .text(facts.store.path)
      .raw("</code> at transition ")
      .number(facts.store.last_seq);
  page.raw(".</p>\n<p>");
  if (facts.webhook.listening) {
    page.raw("Webhooks on ").text(facts.webhook.address).raw(": ");
    page.number(static_cast<std::int64_t>(facts.webhook.received_total)).raw(" received.");
  } else {
    page.raw("No webhook listener; sessions are followed by polling.");
  }
  page.raw(" <a href=\"/api/v1/status\">API</a> · <a href=\"/metrics\">metrics</a></p></footer>\n");
}

std::string base64_sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  KEEPER_CHECK(EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr) == 1);
  std::array<unsigned char, 64> encoded{};
  const int bytes = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(length));
  return {encoded.begin(), encoded.begin() + bytes};
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    if (c == '&') {
      safe += "&amp;";
    } else if (c == '<') {
      safe += "&lt;";
    } else if (c == '>') {
      safe += "&gt;";
    } else if (c == '"') {
      safe += "&quot;";
    } else if (c == '\'') {
      safe += "&#39;";
    } else if (c != '\0') {
      safe += c;
    }
  }
  return safe;
}

std::string relative_time(Wall time, Wall now) {
  const auto seconds = std::chrono::duration_cast<Seconds>(time - now).count();
  const std::int64_t distance = std::abs(seconds);
  if (distance < 1) return "now";
  std::string length;
  if (distance < 120) {
    length = std::to_string(distance) + " s";
  } else if (distance < 2 * 3600) {
    length = std::to_string(distance / 60) + " min";
  } else if (distance < 2 * 86400) {
    length = std::to_string(distance / 3600) + " h";
  } else {
    length = std::to_string(distance / 86400) + " d";
  }
  return seconds > 0 ? "in " + length : length + " ago";
}

std::string_view page_policy() {
  static const std::string policy =
      "default-src 'none'; style-src 'sha256-" + base64_sha256(page_style) + "'; script-src 'sha256-" +
      base64_sha256(page_script) +
      "'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  return policy;
}

std::string status_page(const View& view, const DaemonFacts& facts, const std::vector<TransitionRow>& recent,
                        Wall now) {
  Page page(now);
  page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
  page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
  page.raw("<link rel=\"icon\" href=\"data:,\">\n");
  page.raw("<title>").text(headline_of(view, facts).words).raw(" – session-keeper</title>\n<style>");
  page.raw(page_style).raw("</style>\n</head>\n<body>\n<main>\n");
  write_head(page, view, facts);
  write_plans(page, view);
  write_sessions(page, view);
  write_transitions(page, recent);
  write_foot(page, view, facts);
  page.raw("</main>\n<script>").raw(page_script).raw("</script>\n</body>\n</html>\n");
  return page.take();
}

}  // namespace keeper
