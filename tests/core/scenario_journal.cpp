#include "core/scenario_journal.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <stdexcept>

namespace keeper::scenario {
namespace {

std::string quoted(const std::string& text) { return "'" + text + "'"; }

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

std::string ending_text(const Ending& ending) {
  return "is to end as " + std::string(to_string(ending.state)) + ", " +
         std::string(to_string(ending.reason)) + " (" + std::string(to_string(ending.cause)) + ")" +
         (ending.cancel ? ", by the cancel call" : "");
}

std::string_view text_of(Progress progress) {
  switch (progress) {
    case Progress::asked:
      return "asked";
    case Progress::starting:
      return "starting";
    case Progress::started:
      return "started";
    case Progress::stopping:
      return "stopping";
    case Progress::ended:
      return "ended";
  }
  throw std::logic_error("an unknown progress");
}

}  // namespace

std::string duration_text(Millis duration) {
  const bool back = duration < Millis{0};
  const auto ms = back ? -duration.count() : duration.count();
  const auto seconds = ms / 1000;
  std::array<char, 64> text{};
  if (seconds >= 3600) {
    std::snprintf(text.data(), text.size(), "%lld:%02lld:%02lld", static_cast<long long>(seconds / 3600),
                  static_cast<long long>(seconds / 60 % 60), static_cast<long long>(seconds % 60));
  } else {
    std::snprintf(text.data(), text.size(), "%lld:%02lld", static_cast<long long>(seconds / 60),
                  static_cast<long long>(seconds % 60));
  }
  std::array<char, 16> fraction{};
  if (ms % 1000 != 0) std::snprintf(fraction.data(), fraction.size(), ".%03d", static_cast<int>(ms % 1000));
  return (back ? "-" : "") + std::string(text.data()) + fraction.data();
}

std::string Journal::time(Mono at) const {
  return at == mono_never ? "never" : duration_text(at - begin_.mono);
}

std::string Journal::wall(Wall at) const {
  if (at == Wall{}) return "always";
  std::string text = to_rfc3339(at);  // 2026-11-16T09:00:00.000Z
  const std::string day = text.substr(0, 10);
  std::string hour = text.substr(11, 12);
  if (hour.ends_with(".000")) hour.resize(8);
  if (hour.size() == 8 && hour.ends_with(":00")) hour.resize(5);
  return day == to_rfc3339(begin_.wall).substr(0, 10) ? hour : day + " " + hour;
}

std::string Journal::readable(std::string text) const {
  for (const auto& [id, name] : names_) {
    for (auto at = text.find(id.str()); at != std::string::npos; at = text.find(id.str())) {
      text.replace(at, id.str().size(), name);
    }
  }
  return text;
}

const std::string& Journal::name(const SessionId& id) {
  return names_.try_emplace(id, "s" + std::to_string(names_.size() + 1)).first->second;
}

SessionId Journal::session(const std::string& name) const {
  for (const auto& [id, known] : names_) {
    if (known == name) return id;
  }
  throw std::runtime_error("there is no session " + name);
}

void Journal::line(std::string_view channel, const std::string& text) {
  remark(channel, text);
  const auto last = text_.rfind('\n', text_.size() - 2);
  text_.insert(last == std::string::npos ? 0 : last + 1, time(now_.mono) + "  ");
}

void Journal::remark(std::string_view channel, const std::string& text) {
  constexpr std::size_t width = 6;
  text_ += std::string(channel) + std::string(width - std::min(width - 1, channel.size()), ' ') +
           readable(text) + "\n";
}

std::string Journal::call_text(const Effect& effect) {
  std::string text(to_string(effect.kind));
  if (effect.kind == EffectKind::list) {
    text += " " + effect.provider.str() + (effect.place.empty() ? "" : " " + effect.place);
  } else {
    text += " " + name(effect.session);
  }
  if (!effect.remote.empty()) text += " " + effect.remote.str();
  return text + (effect.cancel ? " (cancel)" : "");
}

void Journal::left(const Effect& effect) { line("call", call_text(effect)); }

void Journal::written(const Batch& batch) {
  for (const PlanRow& row : batch.plans) written(row);
  // In the order of what happened. Of several rows of one session the last one stays.
  std::vector<SessionId> order;
  for (const TransitionRow& transition : batch.transitions) order.push_back(transition.session);
  for (const SessionRow& row : batch.sessions) order.push_back(row.id);
  std::set<SessionId> done;
  for (const SessionId& id : order) {
    if (!done.insert(id).second) continue;
    const auto last = std::find_if(batch.sessions.rbegin(), batch.sessions.rend(),
                                   [&](const SessionRow& row) { return row.id == id; });
    if (last != batch.sessions.rend()) written(*last, batch.transitions);
  }
  for (const DeliveryRow& row : batch.deliveries) written(row);
  for (const MissedRow& row : batch.missed) {
    line("disk",
         row.plan.str() + " passes over " + wall(row.occurrence) + ": " + std::string(to_string(row.why)));
  }
}

void Journal::written(const DeliveryRow& row) {
  const std::string what =
      row.remote_id.empty() ? "number " + std::to_string(row.id) : row.type + " of " + row.remote_id.str();
  line("disk", "delivery " + what + ": " + std::string(to_string(row.disposition)) +
                   (row.session ? ", " + name(*row.session) : ""));
}

void Journal::written(const PlanRow& row) {
  const PlanRow before = plans_[row.name];
  plans_[row.name] = row;
  std::vector<std::string> parts;
  for (const HandledTimes& one : row.handled) {
    const auto& old = before.handled;
    const bool told = row.window || std::find(old.begin(), old.end(), one) != old.end();
    if (!told) parts.push_back(wall(one.last) + " is dealt with");
  }
  if (row.buffered && row.buffered != before.buffered)
    parts.push_back(wall(*row.buffered) + " waits for its turn");
  if (!row.buffered && before.buffered) parts.push_back(wall(*before.buffered) + " waits no longer");
  if (row.pause && row.pause != before.pause) {
    parts.push_back("paused" + (row.pause->until ? " until " + wall(*row.pause->until) : "") +
                    (row.pause->reason.empty() ? "" : ": " + row.pause->reason));
  }
  if (!row.pause && before.pause) parts.push_back("not paused any more");
  if (row.by_hand && row.by_hand != before.by_hand) {
    parts.push_back("wanted by hand" +
                    (row.by_hand->end == Wall::max() ? "" : " until " + wall(row.by_hand->end)));
  }
  if (!row.by_hand && before.by_hand) parts.push_back("not wanted by hand any more");
  if (!parts.empty()) line("disk", "plan " + row.name.str() + ": " + joined(parts));
}

std::string Journal::moved(const TransitionRow& transition, const SessionRow& row) {
  const std::string why = std::string(to_string(transition.to)) + ", " +
                          std::string(to_string(transition.reason)) + " (" +
                          std::string(to_string(transition.cause)) + ")";
  if (transition.from) return std::string(to_string(*transition.from)) + " -> " + why;
  // An orphan's occurrence and attempt only tell its row from others.
  if (row.reason == Reason::orphan) return why;
  return why + (row.occurrence == Wall{} ? "" : ", for " + wall(row.occurrence)) +
         (row.attempt > 0 ? ", attempt " + std::to_string(row.attempt) : "") +
         (row.predecessor ? ", after " + name(*row.predecessor) : "");
}

std::vector<std::string> Journal::changes(const SessionRow& before, const SessionRow& after) {
  std::vector<std::string> parts;
  if (after.start_sent_at && after.start_sent_at != before.start_sent_at)
    parts.push_back("a start may have left");
  if (!after.start_sent_at && before.start_sent_at) parts.push_back("nothing came of the start");
  if (after.remote_id && after.remote_id != before.remote_id)
    parts.push_back("its remote is " + after.remote_id->str());
  if (after.ending && after.ending != before.ending) parts.push_back(ending_text(*after.ending));
  const bool shown = after.progress == Progress::starting || after.progress == Progress::stopping;
  if (shown && after.progress != before.progress)
    parts.push_back("it is " + std::string(text_of(after.progress)));
  if (after.successor && after.successor != before.successor)
    parts.push_back("its successor is " + name(*after.successor));
  if (!after.successor && before.successor) parts.push_back("it has no successor any more");
  if (after.last_error != before.last_error) {
    parts.push_back(after.last_error.empty() ? "the error is over" : "error " + quoted(after.last_error));
  }
  if (after.resolved && !before.resolved) parts.push_back("resolved");
  if (!after.resolved && before.resolved) parts.push_back("not resolved any more");
  return parts;
}

void Journal::written(const SessionRow& row, const std::vector<TransitionRow>& transitions) {
  const bool is_new = !rows_.contains(row.id);
  const std::string& own = name(row.id);
  std::vector<std::string> parts;
  for (const TransitionRow& transition : transitions) {
    if (transition.session == row.id) parts.push_back(moved(transition, row));
  }
  for (std::string& change : changes(rows_[row.id], row)) parts.push_back(std::move(change));
  rows_[row.id] = row;
  if (!parts.empty()) line("disk", own + (is_new ? " of " + row.plan.str() : "") + ": " + joined(parts));
}

}  // namespace keeper::scenario
