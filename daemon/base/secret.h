// Secret: a credential. It cannot be printed, logged or compared to a text by accident; reveal() is the one
// way to its text, for the call that needs it. Immutable; any thread.
#pragma once

#include <string>
#include <utility>

namespace keeper {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}

  const std::string& reveal() const { return text_; }
  bool empty() const { return text_.empty(); }
  bool operator==(const Secret&) const = default;

 private:
  std::string text_;
};

}  // namespace keeper
