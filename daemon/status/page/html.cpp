#include "status/page/html.h"

#include <algorithm>
#include <cstdlib>

#include "base/check.h"
#include "base/text.h"
#include "status/page/page_assets.h"

namespace keeper {

std::string escape_html(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  while (!text.empty()) {
    const char c = text.front();
    const std::size_t length = sequence_length(text);
    const std::string_view taken = text.substr(0, std::max<std::size_t>(length, 1));
    text.remove_prefix(taken.size());
    if (c == '\t' || c == '\n') {
      safe += c;
    } else if (length == 0) {
      safe += "\xEF\xBF\xBD";
    } else if (is_control(taken)) {
      safe += escaped(taken);
    } else if (c == '&') {
      safe += "&amp;";
    } else if (c == '<') {
      safe += "&lt;";
    } else if (c == '>') {
      safe += "&gt;";
    } else if (c == '"') {
      safe += "&quot;";
    } else if (c == '\'') {
      safe += "&#39;";
    } else {
      safe += taken;
    }
  }
  return safe;
}

std::string relative_time(Wall time, Wall now) {
  const auto seconds = std::chrono::duration_cast<Seconds>(time - now).count();
  const std::int64_t distance = std::abs(seconds);
  if (distance < 1) return "now";
  std::string length;
  if (distance < 60) {
    length = std::to_string(distance) + " s";
  } else if (distance < 3600) {
    length = std::to_string(distance / 60) + " min " + std::to_string(distance % 60) + " s";
  } else if (distance < 2 * 86400) {
    length = std::to_string(distance / 3600) + " h " + std::to_string(distance / 60 % 60) + " min";
  } else {
    length = std::to_string(distance / 86400) + " d";
  }
  return seconds > 0 ? "in " + length : length + " ago";
}

std::string spaced(std::string_view snake) {
  std::string words(snake);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

namespace {

std::string_view colour_of(std::string_view mood) {
  if (mood == "good") return "1a7f37";
  if (mood == "warn") return "9a6700";
  return mood == "bad" ? "cf222e" : "57606a";
}

// A disc in the colour of the heading's dot.
std::string icon_of(std::string_view mood) {
  return "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
         "%3Ccircle cx='8' cy='8' r='7' fill='%23" +
         std::string(colour_of(mood)) + "'/%3E%3C/svg%3E";
}

}  // namespace

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
    case PlanCondition::paused:
      return "calm";
    case PlanCondition::as_wanted:
      return "good";
    case PlanCondition::starting:
    case PlanCondition::stopping:
      return "warn";
    case PlanCondition::blocked:
    case PlanCondition::degraded:
      return "bad";
  }
  check_failed("a known PlanCondition", __FILE__, __LINE__);
}

std::string_view mood_of(ProviderCondition condition) {
  switch (condition) {
    case ProviderCondition::healthy:
      return "good";
    case ProviderCondition::failing:
    case ProviderCondition::exhausted:
      return "warn";
    case ProviderCondition::circuit_open:
    case ProviderCondition::cut_off:
      return "bad";
  }
  check_failed("a known ProviderCondition", __FILE__, __LINE__);
}

// Times in a plan's zone are written without seconds, because schedules seldom have any.
Html& Html::time(const std::optional<Wall>& time, const Zone* zone) {
  if (!time) return *this;
  constexpr std::size_t date_size = 10;
  std::string clock =
      zone != nullptr ? to_rfc3339(*time, *zone).substr(0, 16) : to_rfc3339(*time).substr(0, 19);
  const std::string today = zone != nullptr ? to_rfc3339(now_, *zone) : to_rfc3339(now_);
  clock[date_size] = ' ';
  if (today.starts_with(clock.substr(0, date_size))) clock.erase(0, date_size + 1);
  raw("<time datetime=\"").raw(to_rfc3339(*time));
  if (zone != nullptr) raw("\" data-zone=\"").text(zone->name());
  raw("\">").raw(clock).raw("<small><i>");
  raw(relative_time(*time, now_)).raw("</i>");
  if (zone != nullptr) raw(" · ").text(zone->name());
  return raw("</small></time>");
}

Html& Html::state(std::string_view mood, std::string_view label) {
  return raw("<span class=\"state ").raw(mood).raw("\">").text(label).raw("</span>");
}

Html& Html::session_link(const SessionId& id) {
  raw("<a href=\"/sessions/").text(id.str()).raw("\"><code>").text(id.str().substr(0, 8));
  return raw("</code></a>");
}

void Html::begin_section(std::string_view title) {
  std::string id(title);
  std::replace(id.begin(), id.end(), ' ', '-');
  raw("<section aria-labelledby=\"").text(id).raw("\"><h2 id=\"").text(id).raw("\">").text(title);
  raw("</h2>\n<div class=\"card\" tabindex=\"0\">");
}

void Html::begin_table(std::string_view title, std::initializer_list<std::string_view> columns) {
  labels_.assign(columns);
  begin_section(title);
  raw("<table><thead><tr>");
  for (const std::string_view label : labels_) raw("<th scope=\"col\">").text(label).raw("</th>");
  raw("</tr></thead><tbody>\n");
}

void Html::nothing(std::string_view title, std::string_view words) {
  begin_section(title);
  raw("<p class=\"empty\">").text(words).raw("</p></div></section>\n");
}

std::string Html::document(std::string_view title, std::string_view mood) const {
  Html all(now_);
  all.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
  all.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
  all.raw("<link rel=\"icon\" href=\"")
      .raw(icon_of(mood))
      .raw("\">\n<title>")
      .text(title)
      .raw(" – session-keeper</title>\n<style>");
  all.raw(page_style).raw("</style>\n</head>\n<body>\n<main data-now=\"").raw(to_rfc3339(now_)).raw("\">\n");
  all.raw(out_).raw("</main>\n").raw(page_control).raw("<script>").raw(page_script);
  all.raw("</script>\n</body>\n</html>\n");
  return std::move(all.out_);
}

}  // namespace keeper
