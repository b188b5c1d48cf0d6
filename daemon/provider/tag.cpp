#include "provider/tag.h"

#include <algorithm>

#include "base/text.h"

namespace keeper {
namespace {

constexpr std::size_t tag_max = 63;
// What must be left of an instance's id to know it by, and of a session's.
constexpr std::size_t instance_min = 8;
constexpr std::size_t session_min = 24;
constexpr std::size_t session_size = 32;

}  // namespace

std::string start_tag(const InstanceId& instance, const SessionId& session) {
  return (session.str() + "-" + instance.str()).substr(0, tag_max);
}

std::optional<SessionId> session_of_tag(std::string_view tag, const InstanceId& instance,
                                        const SessionId& asked) {
  const std::string text = lower_case(tag);
  const std::string& ours = instance.str();
  const std::size_t old_at = ours.size() + 1;
  // The separator may come back as another character where the provider allows fewer.
  if (text.starts_with(ours) && text.size() > ours.size()) {
    const std::string session = text.substr(old_at);
    if (session.size() >= session_min || SessionId{session} == asked) return SessionId{session};
    return std::nullopt;
  }
  if (!asked.empty() && text.starts_with(asked.str())) {
    const std::size_t left = asked.str().size() + 1;
    const bool agrees = text.size() <= left || ours.starts_with(text.substr(left));
    return agrees ? std::optional(asked) : std::nullopt;
  }
  const std::string_view left = std::string_view(text).substr(std::min(text.size(), session_size + 1));
  if (left.size() < instance_min || !ours.starts_with(left)) return std::nullopt;
  return SessionId{text.substr(0, session_size)};
}

}  // namespace keeper
