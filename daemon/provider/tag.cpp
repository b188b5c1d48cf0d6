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
// Of the session's id in a UUID, and where they stand there.
constexpr std::size_t uuid_digits = 24;
constexpr std::size_t uuid_size = 36;

// The session's digits in a text of a UUID's size.
std::string digits_of_uuid(std::string_view uuid) {
  std::string digits(uuid.substr(0, 8));
  digits += uuid.substr(9, 4);
  digits += uuid.substr(15, 3);
  digits += uuid.substr(20, 3);
  digits += uuid.substr(24, 6);
  return digits;
}

}  // namespace

std::string start_tag(const InstanceId& instance, const SessionId& session) {
  return (session.str() + "-" + instance.str()).substr(0, tag_max);
}

std::string start_uuid(const InstanceId& instance, const SessionId& session) {
  const std::string digits = (session.str() + std::string(uuid_digits, '0')).substr(0, uuid_digits);
  const std::string mark = (instance.str() + std::string(instance_min, '0')).substr(0, instance_min);
  std::string uuid = digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-4" + digits.substr(12, 3) + "-";
  uuid += "89ab"[static_cast<unsigned char>(mark[6]) % 4U];
  return uuid + digits.substr(15, 3) + "-" + digits.substr(18, 6) + mark.substr(0, 6);
}

std::optional<SessionId> session_of_tag(std::string_view tag, const InstanceId& instance,
                                        const SessionId& asked) {
  const std::string text = lower_case(tag);
  const std::string& ours = instance.str();
  const std::size_t old_at = ours.size() + 1;
  if (text.size() == uuid_size) {
    const SessionId named{digits_of_uuid(text)};
    if (text == start_uuid(instance, named)) return asked.str().starts_with(named.str()) ? asked : named;
  }
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
