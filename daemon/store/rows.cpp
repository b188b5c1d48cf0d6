#include "store/rows.h"

#include <algorithm>
#include <charconv>
#include <tuple>

namespace keeper {
namespace {

// "[1700000000000,[1700000060000,1700000120000]]": single times and stretches.
std::string text_of_times(const std::vector<HandledTimes>& times) {
  std::string text;
  for (const HandledTimes& one : times) {
    const std::string first = std::to_string(one.first.time_since_epoch().count());
    const std::string last = std::to_string(one.last.time_since_epoch().count());
    text += text.empty() ? "[" : ",";
    text += one.first == one.last ? first : "[" + first + "," + last + "]";
  }
  return text.empty() ? "[]" : text + "]";
}

// Reads a number, and the mark that follows it.
Wall time_of_text(std::string_view& text, std::string_view marks) {
  std::int64_t count = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), count);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (failed != std::errc{} || text.empty() || marks.find(text.front()) == std::string_view::npos) {
    sql::fail_corrupt("holds a list of times that is none");
  }
  return Wall{Millis{count}};
}

std::vector<HandledTimes> times_of_text(std::string_view text) {
  std::vector<HandledTimes> times;
  if (!text.starts_with('[')) sql::fail_corrupt("holds a list of times that is none");
  if (text == "[]") return times;
  while (text.size() > 1) {
    text.remove_prefix(1);
    if (text.starts_with('[')) {
      text.remove_prefix(1);
      const Wall first = time_of_text(text, ",");
      text.remove_prefix(1);
      times.push_back({first, time_of_text(text, "]")});
      text.remove_prefix(1);
      if (!text.starts_with(',') && text != "]") sql::fail_corrupt("holds a list of times that is none");
    } else {
      const Wall time = time_of_text(text, ",]");
      times.push_back({time, time});
    }
  }
  return times;
}

}  // namespace

Progress read_progress(sql::Reader& from) {
  const int rank = from.small();
  if (rank > static_cast<int>(Progress::ended)) sql::fail_corrupt("holds an unknown progress");
  return static_cast<Progress>(rank);
}

const char* const plan_columns =
    "name, known_since, looked_until, schedule, handled, buffered, window_time, window_occurrence, "
    "paused_since, "
    "paused_until, pause_reason, by_hand_begin, by_hand_end";

void bind_plan(sql::Binder& to, const PlanRow& row) {
  static const std::string none;
  to.text(row.name).time(row.known_since).time(row.looked_until);
  if (row.schedule) {
    to.text(*row.schedule);
  } else {
    to.null();
  }
  to.copy(text_of_times(row.handled)).time(row.buffered);
  if (row.window) {
    to.time(row.window->time).time(row.window->occurrence);
  } else {
    to.null().null();
  }
  if (row.pause) {
    to.time(row.pause->since).time(row.pause->until).text(row.pause->reason);
  } else {
    to.null().null().text(none);
  }
  if (row.by_hand) {
    to.time(row.by_hand->begin).time(row.by_hand->end);
  } else {
    to.null().null();
  }
}

PlanRow read_plan(sql::Reader& from) {
  PlanRow row;
  row.name = from.id<PlanName>();
  row.known_since = from.time();
  row.looked_until = from.optional_time();
  row.schedule = from.optional_id<std::string>();
  row.handled = times_of_text(from.text());
  row.buffered = from.optional_time();
  const std::optional<Wall> opened = from.optional_time();
  const std::optional<Wall> occurrence = from.optional_time();
  if (opened && occurrence) row.window = OpenWindow{*opened, *occurrence};
  const std::optional<Wall> since = from.optional_time();
  const std::optional<Wall> until = from.optional_time();
  std::string reason = from.text();
  if (since) row.pause = Pause{*since, until, std::move(reason)};
  const std::optional<Wall> begin = from.optional_time();
  const std::optional<Wall> end = from.optional_time();
  if (begin && end) row.by_hand = ByHand{*begin, *end};
  return row;
}

const char* const transition_columns =
    "t.seq, s.id, t.plan, s.provider, t.remote_id, t.from_state, t.to_state, t.reason, t.cause, t.at, "
    "t.recorded_at, t.detail";

TransitionRow read_transition(sql::Reader& from) {
  TransitionRow row;
  row.seq = from.integer();
  row.session = from.id<SessionId>();
  row.plan = from.id<PlanName>();
  row.provider = from.id<ProviderName>();
  row.remote_id = from.optional_id<RemoteId>();
  if (from.is_null()) {
    from.skip();
  } else {
    row.from = from.word(parse_state);
  }
  row.to = from.word(parse_state);
  row.reason = from.word(parse_reason);
  row.cause = from.word(parse_cause);
  row.at = from.time();
  row.recorded_at = from.time();
  row.detail = from.text();
  return row;
}

const char* const delivery_columns =
    "d.id, d.provider, d.key, d.type, d.progress, d.failed, d.remote_id, s.id, d.disposition, d.received_at, "
    "d.digest";

DeliveryRow read_delivery(sql::Reader& from) {
  DeliveryRow row;
  row.id = from.integer();
  row.provider = from.id<ProviderName>();
  row.key = from.text();
  row.type = from.text();
  row.progress = read_progress(from);
  row.failed = from.boolean();
  row.remote_id = from.id<RemoteId>();
  row.session = from.optional_id<SessionId>();
  row.disposition = from.word(parse_disposition);
  row.received_at = from.time();
  row.digest = from.text();
  return row;
}

const char* const message_columns =
    "id, target, created_at, attempts, next_at, state, settled_at, last_error";
const char* const notice_columns = "topic, phase, subject, since, at, times, text";

MessageRow read_message(sql::Reader& from) {
  MessageRow row;
  row.id = from.text();
  row.target = from.id<TargetName>();
  row.created_at = from.time();
  row.attempts = from.small();
  row.next_at = from.time();
  row.state = from.word(parse_message_state);
  row.settled_at = from.optional_time();
  row.last_error = from.text();
  return row;
}

Notice read_notice(sql::Reader& from) {
  Notice notice;
  notice.topic = from.word(parse_topic);
  notice.phase = from.word(parse_phase);
  notice.subject = from.text();
  notice.since = from.time();
  notice.at = from.time();
  notice.times = from.small();
  notice.text = from.text();
  return notice;
}

int ordinal_of(State state) {
  switch (state) {
    case State::queued:
      return 0;
    case State::active:
      return 1;
    case State::closed:
    case State::error:
    case State::timed_out:
      return 2;
  }
  check_failed("a known State", __FILE__, __LINE__);
}

std::vector<const SessionRow*> by_creation(const std::vector<SessionRow>& rows) {
  std::vector<const SessionRow*> sorted;
  sorted.reserve(rows.size());
  for (const SessionRow& row : rows) sorted.push_back(&row);
  std::stable_sort(sorted.begin(), sorted.end(), [](const SessionRow* a, const SessionRow* b) {
    return std::tie(a->created_at, a->occurrence, a->attempt) <
           std::tie(b->created_at, b->occurrence, b->attempt);
  });
  return sorted;
}

SpentBy read_spent(sql::Reader& from) {
  SpentBy row;
  row.plan = from.id<PlanName>();
  row.provider = from.id<ProviderName>();
  row.spent.sessions = from.integer();
  row.spent.lived = Millis{from.integer()};
  row.spent.billed = Millis{from.integer()};
  row.overlap = Millis{from.integer()};
  return row;
}

}  // namespace keeper
