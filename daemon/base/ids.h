// Strong identifiers: each kind of id is a type of its own, so that a plan's name cannot be passed where a
// session's id is asked for. An id is any text; an empty one names nothing. Plain values; any thread.
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace keeper {

template <class Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string text) : text_(std::move(text)) {}

  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }
  auto operator<=>(const Id&) const = default;

 private:
  std::string text_;
};

using PlanName = Id<struct PlanNameTag>;
using ProviderName = Id<struct ProviderNameTag>;
using SessionId = Id<struct SessionIdTag>;    // ours: 32 hex digits, derived, never drawn
using RemoteId = Id<struct RemoteIdTag>;      // the provider's, without an optional "session-" prefix
using TargetName = Id<struct TargetNameTag>;  // of notifications
using InstanceId = Id<struct InstanceIdTag>;  // this store's, drawn once when the store is made

}  // namespace keeper

template <class Tag>
struct std::hash<keeper::Id<Tag>> {
  std::size_t operator()(const keeper::Id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.str());
  }
};
