#include "probe/cleaning.h"

#include <algorithm>

#include "core/origin.h"
#include "core/provider_time.h"

namespace keeper::probe {
namespace {

constexpr Millis try_again = Seconds{5};

class Cleaning {
 public:
  Cleaning(Conversation& conversation, Journal& journal, Millis patience, const CleaningPorts& ports)
      : conversation_(conversation),
        journal_(journal),
        ports_(ports),
        until_(conversation.now().mono + patience) {}

  std::vector<std::string> run() {
    for (std::size_t i = 0; i < journal_.starts().size(); ++i) {
      // A copy: the journal's own changes meanwhile.
      const Start start = journal_.starts()[i];
      if (start.over) continue;
      std::string why = start.remote ? end(start.session, *start.remote) : end_unknown(start);
      if (why.empty()) {
        if (const Status noted = journal_.note_over(i); !noted) why = noted.error().what;
      }
      if (!why.empty()) left_.push_back(std::move(why));
    }
    return std::move(left_);
  }

 private:
  bool wait(Mono until) {
    if (is_called_off_ || conversation_.now().mono >= until_) return false;
    is_called_off_ = !conversation_.wait(std::min(until, until_));
    return !is_called_off_;
  }

  // Why it may still run; empty: it is over.
  std::string end(const SessionId& session, const RemoteId& remote) {
    ports_.tell("stopping " + remote.str());
    std::string told;
    int unknown = 0;  // reads that did not know it: one alone may be of a provider that does not know it yet
    do {
      const Heard stopped = conversation_.ask(EffectKind::stop, session, remote);
      // The stop's own word is not enough.
      const Heard seen = conversation_.ask(EffectKind::observe, session, remote);
      if (seen.is_over() && !seen.is_gone()) return {};
      if (seen.is_gone() && ++unknown >= 2 && !is_listed(session, remote)) return {};
      told = seen.is_gone() ? "reads do not know it, and it may be listed"
             : !stopped.ok()
                 ? stopped.error().what
                 : "a read still shows it as '" + (seen.remote() ? seen.remote()->native_status : "?") + "'";
    } while (wait(conversation_.now().mono + try_again));
    return "session " + remote.str() + " may still run: " + told +
           "; end it at the provider, or try `probe --clean` again";
  }

  // Where a read does not know it; false also where nothing tells.
  bool is_listed(const SessionId& session, const RemoteId& remote) {
    if (!conversation_.terms().traits.can_list) return false;
    const Heard heard = conversation_.ask(EffectKind::list, session);
    return heard.ok() &&
           std::any_of(heard.reply.remotes->begin(), heard.reply.remotes->end(), [&](const Remote& one) {
             return one.id == remote && one.progress != Progress::ended;
           });
  }

  // Empty, or why nothing is known of it.
  std::string end_unknown(const Start& start) {
    const Traits& traits = conversation_.terms().traits;
    const auto is_past = [&](Millis age) { return conversation_.now().wall - start.sent >= age; };
    const auto& life = journal_.head().life;
    // Nobody attended to it, so that it is over by its own timeouts: only where nothing shows it.
    const bool is_over = life && is_past(*life + traits.request_timeout + std::chrono::minutes{1});
    if (!traits.can_find && is_over) return {};
    if (!traits.can_find) {
      return "the start of " + to_rfc3339(start.sent) +
             " was not answered, and the provider has no list that would show what it made; look there, and "
             "try `probe --clean` again once it is over";
    }
    ports_.tell("looking for what the start of " + to_rfc3339(start.sent) + " made");
    int absent = 0;
    std::string told;
    do {
      const Heard heard = conversation_.ask(EffectKind::find, start.session);
      const std::vector<RemoteId> made = heard.ok() ? made_by(start, heard) : std::vector<RemoteId>{};
      if (heard.ok() && made.empty()) {
        told = heard.reply.whole ? unclear_in_list(start) : "the list never shows its end";
        const bool counts = told.empty() && is_past(traits.request_timeout + traits.list_lag + Seconds{1});
        if (counts && ++absent == 2) return {};
        if (told.empty()) told = "the list does not show it yet";
      } else if (heard.ok()) {
        return end_all(start, made);
      } else {
        told = heard.error().what;
      }
    } while (wait(conversation_.now().mono + try_again));
    return "the start of " + to_rfc3339(start.sent) +
           " was not answered, and what it made was not found: " + told +
           "; look at the provider, or try `probe --clean` again";
  }

  std::string end_all(const Start& start, const std::vector<RemoteId>& made) {
    const bool is_tagged = conversation_.terms().traits.start_scope == StartScope::free;
    if (made.size() > 1 && !is_tagged) {
      std::string names;
      for (const RemoteId& id : made) names += (names.empty() ? "" : ", ") + id.str();
      return "the start of " + to_rfc3339(start.sent) + " made one of " + names +
             ", and nothing tells which; end it at the provider";
    }
    std::string why;
    for (const RemoteId& id : made) {
      if (std::string one = end(start.session, id); !one.empty()) why = std::move(one);
    }
    return why;
  }

  std::vector<RemoteId> made_by(const Start& start, const Heard& heard) const {
    std::vector<RemoteId> made;
    for (const Remote& remote : *heard.reply.remotes) {
      if (remote.progress != Progress::ended && is_made_by(start, remote, heard)) made.push_back(remote.id);
    }
    return made;
  }

  // Why the list proves no absence: what may be the start's and carries nothing that would tell. Empty: it
  // does.
  std::string unclear_in_list(const Start& start) {
    const Heard heard = conversation_.ask(EffectKind::list, start.session);
    if (!heard.ok()) return heard.error().what;
    for (const Remote& remote : *heard.reply.remotes) {
      const bool may_be = remote.progress != Progress::ended && !remote.tag && !is_others(remote);
      const bool is_tagged = conversation_.terms().traits.start_scope == StartScope::free;
      const bool tells = remote.created_at && !(is_tagged && was_made_then(start, remote, heard));
      if (may_be && !tells) return "session " + remote.id.str() + " may be what it made";
    }
    return {};
  }

  // It is known to have been made otherwise.
  bool is_others(const Remote& remote) const {
    const auto& starts = journal_.starts();
    const bool is_known = std::any_of(starts.begin(), starts.end(),
                                      [&](const Start& other) { return other.remote == remote.id; });
    return is_known || journal_.listed().contains(remote.id) || ports_.is_kept(remote.id);
  }

  bool was_made_then(const Start& start, const Remote& remote, const Heard& heard) const {
    const Millis age = heard.came.mono - conversation_.here(*remote.created_at, heard.came);
    const Wall created = heard.came.wall - age;
    return created >= start.sent - clock_margin &&
           created <= start.sent + conversation_.terms().traits.request_timeout + clock_margin;
  }

  bool is_made_by(const Start& start, const Remote& remote, const Heard& heard) const {
    if (is_others(remote)) return false;
    if (remote.tag) return names_session(*remote.tag, start.session);
    const bool is_tagged = conversation_.terms().traits.start_scope == StartScope::free;
    return !is_tagged && remote.created_at && was_made_then(start, remote, heard);
  }

  Conversation& conversation_;
  Journal& journal_;
  const CleaningPorts& ports_;
  const Mono until_;
  bool is_called_off_ = false;
  std::vector<std::string> left_;
};

}  // namespace

std::vector<std::string> clean(Conversation& conversation, Journal& journal, Millis patience,
                               const CleaningPorts& ports) {
  return Cleaning(conversation, journal, patience, ports).run();
}

}  // namespace keeper::probe
