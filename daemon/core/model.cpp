#include "core/model.h"

namespace keeper {
namespace {

template <class Row>
void append(std::vector<Row>& to, const std::vector<Row>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

std::string delivery_key(std::string_view type, const RemoteId& remote) {
  return std::string(type) + "|" + remote.str();
}

void append(Batch& to, const Batch& from) {
  append(to.sessions, from.sessions);
  append(to.transitions, from.transitions);
  append(to.deliveries, from.deliveries);
  append(to.plans, from.plans);
  append(to.missed, from.missed);
  append(to.messages, from.messages);
  for (const AlertKey& key : from.resolved) {
    std::erase_if(to.alerts, [&](const AlertRow& row) { return row.key == key; });
    to.resolved.push_back(key);
  }
  append(to.alerts, from.alerts);
}

}  // namespace keeper
