// The tag that a start carries where a described provider keeps one, and how it is read back. It is the
// session's id, a hyphen, and as much of the instance's id as makes 63 characters of [a-z0-9-]: what
// providers allow as a label. The session's id comes first, so that a provider that cuts the tag short leaves
// it whole. Releases before wrote "INSTANCE/SESSION", of 65 characters, which is read as well. Plain
// functions; any thread.
//
// Example: 0123456789abcdef0123456789abcdef-fedcba9876543210fedcba98765432
//
// Where a provider lets a start name its session by a UUID, that is made of the same two ids: 24 digits of
// the session's and 26 bits of the instance's, in the shape of version 4, because validators that are older
// than RFC 9562 refuse version 8. Of strangers' UUIDs one in 67 million would be taken for one of this
// instance.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace keeper {

std::string start_tag(const InstanceId& instance, const SessionId& session);
std::string start_uuid(const InstanceId& instance, const SessionId& session);

// The session that a tag or a UUID of ours names, if the tag is of this instance. Of a UUID, and of the
// old form cut short, only the beginning of the session's id is left: see names_session() in core/origin.h.
// `asked`: the session that is looked for, or empty; a tag of which nothing but its id is left is taken for
// it.
std::optional<SessionId> session_of_tag(std::string_view tag, const InstanceId& instance,
                                        const SessionId& asked);

}  // namespace keeper
