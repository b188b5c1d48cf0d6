#include "sandbox/switches.h"

#include <algorithm>

namespace sandbox {
namespace {

using Member = std::variant<bool Switches::*, int Switches::*, std::string Switches::*,
                            std::vector<std::string> Switches::*>;

struct Entry {
  const char* name;
  Member member;
  std::vector<std::string> values;
  const char* about;
};

std::vector<Entry> sonoran_entries() {
  using S = Switches;
  return {
      {"sonoran_current_when_none",
       &S::sonoran_current_when_none,
       {"null_data", "not_found"},
       "what current answers when nothing runs"},
      {"sonoran_double_start",
       &S::sonoran_double_start,
       {"conflict", "existing_200", "existing_201", "session_error"},
       "start while a session is active"},
      {"sonoran_stop_when_none",
       &S::sonoran_stop_when_none,
       {"not_found", "ok", "session_error"},
       "stop or cancel with nothing active"},
      {"sonoran_row_after_stop", &S::sonoran_row_after_stop, {}, "current still shows the ended row"},
      {"sonoran_started_by_account", &S::sonoran_started_by_account, {}, "startedBy echoes accId"},
      {"sonoran_timestamps", &S::sonoran_timestamps, {"z", "offset"}, "timestamps end in Z or in +00:00"},
      {"sonoran_servers", &S::sonoran_servers, {}, "the servers configured, as texts; empty: any"},
      {"sonoran_rate_limit",
       &S::sonoran_rate_limit,
       {},
       "27 current, 27 start, 27 stop, 9 cancel a minute and credential"},
      {"sonoran_rate_limit_retry_after", &S::sonoran_rate_limit_retry_after, {}, "429 has Retry-After"},
      {"sonoran_rate_limit_block_seconds",
       &S::sonoran_rate_limit_block_seconds,
       {},
       "how long a block lasts: 60, or 3600 as in production"},
  };
}

std::vector<Entry> videosdk_entries() {
  using S = Switches;
  return {
      {"videosdk_success_status", &S::videosdk_success_status, {}, "the status of a good start or end"},
      {"videosdk_page_total", &S::videosdk_page_total, {"items", "pages"}, "what pageInfo.total counts"},
      {"videosdk_rest_id_prefix", &S::videosdk_rest_id_prefix, {}, "answers write ids with session-"},
      {"videosdk_end_of_ended",
       &S::videosdk_end_of_ended,
       {"ok", "error_400", "error_404", "error_409"},
       "end of an ended session"},
      {"videosdk_list_order",
       &S::videosdk_list_order,
       {"newest_first", "oldest_first", "unordered"},
       "order of the list"},
      {"videosdk_status_words",
       &S::videosdk_status_words,
       {"running", "event", "title"},
       "running and completed; started and stopped; Running and Stopped"},
      {"videosdk_start_outcome",
       &S::videosdk_start_outcome,
       {"running", "failed", "stuck"},
       "what becomes of a queued session"},
      {"videosdk_queued_ms", &S::videosdk_queued_ms, {}, "from queued to running"},
      {"videosdk_stopping_ms", &S::videosdk_stopping_ms, {}, "from stopping to stopped"},
      {"videosdk_not_found_status", &S::videosdk_not_found_status, {}, "402, 404 or 400 for an unknown id"},
      {"videosdk_metadata_in_details", &S::videosdk_metadata_in_details, {}, "details show the metadata"},
      {"videosdk_error_shape",
       &S::videosdk_error_shape,
       {"message", "status_code"},
       "{message} or {statusCode, error, message}"},
      {"videosdk_participant", &S::videosdk_participant, {}, "somebody joins each session at once"},
      {"videosdk_no_participant_seconds",
       &S::videosdk_no_participant_seconds,
       {},
       "a session that nobody joins ends after this"},
      {"videosdk_session_timeout_seconds",
       &S::videosdk_session_timeout_seconds,
       {},
       "a session that the last participant left ends after this"},
  };
}

std::vector<Entry> notte_entries() {
  using S = Switches;
  return {
      {"notte_second_stop", &S::notte_second_stop, {"ok", "error"}, "stop of an ended session"},
      {"notte_status_after_idle",
       &S::notte_status_after_idle,
       {"timed_out", "closed", "error"},
       "the status once the idle timeout has passed"},
      {"notte_touching_calls",
       &S::notte_touching_calls,
       {},
       "calls that restart the idle clock: observe, execute, scrape, screenshot, status, list, cookies, "
       "debug"},
      {"notte_observe_fails", &S::notte_observe_fails, {}, "observe answers 500, No snapshot is available"},
      {"notte_failed_observe_touches", &S::notte_failed_observe_touches, {}, "and restarts the clock still"},
      {"notte_operation_on_ended",
       &S::notte_operation_on_ended,
       {"not_found", "closed"},
       "an operation on an ended session: 404, or 400 session closed"},
      {"notte_idempotency_key", &S::notte_idempotency_key, {}, "Idempotency-Key is honoured by start"},
      {"notte_strict_fields", &S::notte_strict_fields, {}, "an unknown field of start is a 422"},
      {"notte_timestamps", &S::notte_timestamps, {"z", "naive"}, "with Z or without a zone"},
      {"notte_only_active_default",
       &S::notte_only_active_default,
       {},
       "the list's only_active when not sent"},
      {"notte_concurrency_limit", &S::notte_concurrency_limit, {}, "sessions at once, beyond: 429; 0: any"},
      {"notte_max_duration_cap", &S::notte_max_duration_cap, {}, "the plan's cap on max_duration_minutes"},
      {"notte_rate_limit_headers", &S::notte_rate_limit_headers, {}, "X-RateLimit-* on every reply"},
      {"notte_rate_limit_per_minute", &S::notte_rate_limit_per_minute, {}, "calls a minute; 0: any"},
      {"notte_observe_bytes", &S::notte_observe_bytes, {}, "size of the screenshot in an observe answer"},
      {"legacy_keep_alive",
       &S::legacy_keep_alive,
       {"operation", "query_outlives", "outlives"},
       "only keeps a session open after an operation; or, sent as query or anyhow, outlives the timeout"},
      {"legacy_answer",
       &S::legacy_answer,
       {"full", "minimum"},
       "the client's full shape or the documented one"},
  };
}

std::vector<Entry> lie_entries() {
  using S = Switches;
  return {
      {"lie_idle_percent", &S::lie_idle_percent, {}, "Notte: the idle timeout as it is, of what is told"},
      {"lie_maximum_percent", &S::lie_maximum_percent, {}, "Notte: the maximum, of what is asked for"},
      {"lie_activity_only_told",
       &S::lie_activity_only_told,
       {},
       "Notte: an operation moves last_accessed_at, and not the idle clock"},
      {"lie_stop_ignored", &S::lie_stop_ignored, {}, "Notte: a stop is answered as done, and does nothing"},
      {"lie_second_stop_status",
       &S::lie_second_stop_status,
       {},
       "the status of a stop of an ended session; 0: as documented"},
      {"lie_unknown_status", &S::lie_unknown_status, {}, "the status of a read of an unknown id; 0: 404"},
      {"lie_reads_unknown", &S::lie_reads_unknown, {}, "a read of a session that lives is a 404"},
      {"lie_words", &S::lie_words, {}, "states are told in other words"},
      {"lie_tag_hidden", &S::lie_tag_hidden, {}, "lists leave metadata out"},
      {"lie_list_keeps_ended", &S::lie_list_keeps_ended, {}, "Notte: ended ones stay listed as active"},
  };
}

std::vector<Entry> vendor_entries() {
  using S = Switches;
  return {
      {"vendor_page_size",
       &S::vendor_page_size,
       {},
       "the most items in a page of a vendor's list; 0: its own"},
      {"vendor_starting_ms", &S::vendor_starting_ms, {}, "from a vendor's first state to running"},
      {"vendor_list_lag_ms", &S::vendor_list_lag_ms, {}, "a vendor's list shows what was true so long ago"},
      {"vendor_concurrency_limit",
       &S::vendor_concurrency_limit,
       {},
       "sessions at once at each vendor, beyond: 429; 0: any"},
      {"vendor_extension_counts",
       &S::vendor_extension_counts,
       {},
       "what keeps a vendor's session alive does; else it is answered well and moves nothing"},
      {"vendor_second_stop", &S::vendor_second_stop, {"ok", "error"}, "stop of a session that has ended"},
  };
}

std::vector<Entry> entries() {
  std::vector<Entry> all = {
      {"check_credentials", &Switches::check_credentials, {}, "wrong or missing credentials are refused"},
      {"date_header",
       &Switches::date_header,
       {"right", "missing", "minutes_old", "hour_old", "hour_ahead", "epoch"},
       "the Date of each answer, as a cache or an edge may spoil it"},
      {"created_early_seconds",
       &Switches::created_early_seconds,
       {},
       "sessions are said to be older by this, as from a pool of warm ones"}};
  for (auto part :
       {lie_entries(), sonoran_entries(), videosdk_entries(), notte_entries(), vendor_entries()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

Json read(const Switches& switches, const Member& member) {
  return std::visit([&](auto pointer) { return Json(switches.*pointer); }, member);
}

bool is_text_list(const Json& value) {
  return value.is_array() &&
         std::all_of(value.begin(), value.end(), [](const Json& each) { return each.is_string(); });
}

}  // namespace

Json describe(const Switches& switches) {
  const Switches defaults;
  Json all = Json::object();
  for (const Entry& entry : entries()) {
    Json row = {{"value", read(switches, entry.member)},
                {"default", read(defaults, entry.member)},
                {"about", entry.about}};
    if (!entry.values.empty()) row["values"] = entry.values;
    all[entry.name] = std::move(row);
  }
  return all;
}

bool is_switch(const std::string& name) {
  const auto all = entries();
  return std::any_of(all.begin(), all.end(), [&](const Entry& entry) { return name == entry.name; });
}

std::optional<std::string> set_switch(Switches& switches, const std::string& name, const Json& value) {
  for (const Entry& entry : entries()) {
    if (name != entry.name) continue;
    if (const auto* flag = std::get_if<bool Switches::*>(&entry.member)) {
      if (!value.is_boolean()) return name + " must be true or false";
      switches.** flag = value.get<bool>();
    } else if (const auto* number = std::get_if<int Switches::*>(&entry.member)) {
      if (!value.is_number_integer() || value < 0 || value > 86400000)
        return name + " must be a whole number";
      switches.** number = value.get<int>();
    } else if (const auto* text = std::get_if<std::string Switches::*>(&entry.member)) {
      const bool known = value.is_string() && std::find(entry.values.begin(), entry.values.end(),
                                                        value.get<std::string>()) != entry.values.end();
      if (!known) return name + " must be one of " + dump(Json(entry.values));
      switches.** text = value.get<std::string>();
    } else if (const auto* list = std::get_if<std::vector<std::string> Switches::*>(&entry.member)) {
      if (!is_text_list(value)) return name + " must be a list of texts";
      switches.** list = value.get<std::vector<std::string>>();
    }
    return std::nullopt;
  }
  return name + " is not a switch";
}

}  // namespace sandbox
