// The walk over the list of a described provider.
#include "provider/described/call_template.h"
#include "provider/described/described.h"
#include "provider/described/described_reading.h"
#include "provider/described/paging.h"
#include "provider/listing.h"

namespace keeper {
namespace {

constexpr std::size_t list_bytes_max = 4U << 20U;
constexpr int pages_max = 100;

}  // namespace

// What has ended is of use where it may be what a lost start made, or is billed still.
bool Described::is_of_use(const Remote& remote, const Effect& effect) const {
  if (remote.progress != Progress::ended) return true;
  return remote.tag && (effect.kind == EffectKind::find || description_.cleanup);
}

ProviderCall Described::list_call(const DescribedCall& described, const Effect& effect,
                                  const PagePlace& place) const {
  ProviderCall call = filled_call(description_, api_key_, Purpose::read, described, effect, place);
  call.body_bytes_max = list_bytes_max;
  return call;
}

// True: the pages of the call were shown to have ended.
Task<Result<bool>> Described::walk(Visit& visit, const Effect& effect, const DescribedCall& described,
                                   Listing& listing) {
  Paging paging(described.next);
  std::set<RemoteId> seen;
  for (int pages = 0; pages < pages_max; ++pages) {
    const ProviderCall call = list_call(described, effect, paging.place());
    const ProviderAnswer answer = co_await api_.ask(visit, call);
    if (!answer.json) co_return answer.json.error();
    const auto items = items_in(answer, part(*answer.json, described.item));
    if (!items) {
      Error error = items.error();
      error.what += " (at '" + described.item + "')";
      co_return api_.explain(visit, call, std::move(error));
    }
    std::size_t fresh = 0;
    for (const Json& item : **items) {
      Remote remote = reading_of(visit, effect, item);
      const bool is_readable = listing.admits(remote);
      if (!is_readable || seen.insert(remote.id).second) ++fresh;
      if (is_readable && is_of_use(remote, effect)) listing.add(std::move(remote));
    }
    const auto step = paging.after({answer, **items, fresh, may_be_cut((*items)->size(), call)});
    if (step != Paging::Step::next_page) co_return step == Paging::Step::ended;
  }
  co_return false;
}

// The items without a tag are shown too: a provider may leave tags out of its list.
Task<Reply> Described::list(const Effect& effect) {
  Visit visit = api_.begin();
  if (description_.list.empty()) {
    co_return reply_of(visit, Error{ErrorKind::denied, effect.provider.str() + ": no list is described"});
  }
  Listing listing(effect);
  bool to_end = true;
  for (const DescribedCall& call : description_.list) {
    const Result<bool> walked = co_await walk(visit, effect, call, listing);
    if (!walked) co_return reply_of(visit, walked.error());
    to_end = to_end && *walked;
  }
  co_return std::move(listing).reply(visit, to_end);
}

// Only a list shows that the calls and the answers are those that were described.
Task<Result<Checked>> Described::check() {
  if (description_.list.empty()) co_return Checked::no_call;
  Visit visit = api_.begin();
  for (const DescribedCall& list : description_.list) {
    const ProviderCall call = list_call(list, Effect{}, PagePlace{});
    const ProviderAnswer answer = co_await api_.ask(visit, call);
    if (!answer.json) co_return answer.json.error();
    if (part(*answer.json, list.item).is_array()) continue;
    const std::string place = list.item.empty() ? "is no array" : "has no array at '" + list.item + "'";
    co_return api_.explain(
        visit, call,
        Error{ErrorKind::malformed,
              "the answer " + place + ": check base_url, and the path and the item of 'list'"});
  }
  co_return Checked::accepted;
}

}  // namespace keeper
