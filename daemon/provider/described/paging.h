// Paging: what follows a page of a described list. It owns where the walk stands, and decides whether a page
// was shown to be the last. In doubt it was not: a list that was cut short proves no absence. One walk over
// one list and one thread; it makes no calls.
//
// A page is the last where the described value is absent, null, false, empty or, for pages and offsets, 0;
// where an offset or a count of pages does not grow or a cursor comes again, and the page is empty; where
// counting comes to an empty page; and where the items of all pages are as many as their total. Where the
// first answer has no such value at all, it is judged as if nothing were described. Doubtful are:
//
//   a page that shows nothing that was not shown before    the place is not heeded
//   a cursor that came before, with a page of items        the list would go round
//   true, and an empty page                                a contradiction
//   fewer items than the total, and an empty page          a session moved between the pages
#pragma once

#include <set>

#include "provider/described/call_template.h"

namespace keeper {

struct ListPage {
  const ProviderAnswer& answer;
  const Json& items;        // an array
  std::size_t fresh = 0;    // items that no page before has shown
  bool may_be_cut = false;  // it is as long as a page may be
};

class Paging {
 public:
  enum class Step { next_page, ended, cut };

  explicit Paging(const NextPage& next) : next_(next) {}

  const PagePlace& place() const { return place_; }
  Step after(const ListPage& page);

 private:
  Step after_value(const ListPage& page, const Json& value);
  Step after_page(const ListPage& page, const Json& value);
  Step after_cursor(const ListPage& page, const std::string& cursor);
  Step after_offset(const ListPage& page, const Json& value);
  Step after_total(const ListPage& page, const Json& value);
  Step go_on(const ListPage& page);

  const NextPage& next_;
  PagePlace place_;
  std::set<std::string> cursors_;
  std::uint64_t seen_ = 0;   // different items of all pages
  std::uint64_t total_ = 0;  // the largest that was told
};

// Without a word on further pages, an answer that is as long as a page may be leaves something out: as long
// as its call asks for, or as pages usually are.
bool may_be_cut(std::size_t items, const ProviderCall& call);

}  // namespace keeper
