#include "status/view_index.h"

#include <algorithm>

namespace keeper {

ViewIndex::ViewIndex(ViewPtr view) : view_(view ? std::move(view) : std::make_shared<const View>()) {
  sessions_.reserve(view_->sessions.size());
  for (const SessionView& session : view_->sessions) sessions_.emplace(session.row.id.str(), &session);
}

const SessionView* ViewIndex::session(const SessionId& id) const {
  const auto found = sessions_.find(id.str());
  return found == sessions_.end() ? nullptr : found->second;
}

const Config& ViewIndex::config() const {
  static const Config none;
  return view_->config ? *view_->config : none;
}

const PlanView* ViewIndex::plan(std::string_view name) const {
  const auto found = std::find_if(view_->plans.begin(), view_->plans.end(),
                                  [&](const PlanView& each) { return each.name.str() == name; });
  return found == view_->plans.end() ? nullptr : &*found;
}

}  // namespace keeper
