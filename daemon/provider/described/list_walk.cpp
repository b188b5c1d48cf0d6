// The walk over the list of a described provider.
#include <algorithm>
#include <array>
#include <regex>

#include "provider/described/call_template.h"
#include "provider/described/described.h"
#include "provider/described/reading.h"
#include "provider/listing.h"

namespace keeper {
namespace {

constexpr std::size_t list_bytes_max = 4U << 20U;
constexpr int pages_max = 100;

// Without a word on further pages, an answer that is as long as a page may be leaves something out: as long
// as its query asks for, or as pages usually are.
bool may_be_cut(std::size_t items, const std::string& path) {
  static const std::regex length(
      "[?&]([a-z]+[_-])?(limit|size|page_?size|per_?page|max_?results|count|first)=([0-9]{1,6})",
      std::regex::icase);
  std::smatch match;
  if (std::regex_search(path, match, length)) return items >= std::stoul(match[3]);
  constexpr std::array<std::size_t, 9> usual{10, 20, 25, 30, 50, 100, 200, 500, 1000};
  return std::find(usual.begin(), usual.end(), items) != usual.end();
}

}  // namespace

Task<Reply> Described::walk(const Effect& effect) {
  Visit visit = api_.begin();
  if (!description_.list) {
    co_return reply_of(visit, Error{ErrorKind::denied, effect.provider.str() + ": no list is described"});
  }
  Listing listing(effect);
  for (int page = 1; page <= pages_max; ++page) {
    ProviderCall call = filled_call(description_, api_key_, Purpose::read, *description_.list, effect, page);
    call.body_bytes_max = list_bytes_max;
    const ProviderAnswer answer = co_await api_.ask(visit, call);
    if (!answer.json) co_return reply_of(visit, answer.json.error());
    const auto items = items_in(answer, part(*answer.json, description_.list->item));
    if (!items) {
      Error error = items.error();
      error.what += " (at '" + description_.list->item + "')";
      co_return reply_of(visit, api_.explain(visit, call, std::move(error)));
    }
    for (const Json& item : **items) {
      Remote remote = reading_of(visit, effect, item);
      if (listing.admits(remote) && remote.progress != Progress::ended) listing.add(std::move(remote));
    }
    const bool goes_on = told(*answer.json, description_.list->more) == Json(true);
    if ((*items)->empty() || !goes_on) {
      const bool paged = !description_.list->more.empty();
      co_return std::move(listing).reply(visit, paged ? !goes_on : !may_be_cut((*items)->size(), call.path));
    }
  }
  co_return reply_of(visit, Error{ErrorKind::malformed, effect.provider.str() + ": the list does not end"});
}

}  // namespace keeper
