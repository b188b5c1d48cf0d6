// Table: rows of text that are printed in aligned columns and cut to the width of the terminal. It owns its
// rows. One thread.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace keeper {

class Table {
 public:
  // A title that ends with '~' (which is not printed) marks a column that may be cut with "…" to fit.
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

// The word in the colour of the state of a session, plan or provider that it names. Any other word is
// returned as it is.
std::string coloured(std::string_view word, bool colour);

// The width is counted in characters and not in bytes.
std::size_t width_of(std::string_view text);
std::string cut(std::string_view text, std::size_t width);

}  // namespace keeper
