// Listing: what the pages of a list come to. An item that cannot be used is passed over and counted, so that
// it hides no other; but a list is whole only if nothing that was passed over may be what is looked for. Only
// then does it prove that a remote is absent. One walk over a list and one thread.
#pragma once

#include <map>

#include "provider/provider_api.h"

namespace keeper {

class Listing {
 public:
  explicit Listing(const Effect& effect) : effect_(effect) {}

  // False: the item has no usable id, and was passed over. One that has ended, or that carries the mark of
  // another session than the one that is looked for, takes nothing from the list's being whole.
  bool admits(const Remote& item);
  // The item takes the place of an earlier reading of the same remote.
  void add(Remote item);

  bool is_whole() const { return whole_; }
  // `to_end`: the list was read to an end that it showed by itself.
  Reply reply(const Visit& visit, bool to_end) &&;

 private:
  const Effect& effect_;
  std::vector<Remote> found_;
  std::map<RemoteId, std::size_t> at_;  // into found_
  std::size_t passed_over_ = 0;
  bool whole_ = true;
};

// The array at `place` in an answer, or null for an empty list. What is empty without an array:
//   204                      no content is to be read
//   null, {"items": null}    Go writes a list that was never filled so
//   {}                       protobuf and .NET leave out what is empty
// Errors: malformed, for anything else, and for an object without the list that tells of a failure or lists
// something in another place.
Result<const Json*> items_in(const ProviderAnswer& answer, const Json& place);

}  // namespace keeper
