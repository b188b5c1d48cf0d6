// Mark check: whether the marks in a description's templates (marks.h) are known and have a value where they
// stand. It reports each that has none, with its place. One load and one thread.
#pragma once

#include <set>
#include <string>

#include "config/document.h"
#include "config/problems.h"

namespace keeper::config {

// Whose template it is. of_session: status, stop, cleanup. every: the headers of all calls.
enum class CallKind { start, of_session, heartbeat, find, list, every };

class MarkCheck {
 public:
  // `credentials`: the names that {credential.NAME} may have.
  MarkCheck(std::set<std::string> credentials, Problems& problems)
      : credentials_(std::move(credentials)), problems_(problems) {}

  void path(const Node& path, CallKind call);
  void header(const Node& value, CallKind call);
  void body(const Node& body, CallKind call);  // with all that is in it

 private:
  enum class Spot { path, header, body };
  void text(const Node& node, CallKind call, Spot spot);
  std::string fault_of(std::string_view mark, CallKind call, Spot spot) const;

  const std::set<std::string> credentials_;
  Problems& problems_;
};

}  // namespace keeper::config
