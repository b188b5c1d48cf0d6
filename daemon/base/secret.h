// Secret: a credential. It cannot be printed, compared to text or logged by accident; reveal() is the one way
// out, for the call that needs it. Any thread; immutable.
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
