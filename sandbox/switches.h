// What the providers leave undocumented, as settings with one agreed default each.
// One thread at a time (the model's lock). Names as users set them are the members' names.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sandbox/codec.h"

namespace sandbox {

struct Switches {
  bool check_credentials = true;
  std::string date_header = "right";
  int created_early_seconds = 0;

  // What no provider documents, and one may still do; see lies.h.
  int lie_idle_percent = 100;
  int lie_maximum_percent = 100;
  bool lie_activity_only_told = false;
  bool lie_stop_ignored = false;
  int lie_second_stop_status = 0;
  int lie_unknown_status = 0;
  bool lie_reads_unknown = false;
  bool lie_words = false;
  bool lie_tag_hidden = false;
  bool lie_list_keeps_ended = false;

  std::string sonoran_current_when_none = "null_data";
  std::string sonoran_double_start = "conflict";
  std::string sonoran_stop_when_none = "not_found";
  bool sonoran_row_after_stop = false;
  bool sonoran_started_by_account = true;
  std::string sonoran_timestamps = "z";
  std::vector<std::string> sonoran_servers;
  bool sonoran_rate_limit = false;
  bool sonoran_rate_limit_retry_after = true;
  int sonoran_rate_limit_block_seconds = 60;

  int videosdk_success_status = 200;
  std::string videosdk_page_total = "items";
  bool videosdk_rest_id_prefix = false;
  std::string videosdk_end_of_ended = "ok";
  std::string videosdk_list_order = "newest_first";
  std::string videosdk_status_words = "running";
  std::string videosdk_start_outcome = "running";
  int videosdk_queued_ms = 1000;
  int videosdk_stopping_ms = 0;
  int videosdk_not_found_status = 404;
  bool videosdk_metadata_in_details = false;
  std::string videosdk_error_shape = "message";
  bool videosdk_participant = true;
  int videosdk_no_participant_seconds = 90;
  int videosdk_session_timeout_seconds = 5;

  std::string notte_second_stop = "ok";
  std::string notte_status_after_idle = "timed_out";
  std::vector<std::string> notte_touching_calls = {"observe", "execute", "scrape", "screenshot"};
  bool notte_observe_fails = false;
  bool notte_failed_observe_touches = false;
  std::string notte_operation_on_ended = "not_found";
  bool notte_idempotency_key = false;
  bool notte_strict_fields = true;
  std::string notte_timestamps = "z";
  bool notte_only_active_default = true;
  int notte_concurrency_limit = 0;
  int notte_max_duration_cap = 1440;
  bool notte_rate_limit_headers = true;
  int notte_rate_limit_per_minute = 0;
  int notte_observe_bytes = 1024;
  std::string legacy_keep_alive = "operation";
  std::string legacy_answer = "full";

  int vendor_page_size = 0;
  int vendor_starting_ms = 0;
  int vendor_list_lag_ms = 0;
  int vendor_concurrency_limit = 0;
  bool vendor_extension_counts = true;
  std::string vendor_second_stop = "ok";
};

// Every switch with its value, default, allowed values and meaning, by name.
Json describe(const Switches& switches);
bool is_switch(const std::string& name);
// Nothing if the value was taken, else why it was not.
std::optional<std::string> set_switch(Switches& switches, const std::string& name, const Json& value);

}  // namespace sandbox
