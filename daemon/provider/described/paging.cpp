#include "provider/described/paging.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <regex>

#include "provider/described/described_reading.h"

namespace keeper {
namespace {

using Form = NextPage::Form;

bool is_pointer(const std::string& where) { return where.starts_with('/'); }

// Empty: the answer has no such value.
std::optional<Json> next_value(const NextPage& next, const ProviderAnswer& answer) {
  if (is_pointer(next.where)) {
    const Json* found = standing_at(*answer.json, next.where);
    return found == nullptr ? std::nullopt : std::optional(*found);
  }
  const auto header = header_in(answer.headers, next.where);
  return header ? std::optional<Json>(std::string(*header)) : std::nullopt;
}

std::optional<std::uint64_t> count_in(const Json& value) {
  const std::string text = word_in(value);
  std::uint64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, count);
  return read.ec == std::errc{} && read.ptr == end ? std::optional(count) : std::nullopt;
}

bool says_no(const Json& value, bool counts) {
  if (value.is_null() || value == Json(false) || value == Json("")) return true;
  return counts && count_in(value) == 0U;
}

}  // namespace

bool may_be_cut(std::size_t items, const ProviderCall& call) {
  static const std::regex length(
      "[?&\"]([a-z]+[_-])?(limit|size|page_?size|per_?page|max_?results|count|first)\"?[=:]([0-9]{1,6})",
      std::regex::icase);
  std::smatch match;
  for (const std::string& asked : {call.path, call.body}) {
    if (std::regex_search(asked, match, length)) return items >= std::stoul(match[3]);
  }
  constexpr std::array<std::size_t, 9> usual{10, 20, 25, 30, 50, 100, 200, 500, 1000};
  return std::find(usual.begin(), usual.end(), items) != usual.end();
}

Paging::Step Paging::go_on(const ListPage& page) {
  if (page.fresh == 0) return Step::cut;
  ++place_.page;
  return Step::next_page;
}

Paging::Step Paging::after(const ListPage& page) {
  seen_ += page.fresh;
  if (next_.form == Form::whole) return Step::ended;
  const bool is_first = place_.page == 1;
  const Step as_if_unsaid = is_first && page.may_be_cut ? Step::cut : Step::ended;
  if (next_.form == Form::unsaid) return as_if_unsaid;
  if (next_.form == Form::last_id) {
    if (page.items.empty()) return Step::ended;
    const std::string last = id_text(told(page.items.back(), {next_.where}));
    return last.empty() ? Step::cut : after_cursor(page, last);
  }
  if (next_.where.empty()) {
    if (page.items.empty()) return Step::ended;
    place_.offset += page.items.size();
    return go_on(page);
  }
  const auto value = next_value(next_, page.answer);
  if (!value) return next_.form == Form::total && !is_first ? Step::cut : as_if_unsaid;
  return after_value(page, *value);
}

Paging::Step Paging::after_value(const ListPage& page, const Json& value) {
  if (next_.form == Form::total) return after_total(page, value);
  if (says_no(value, next_.form != Form::cursor)) return Step::ended;
  if (next_.form == Form::page) return after_page(page, value);
  if (next_.form == Form::offset) return after_offset(page, value);
  const std::string cursor = value.is_boolean() ? std::string{} : word_in(value);
  return cursor.empty() ? Step::cut : after_cursor(page, cursor);
}

// What is told may be a truth, the next page's number or address, or how much is left: it goes on by one.
Paging::Step Paging::after_page(const ListPage& page, const Json& value) {
  if (!page.items.empty()) return go_on(page);
  const auto number = count_in(value);
  return number && *number <= place_.page ? Step::ended : Step::cut;
}

// A page without items may have been filtered: a cursor that is new goes on.
Paging::Step Paging::after_cursor(const ListPage& page, const std::string& cursor) {
  const bool is_new = cursors_.insert(cursor).second;
  if (!is_new) return page.items.empty() ? Step::ended : Step::cut;
  if (!page.items.empty() && page.fresh == 0) return Step::cut;
  place_.cursor = cursor;
  ++place_.page;
  return Step::next_page;
}

Paging::Step Paging::after_offset(const ListPage& page, const Json& value) {
  if (page.items.empty()) return Step::ended;
  const auto offset = count_in(value);
  if (!offset || *offset <= place_.offset) return Step::cut;
  place_.offset = *offset;
  return go_on(page);
}

Paging::Step Paging::after_total(const ListPage& page, const Json& value) {
  const auto total = count_in(value);
  // What is smaller than its own page counts something else.
  if (!total || *total < page.items.size()) return Step::cut;
  total_ = std::max(total_, *total);
  if (seen_ >= total_) return Step::ended;
  place_.offset += page.items.size();
  return go_on(page);
}

}  // namespace keeper
