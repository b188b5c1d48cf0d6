#include "config/key_table.h"
#include "config/types.h"

namespace keeper::config {
namespace {

using namespace types;
using std::chrono::minutes;

const Section& profile_section() {
  static const Section section{
      "profile",
      {
          {.name = "id", .types = {of(Kind::text)}, .doc = "The profile's id.", .required = true},
          {"persist", {of(Kind::boolean)}, "false", "Write the profile back at the end."},
      }};
  return section;
}

const Section& proxy_section() {
  static const Section section{
      "proxy",
      {
          {"type", {choice({"notte", "external"})}, "notte", "Whose proxy."},
          {.name = "country", .types = {of(Kind::text)}, .doc = "Two letters."},
          {.name = "server", .types = {of(Kind::text)}, .doc = "Of an external proxy."},
      }};
  return section;
}

std::vector<Key> notte_browser() {
  return {
      {"headless", {of(Kind::boolean)}, "true", "Must be true with cdp_url."},
      {"solve_captchas", {of(Kind::boolean)}, "true", ""},
      {"proxies", {of(Kind::boolean), list_of(proxy_section())}, "false", "Billed by traffic; one at most."},
      {"browser_type", {choice({"chromium", "chrome", "chrome-nightly", "chrome-turbo"})}, "chromium", ""},
      {.name = "user_agent", .types = {of(Kind::text)}, .doc = "Not with cdp_url."},
      {.name = "chrome_args", .types = {list_of(Kind::text)}, .doc = "Not with cdp_url."},
      {.name = "viewport_width", .types = {integer(1, 16384)}, .doc = "With viewport_height."},
      {.name = "viewport_height", .types = {integer(1, 16384)}, .doc = "With viewport_width."},
      {.name = "aspect_ratio", .types = {choice({"5:4", "16:9"})}, .doc = "Not with a viewport."},
      {.name = "cdp_url", .types = {of(Kind::text)}, .doc = "Another provider's browser."},
      {.name = "screenshot_type", .types = {choice({"last_action", "raw", "full"})}, .preset = "last_action"},
      {.name = "extra_http_headers", .types = {of(Kind::texts)}, .doc = "Sent with every page."},
  };
}

std::vector<Key> notte_account() {
  return {
      {"use_file_storage", {of(Kind::boolean)}, "true", ""},
      {"web_bot_auth", {of(Kind::boolean)}, "false", ""},
      {.name = "profile", .types = {map_of(profile_section())}, .doc = "Cookies and storage to begin with."},
      {.name = "vault_id", .types = {of(Kind::text)}, .doc = "Credentials to use."},
      {.name = "auth_ids", .types = {list_of(Kind::text)}, .doc = "At most 10, each once."},
      {"wait_for_authentication", {of(Kind::boolean)}, "true", "A failed authentication fails the start."},
  };
}

}  // namespace

const Section& videosdk_session() {
  static const Section section{
      "videosdk session",
      {
          {.name = "deployment_id",
           .types = {of(Kind::text)},
           .doc = "The deployment to run.",
           .required = true},
          {.name = "tag", .types = {of(Kind::text)}, .doc = "Its version, such as v1.0."},
          {.name = "env",
           .types = {of(Kind::texts)},
           .doc = "Environment of the session; ${ENV_NAME} in a value is replaced when it starts."},
          {.name = "metadata", .types = {of(Kind::anything)}, .doc = "A map of anything."},
      }};
  return section;
}

// docs.notte.cc and nottelabs/notte, types.py: limits 1 to 30 and 1 to 1440 minutes.
const Section& notte_session() {
  static const Section section = [] {
    Section result{"notte session",
                   {
                       {"idle_timeout", {duration(minutes{1}, minutes{30})}, "3m", "Whole minutes."},
                       {"max_duration",
                        {duration(minutes{1}, minutes{1440})},
                        "15m",
                        "Whole minutes; the account may cap it."},
                   }};
    for (Key& key : notte_browser()) result.keys.push_back(std::move(key));
    for (Key& key : notte_account()) result.keys.push_back(std::move(key));
    return result;
  }();
  return section;
}

// notexai.gitbook.io, start-session: 0 < session_timeout_minutes <= 30, default 5.
const Section& notte_legacy_session() {
  static const Section section{
      "notte legacy session",
      {
          {"idle_timeout", {duration(minutes{1}, minutes{30})}, "5m", "Whole minutes."},
          {"keep_alive", {of(Kind::boolean)}, "false", "Not closed after an operation."},
          {.name = "screenshot",
           .types = {of(Kind::boolean)},
           .doc = "The provider's default when left out."},
      }};
  return section;
}

const Section& sonoran_session() {
  static const Section section{"sonoran_cms session",
                               {
                                   {.name = "server_id",
                                    .types = {integer(0, 1'000'000'000)},
                                    .doc = "Of the community's server.",
                                    .required = true},
                                   {.name = "account_id",
                                    .types = {of(Kind::text)},
                                    .doc = "Who starts it: an account's UUID.",
                                    .required = true},
                               }};
  return section;
}

std::vector<const Section*> session_sections() {
  return {&videosdk_session(), &notte_session(), &notte_legacy_session(), &sonoran_session(), &http_session()};
}

}  // namespace keeper::config
