// Writes JSON directly into a string. The lists of the status listener are long and asked for thousands of
// times a second, and building a tree of values first would take ten times as long. Foreign text is escaped,
// and bytes that are not UTF-8 become U+FFFD.
//
// One thread for each writer. The caller must balance begin and end.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace keeper {

class JsonWriter {
 public:
  void begin_object() { open('{'); }
  void begin_object(std::string_view name) { key(name), open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void begin_array(std::string_view name) { key(name), open('['); }
  void end_array() { close(']'); }

  void key(std::string_view name);
  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(std::nullptr_t) { raw("null"); }
  void value(double number);
  void value(Wall time);  // RFC 3339 UTC with milliseconds
  void value(std::same_as<bool> auto truth) { raw(truth ? "true" : "false"); }
  void value(std::integral auto number) requires(!std::same_as<decltype(number), bool>) {
    raw(std::to_string(number));
  }
  template <class T>
  void value(const std::optional<T>& maybe) {
    if (maybe) {
      value(*maybe);
    } else {
      value(nullptr);
    }
  }

  void field(std::string_view name, const auto& content) {
    key(name);
    value(content);
  }
  // Empty text is written as null.
  void text_or_null(std::string_view name, std::string_view text);
  // Writes a complete JSON value as it is.
  void raw(std::string_view json);

  std::string take() { return std::move(out_); }

 private:
  void open(char bracket);
  void close(char bracket);

  std::string out_;
  bool comma_ = false;
};

}  // namespace keeper
