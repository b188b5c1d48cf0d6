// Marks: what stands in braces in the templates of a described provider, as {id}. After the brace there is a
// lower-case letter or an underscore, then more of them, digits, "." and "+". What else stands in braces is
// text. Plain functions; any thread.
//
//   {id}                             the session's id at the provider
//   {session} {plan} {instance}      ours
//   {session_uuid}                   a UUID that is made of {session} and {instance}
//   {parameters}                     the plan's `session.parameters`, alone in a text of a body; as the name
//   of a
//                                    member it is their members, beside the map's own
//   {now+90s}                        that time from now, in Unix seconds; alone in a text it is a number
//   {page} {cursor} {offset}         where a list goes on; {page} and {offset} alone in a text are numbers
//   {api_key} {credential.NAME}      secrets
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "settings/settings.h"

namespace keeper {

struct Mark {
  std::size_t at = 0;     // of the opening brace
  std::size_t size = 0;   // with both braces
  std::string_view name;  // into the text
};

std::vector<Mark> marks_in(std::string_view text);
// Whether the call's path, headers or body hold the mark.
bool holds_mark(const DescribedCall& call, std::string_view name);

// How far ahead of now; empty: the mark is no {now...}.
std::optional<Millis> ahead_of_now(std::string_view name);
// The NAME of {credential.NAME}; empty for any other mark.
std::string_view credential_of(std::string_view name);

}  // namespace keeper
