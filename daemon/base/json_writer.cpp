#include "base/json_writer.h"

#include <array>
#include <cmath>
#include <cstdio>

#include "base/text.h"

namespace keeper {
namespace {

// A control character, as \n or \uNNNN.
void append_control(std::string& out, std::string_view sequence) {
  out += sequence == "\n" ? "\\n" : escaped(sequence);
}

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20U && byte < 0x7fU && c != '"' && c != '\\';
}

}  // namespace

void JsonWriter::open(char bracket) {
  if (comma_) out_ += ',';
  out_ += bracket;
  comma_ = false;
}

void JsonWriter::close(char bracket) {
  out_ += bracket;
  comma_ = true;
}

void JsonWriter::key(std::string_view name) {
  value(name);
  out_ += ':';
  comma_ = false;
}

void JsonWriter::raw(std::string_view json) {
  if (comma_) out_ += ',';
  out_ += json;
  comma_ = true;
}

void JsonWriter::value(std::string_view text) {
  if (comma_) out_ += ',';
  out_ += '"';
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && is_plain(text[plain])) ++plain;
    out_ += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const char c = text.front();
    const std::size_t length = sequence_length(text);
    if (c == '"' || c == '\\') {
      out_ += '\\';
      out_ += c;
    } else if (length == 0) {
      out_ += "\xEF\xBF\xBD";
    } else if (is_control(text.substr(0, length))) {
      append_control(out_, text.substr(0, length));
    } else {
      out_ += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out_ += '"';
  comma_ = true;
}

void JsonWriter::value(double number) {
  if (!std::isfinite(number)) return value(nullptr);
  std::array<char, 32> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.12g", number);
  raw(std::string_view(text.data(), static_cast<std::size_t>(length)));
}

void JsonWriter::value(Wall time) {
  if (comma_) out_ += ',';
  out_ += '"';
  out_ += to_rfc3339(time);
  out_ += '"';
  comma_ = true;
}

void JsonWriter::text_or_null(std::string_view name, std::string_view text) {
  key(name);
  if (text.empty()) {
    value(nullptr);
  } else {
    value(text);
  }
}

}  // namespace keeper
