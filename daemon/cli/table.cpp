#include "cli/table.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <ostream>
#include <utility>

namespace keeper {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t elastic_min = 6;

bool is_begin(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

std::string_view colour_of(std::string_view word) {
  constexpr std::string_view green = "\x1b[32m";
  constexpr std::string_view yellow = "\x1b[33m";
  constexpr std::string_view red = "\x1b[31m";
  constexpr std::array<std::pair<std::string_view, std::string_view>, 14> colours{{{"active", green},
                                                                                   {"as_wanted", green},
                                                                                   {"healthy", green},
                                                                                   {"applied", green},
                                                                                   {"queued", yellow},
                                                                                   {"starting", yellow},
                                                                                   {"stopping", yellow},
                                                                                   {"held", yellow},
                                                                                   {"error", red},
                                                                                   {"timed_out", yellow},
                                                                                   {"degraded", red},
                                                                                   {"blocked", red},
                                                                                   {"failing", red},
                                                                                   {"unmatched", red}}};
  const auto found =
      std::find_if(colours.begin(), colours.end(), [&](const auto& one) { return one.first == word; });
  return found == colours.end() ? std::string_view{} : found->second;
}

}  // namespace

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_begin));
}

std::string cut(std::string_view text, std::size_t width) {
  if (width_of(text) <= width) return std::string(text);
  std::size_t taken = 0;
  std::size_t end = 0;
  while (end < text.size()) {
    if (is_begin(text[end]) && ++taken == width) break;
    ++end;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string coloured(std::string_view word, bool colour) {
  const std::string_view code = colour ? colour_of(word) : std::string_view{};
  if (code.empty()) return std::string(word);
  return std::string(code) + std::string(word) + "\x1b[0m";
}

Table::Table(std::vector<std::string> titles) : titles_(std::move(titles)) {
  for (std::string& title : titles_) {
    elastic_.push_back(title.back() == '~');
    if (elastic_.back()) title.pop_back();
  }
}

void Table::row(std::vector<std::string> cells) {
  for (std::string& cell : cells) {
    if (cell.empty()) cell = "-";
  }
  cells.resize(titles_.size(), "-");
  rows_.push_back(std::move(cells));
}

// What does not fit is taken from the widest elastic column, character by character.
std::vector<std::size_t> Table::widths(std::size_t columns) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < titles_.size(); ++i) {
    widths.push_back(titles_[i].size());
    for (const auto& row : rows_) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  const std::size_t gaps = gap * (titles_.size() - 1);
  while (columns > 0 && std::accumulate(widths.begin(), widths.end(), gaps) > columns) {
    std::size_t* widest = nullptr;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (elastic_[i] && widths[i] > elastic_min && (!widest || widths[i] > *widest)) widest = &widths[i];
    }
    if (!widest) break;
    --*widest;
  }
  return widths;
}

void Table::print(std::ostream& out, int columns, bool colour) const {
  const std::vector<std::size_t> widths = this->widths(static_cast<std::size_t>(std::max(columns, 0)));
  const auto line = [&](const std::vector<std::string>& cells, bool plain) {
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string cell = cut(cells[i], widths[i]);
      text += coloured(cell, colour && !plain);
      if (i + 1 < cells.size()) text.append(widths[i] - width_of(cell) + gap, ' ');
    }
    out << text << "\n";
  };
  line(titles_, true);
  for (const auto& row : rows_) line(row, false);
}

}  // namespace keeper
