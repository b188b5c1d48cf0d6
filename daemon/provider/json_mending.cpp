#include "provider/json_mending.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/text.h"

namespace keeper {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_word_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '-' || c == '.';
}

bool looks_like_number(std::string_view word) {
  return word.front() != 'e' && word.front() != 'E' && std::any_of(word.begin(), word.end(), is_digit) &&
         word.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
}

// What Python, JavaScript and C write for what JSON has no number for.
bool is_no_number(std::string_view word) {
  if (word.front() == '-' || word.front() == '+') word.remove_prefix(1);
  return equal_ignoring_case(word, "nan") || equal_ignoring_case(word, "inf") ||
         equal_ignoring_case(word, "infinity");
}

// RFC 8259: int [ frac ] [ exp ].
bool is_written_as_json(std::string_view word) {
  const auto skip_digits = [&] {
    const std::size_t count = std::min(word.find_first_not_of("0123456789"), word.size());
    word.remove_prefix(count);
    return count;
  };
  if (!word.empty() && word.front() == '-') word.remove_prefix(1);
  const bool leads_with_zero = !word.empty() && word.front() == '0';
  const std::size_t digits = skip_digits();
  if (digits == 0 || (leads_with_zero && digits > 1)) return false;
  if (!word.empty() && word.front() == '.') {
    word.remove_prefix(1);
    if (skip_digits() == 0) return false;
  }
  if (!word.empty() && (word.front() == 'e' || word.front() == 'E')) {
    word.remove_prefix(1);
    if (!word.empty() && (word.front() == '+' || word.front() == '-')) word.remove_prefix(1);
    if (skip_digits() == 0) return false;
  }
  return word.empty();
}

template <class Number>
bool holds(std::string_view word) {
  Number number{};
  return std::from_chars(word.data(), word.data() + word.size(), number).ec == std::errc{};
}

bool can_be_held(std::string_view word) {
  const bool is_whole = word.find_first_of(".eE") == std::string_view::npos;
  if (!is_whole) return holds<double>(word);
  return word.front() == '-' ? holds<std::int64_t>(word) : holds<std::uint64_t>(word);
}

// The length of the character at the front (RFC 3629), at least 2; 0 where it is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead >= 0xC2U && lead <= 0xDFU   ? 2
                             : (lead & 0xF0U) == 0xE0U        ? 3
                             : lead >= 0xF0U && lead <= 0xF4U ? 4
                                                              : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  }
  const bool too_long = (lead == 0xE0U && byte(1) < 0xA0U) || (lead == 0xF0U && byte(1) < 0x90U);
  const bool surrogate = lead == 0xEDU && byte(1) > 0x9FU;
  const bool too_large = lead == 0xF4U && byte(1) > 0x8FU;
  return too_long || surrogate || too_large ? 0 : length;
}

// The code unit of the escape \uXXXX at the front, or 0x10000 where there is none.
unsigned code_unit(std::string_view text) {
  constexpr unsigned none = 0x10000;
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return none;
  unsigned unit = 0;
  const char* const end = text.data() + 6;
  const auto read = std::from_chars(text.data() + 2, end, unit, 16);
  return read.ec == std::errc{} && read.ptr == end ? unit : none;
}

class Mender {
 public:
  Mender(std::string_view text, std::string* room) : text_(text), room_(*room) {}

  std::string_view mend() {
    room_.clear();
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        mend_text();
      } else if (c == '{' || c == '[') {
        open();
      } else if (is_word_character(c)) {
        mend_word();
      } else {
        if ((c == '}' || c == ']') && depth_ > 0) --depth_;
        ++at_;
      }
    }
    if (!replaced_) return text_;
    room_ += text_.substr(copied_);
    return room_;
  }

 private:
  // The characters from `at_` on; what follows them is next.
  void replace(std::size_t count, std::string_view by) {
    room_ += text_.substr(copied_, at_ - copied_);
    room_ += by;
    copied_ = at_ += count;
    replaced_ = true;
  }

  void open() {
    if (depth_ < json_depth_max) {
      ++depth_;
      ++at_;
    } else {
      replace(structure_bytes(), "null");
    }
  }

  // Of the array or object at `at_`, which is not looked into.
  std::size_t structure_bytes() const {
    std::size_t depth = 0;
    bool quoted = false;
    for (std::size_t i = at_; i < text_.size(); ++i) {
      const char c = text_[i];
      if (quoted) {
        if (c == '\\') ++i;
        quoted = c != '"';
      } else if (c == '"') {
        quoted = true;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if ((c == '}' || c == ']') && --depth == 0) {
        return i + 1 - at_;
      }
    }
    return text_.size() - at_;
  }

  void mend_word() {
    std::size_t end = at_;
    while (end < text_.size() && is_word_character(text_[end])) ++end;
    const std::string_view word = text_.substr(at_, end - at_);
    if (is_no_number(word)) {
      replace(word.size(), "null");
    } else if (looks_like_number(word) && !(is_written_as_json(word) && can_be_held(word))) {
      replace(word.size(), '"' + std::string(word) + '"');
    } else {
      at_ = end;
    }
  }

  void mend_text() {
    for (++at_; at_ < text_.size();) {
      const auto byte = static_cast<unsigned char>(text_[at_]);
      if (byte == '"') {
        ++at_;
        return;
      }
      if (byte == '\\') {
        mend_escape();
      } else if (byte < 0x20U) {
        constexpr std::string_view digits = "0123456789abcdef";
        replace(1, {std::string("\\u00") + digits[byte >> 4U] + digits[byte & 0xFU]});
      } else if (byte < 0x80U) {
        ++at_;
      } else if (const std::size_t length = utf8_length(text_.substr(at_))) {
        at_ += length;
      } else {
        replace(1, not_text);
      }
    }
  }

  void mend_escape() {
    const std::string_view rest = text_.substr(at_);
    if (rest.size() >= 2 && std::string_view("\"\\/bfnrt").find(rest[1]) != std::string_view::npos) {
      at_ += 2;
      return;
    }
    const auto is_low = [](unsigned unit) { return unit >= 0xDC00 && unit <= 0xDFFF; };
    const unsigned unit = code_unit(rest);
    if (unit > 0xFFFF) {
      replace(1, not_text);
    } else if (unit < 0xD800 || unit > 0xDFFF) {
      at_ += 6;
    } else if (!is_low(unit) && is_low(code_unit(rest.substr(6)))) {
      at_ += 12;
    } else {
      replace(6, not_text);
    }
  }

  const std::string_view text_;
  std::string& room_;
  std::size_t at_ = 0;
  std::size_t copied_ = 0;  // of the text, into the room or left out of it
  std::size_t depth_ = 0;
  bool replaced_ = false;
};

}  // namespace

std::string_view mended_json(std::string_view text, std::string* room) { return Mender(text, room).mend(); }

}  // namespace keeper
