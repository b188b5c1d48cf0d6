// Writes the pages' HTML. Everything foreign goes through text(), which escapes it. One thread per writer.
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

// "in 5 min 3 s", "3 h ago", "now". The pages' script counts on in the same words.
std::string relative_time(Wall time, Wall now);

std::string spaced(std::string_view snake);  // "timed out" for "timed_out"

// How a state looks: good, warn, bad or calm.
std::string_view mood_of(State state);
std::string_view mood_of(PlanCondition condition);
std::string_view mood_of(ProviderCondition condition);

class Html {
 public:
  explicit Html(Wall now) : now_(now) {}

  Html& raw(std::string_view html) { return out_ += html, *this; }
  Html& text(std::string_view foreign) { return out_ += escape_html(foreign), *this; }
  Html& number(std::int64_t value) { return out_ += std::to_string(value), *this; }

  // In UTC, or in `zone`, which is named, without a date that is today's; and how far off it is. Nothing for an
  // unknown time.
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
  Html& cell(const std::optional<Wall>& when, const Zone* zone = nullptr) { return begin_cell().time(when, zone).end_cell(); }
  void end_row() { raw("</tr>\n"); }

  const std::string& inner() const { return out_; }

  // The document around what was written since the begin: head, style, script, and what the script needs.
  std::string document(std::string_view title) const;

 private:
  void begin_section(std::string_view title);

  Wall now_;
  std::string out_;
  std::vector<std::string_view> labels_;
  std::size_t cell_ = 0;
};

}  // namespace keeper
