// Table: rows of text in aligned columns, cut to a width. One thread; no state beyond its rows.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace keeper {

class Table {
 public:
  // A column that may be cut with "…" when the width is short is written with a trailing '~'.
  explicit Table(std::vector<std::string> titles);

  void row(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }

  // `columns`: 0 for any width. `colour`: words that name a state are coloured.
  void print(std::ostream& out, int columns, bool colour) const;

 private:
  std::vector<std::size_t> widths(std::size_t columns) const;

  std::vector<std::string> titles_;
  std::vector<bool> elastic_;
  std::vector<std::vector<std::string>> rows_;
};

// In the colour of what it says: a state of a session, plan or provider. As it is, if it is none.
std::string coloured(std::string_view word, bool colour);

// Characters, not bytes.
std::size_t width_of(std::string_view text);
std::string cut(std::string_view text, std::size_t width);

}  // namespace keeper
