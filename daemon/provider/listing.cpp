#include "provider/listing.h"

#include <algorithm>

namespace keeper {
namespace {

// The depth of an answer is bounded.
bool lists_anything(const Json& value) {
  if (value.is_array()) return !value.empty();
  return value.is_object() && std::any_of(value.begin(), value.end(), lists_anything);
}

// An object that has no list where one is looked for has nothing to list, tells of a failure, or has its list
// in another place.
std::string why_not_empty(const Json& answer) {
  if (const std::string told = text_in(answer); !told.empty()) return told;
  const bool fails = member(answer, "success") == Json(false) || member(answer, "ok") == Json(false);
  if (fails || !member(answer, "errors").empty()) return "it tells of a failure";
  return lists_anything(answer) ? "it lists something in another place" : "";
}

}  // namespace

bool Listing::admits(const Remote& item) {
  if (!item.id.empty()) return true;
  ++passed_over_;
  const bool is_others = effect_.kind == EffectKind::find && item.tag && *item.tag != effect_.session;
  if (item.progress != Progress::ended && !is_others) whole_ = false;
  return false;
}

void Listing::add(Remote item) {
  const auto [known, is_new] = at_.emplace(item.id, found_.size());
  if (is_new) {
    found_.push_back(std::move(item));
  } else {
    found_[known->second] = std::move(item);
  }
}

Reply Listing::reply(const Visit& visit, bool to_end) && {
  return Reply{std::move(found_), visit.provider_now, to_end && whole_, passed_over_};
}

Result<const Json*> items_in(const ProviderAnswer& answer, const Json& place) {
  static const Json none = Json::array();
  const auto malformed = [](std::string what) { return Error{ErrorKind::malformed, std::move(what)}; };
  if (place.is_array()) return &place;
  if (!place.is_null()) return malformed("the list is no array");
  if (answer.is_empty) {
    if (answer.status == 204) return &none;
    return malformed("the answer is empty");
  }
  const Json& all = *answer.json;
  if (!all.is_null() && !all.is_object()) return malformed("the answer has no list");
  if (const std::string why = why_not_empty(all); !why.empty())
    return malformed("the answer has no list: " + why);
  return &none;
}

}  // namespace keeper
