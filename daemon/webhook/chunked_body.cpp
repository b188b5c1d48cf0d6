#include "webhook/chunked_body.h"

#include <algorithm>

namespace keeper {
namespace {

constexpr std::size_t digits_max = 8;
// Of extensions and trailer fields; senders of webhooks have none.
constexpr std::size_t dropped_bytes_max = std::size_t{8} * 1024;

// -1: it is no hexadecimal digit.
int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_field_byte(char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20U && c != '\x7f'); }

}  // namespace

std::size_t ChunkedBody::take(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && state_ == State::more) {
    if (part_ == Part::bytes) {
      const std::size_t some = std::min(left_, bytes.size() - used);
      body_.append(bytes.substr(used, some));
      used += some;
      left_ -= some;
      if (left_ == 0) part_ = Part::bytes_end;
      continue;
    }
    const char c = bytes[used++];
    if (part_ == Part::trailer) {
      take_trailer(c);
    } else if (part_ == Part::bytes_end) {
      // CR, then LF.
      if (c != (after_return_ ? '\n' : '\r')) {
        fail();
      } else if (after_return_) {
        part_ = Part::size;
      }
      after_return_ = !after_return_;
    } else {
      take_size(c);
    }
  }
  return used;
}

void ChunkedBody::take_size(char c) {
  if (part_ == Part::size_end) return c == '\n' ? begin_chunk() : fail();
  const int digit = part_ == Part::size ? digit_of(c) : -1;
  if (digit >= 0) {
    if (++digits_ > digits_max) return fail();
    left_ = left_ * 16 + static_cast<std::size_t>(digit);
    return;
  }
  if (digits_ == 0) return fail();
  if (c == '\r') {
    part_ = Part::size_end;
    return;
  }
  if (part_ == Part::size && c != ';' && c != ' ' && c != '\t') return fail();
  part_ = Part::extension;
  if (!is_field_byte(c) || ++dropped_ > dropped_bytes_max) fail();
}

void ChunkedBody::begin_chunk() {
  digits_ = 0;
  if (left_ > body_bytes_max_ - body_.size()) {
    state_ = State::too_large;
    return;
  }
  part_ = left_ == 0 ? Part::trailer : Part::bytes;
}

// The empty line ends the body.
void ChunkedBody::take_trailer(char c) {
  if (after_return_) {
    if (c != '\n') return fail();
    after_return_ = false;
    if (line_bytes_ == 0) state_ = State::complete;
    line_bytes_ = 0;
  } else if (c == '\r') {
    after_return_ = true;
  } else if (!is_field_byte(c) || ++dropped_ > dropped_bytes_max) {
    fail();
  } else {
    ++line_bytes_;
  }
}

}  // namespace keeper
