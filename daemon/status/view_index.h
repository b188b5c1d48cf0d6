// A view whose sessions and plans are found by id and by name. Immutable; any thread.
#pragma once

#include <string_view>
#include <unordered_map>

#include "core/view.h"

namespace keeper {

class ViewIndex {
 public:
  // A null pointer gives an empty view.
  explicit ViewIndex(ViewPtr view);

  const View& operator*() const { return *view_; }
  const View* operator->() const { return view_.get(); }
  const ViewPtr& pointer() const { return view_; }

  // Null for a session that is not in the view.
  const SessionView* session(const SessionId& id) const;
  const PlanView* plan(std::string_view name) const;
  const Config& config() const;  // empty before the first configuration is loaded

 private:
  ViewPtr view_;
  std::unordered_map<std::string_view, const SessionView*> sessions_;
};

}  // namespace keeper
