#include "provider/videosdk/videosdk_keys.h"

#include "base/text.h"
#include "config/json.h"
#include "config/provider_kind.h"
#include "config/types.h"
#include "config/value.h"

namespace keeper::config {
namespace {

using namespace types;

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

void read(ProviderReading& reading) {
  reading.settings.secret = reading.outside.secret(reading.node(), "secret");
  reading.settings.token = reading.outside.secret(reading.node(), "token");
  const bool key = reading.has_secret("api_key");
  const bool secret = reading.has_secret("secret");
  if (reading.has_secret("token")) {
    if (key || secret)
      reading.problems.error(reading.entry.place,
                             reading.owner() + ": give either token, or api_key and secret");
  } else if (!key && !secret) {
    reading.need("'api_key' and 'secret', or 'token' (each as x_file: PATH or x: ${ENV_NAME})");
  } else if (!key) {
    reading.need("'api_key' beside 'secret'");
  } else if (!secret) {
    reading.need("'secret' beside 'api_key'");
  }
  reading.settings.webhook_public_key =
      reading.outside.file(reading.node(), "webhook_public_key_file", 64 * 1024);
  if (reading.node().find("token") != nullptr) reading.key_source = source_of(reading.node(), "token");
}

const Section& session(const ProviderSettings&) { return videosdk_session(); }

void read_session(SessionReader& reader, const ProviderSettings&) {
  reader.copy_text("deployment_id", "deploymentId");
  reader.copy_text("tag", "tag");
  if (const Node* env = value_at(reader.node, "env"); env != nullptr && env->is_map()) {
    Json& values = reader.parameters["env"] = Json::object();
    for (const Entry& entry : env->entries) {
      reader.outside.check_variables("env." + printable(entry.key, 60), entry.value, Outside::Empty::allowed);
      values[entry.key] = entry.value.text;
    }
  }
  const Node* metadata = value_at(reader.node, "metadata");
  if (metadata == nullptr) return;
  if (metadata->is_map()) {
    reader.parameters["metaData"] = to_json(*metadata);
  } else {
    reader.problems.error(metadata->place, "'metadata' must be a map of keys");
  }
}

// VideoSDK's webhook tells of changes; reading is reconciliation (docs.videosdk.live, agent-cloud).
Traits traits(const ProviderSettings&) {
  Traits facts;
  facts.poll_interval = Seconds{60};
  facts.slow_start = std::chrono::minutes{1};
  return facts;
}

std::vector<std::string> unproven(const Plan& plan, const ProviderSettings&) {
  std::vector<std::string> claims{"a list that shows metadata", "words for states that are not published"};
  if (plan.max_duration) return claims;
  claims.emplace_back("an agent that ends its session by itself (the plan has no max_duration)");
  return claims;
}

}  // namespace

const ProviderKind& videosdk_kind() {
  static const ProviderKind kind{.type = "videosdk",
                                 .base_url = "https://api.videosdk.live",
                                 .needs_api_key = false,
                                 .keys =
                                     {
                                         {.name = "secret",
                                          .types = {of(Kind::secret)},
                                          .doc = "VideoSDK: signs the tokens that the keeper mints."},
                                         {.name = "token",
                                          .types = {of(Kind::secret)},
                                          .doc = "VideoSDK: a ready JWT instead of key and secret."},
                                         {.name = "webhook_public_key_file",
                                          .types = {of(Kind::path)},
                                          .doc = "VideoSDK: the pinned PEM; else it is fetched and cached."},
                                     },
                                 .sessions = {&videosdk_session()},
                                 .read = read,
                                 .session = session,
                                 .read_session = read_session,
                                 .traits = traits,
                                 .unproven = unproven};
  return kind;
}

}  // namespace keeper::config
