// Result<T>: a value, or an Error whose kind says what the caller may do next. Reading the value of an error
// is a broken invariant. Nothing here throws or allocates beyond the message. Plain values; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/check.h"

namespace keeper {

enum class ErrorKind {
  not_applied,    // nothing happened there: may be tried again
  maybe_applied,  // it may have happened: find out first
  gone,           // the provider does not know this remote
  denied,         // refused for good: credentials or parameters are wrong
  exhausted,      // a rate or an allowance is used up: wait until
  malformed,      // the answer or the input could not be understood
  storage,        // the store could not be read or written
  cut_off,        // nothing was sent: this machine has no route to there
};

std::string_view to_string(ErrorKind kind);

struct Error {
  ErrorKind kind;
  std::string what;
  // With `exhausted`: how long to wait before the next try, where the provider said so.
  std::optional<std::chrono::milliseconds> retry_after{};
  bool credentials = false;  // with `denied`: because of the credentials, not of what was asked for
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return content_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    KEEPER_CHECK(ok());
    return std::get<0>(content_);
  }
  const T& value() const& {
    KEEPER_CHECK(ok());
    return std::get<0>(content_);
  }
  T&& value() && {
    KEEPER_CHECK(ok());
    return std::get<0>(std::move(content_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const {
    KEEPER_CHECK(!ok());
    return std::get<1>(content_);
  }

 private:
  std::variant<T, Error> content_;
};

struct Done {};
using Status = Result<Done>;

}  // namespace keeper
