// Writes the HTML of the pages. Everything that does not come from this program's text goes through text(),
// which escapes it.
//
// One thread for each writer.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "core/view.h"
#include "schedule/zone.h"

namespace keeper {

// For text and for attributes in double quotes.
std::string escape_html(std::string_view text);

// "in 5 min 3 s", "3 h 5 min ago", "now". page.js updates it in the same words.
std::string relative_time(Wall time, Wall now);

std::string spaced(std::string_view snake);  // "timed out" for "timed_out"

// The CSS class of a state: good, warn, bad or calm.
std::string_view mood_of(State state);
std::string_view mood_of(PlanCondition condition);
std::string_view mood_of(ProviderCondition condition);

class Html {
 public:
  explicit Html(Wall now) : now_(now) {}

  Wall now() const { return now_; }

  Html& raw(std::string_view html) { return out_ += html, *this; }
  Html& text(std::string_view foreign) { return out_ += escape_html(foreign), *this; }
  Html& number(std::int64_t value) { return out_ += std::to_string(value), *this; }

  // Writes the time and how far away it is. The time is in UTC, or in `zone`, whose name is then added. The
  // date is left out if it is today. Writes nothing without a time.
  Html& time(const std::optional<Wall>& time, const Zone* zone = nullptr);
  Html& state(std::string_view mood, std::string_view label);
  Html& session_link(const SessionId& id);

  void begin_table(std::string_view title, std::initializer_list<std::string_view> columns);
  void end_table() { raw("</tbody></table></div></section>\n"); }
  void nothing(std::string_view title, std::string_view words);
  Html& begin_row() { return cell_ = 0, raw("<tr>"); }
  Html& begin_cell() { return raw("<td data-label=\"").text(labels_.at(cell_++)).raw("\">"); }
  Html& end_cell() { return raw("</td>"); }
  Html& cell(std::string_view foreign) { return begin_cell().text(foreign).end_cell(); }
  Html& cell(const std::optional<Wall>& when, const Zone* zone = nullptr) {
    return begin_cell().time(when, zone).end_cell();
  }
  void end_row() { raw("</tr>\n"); }

  const std::string& inner() const { return out_; }

  // The whole document around what was written so far: head, style, control form and script.
  std::string document(std::string_view title, std::string_view mood) const;

 private:
  void begin_section(std::string_view title);

  Wall now_;
  std::string out_;
  std::vector<std::string_view> labels_;
  std::size_t cell_ = 0;
};

}  // namespace keeper
