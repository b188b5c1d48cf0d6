#include "runtime/settings_file.h"

#include <utility>

#include "provider/provider_table.h"

namespace keeper {
namespace {

std::string errors_of(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& problem : problems) {
    if (problem.severity != Problem::Severity::error) continue;
    text += (text.empty() ? "" : "\n") + to_line(problem);
  }
  return text;
}

// `old` with what a reload brings into effect: what Daemon::try_reload() hands on, and the certificate, which
// the webhook listener takes.
Settings reloaded(Settings old, const Settings& fresh) {
  old.path = fresh.path;
  old.sha256 = fresh.sha256;
  old.retention = fresh.retention;
  old.commit_patience = fresh.commit_patience;
  if (old.webhook && fresh.webhook) {
    old.webhook->public_url = fresh.webhook->public_url;
    old.webhook->certificate = fresh.webhook->certificate;
    old.webhook->tokens = fresh.webhook->tokens;
  }
  old.providers = fresh.providers;
  old.targets = fresh.targets;
  old.dead_mans_switch = fresh.dead_mans_switch;
  old.config = fresh.config;
  if (old.database && fresh.database) old.database->config_hash = fresh.database->config_hash;
  return old;
}

std::string fixed_change(const std::optional<PgSettings>& old, const std::optional<PgSettings>& fresh) {
  if (!old || !fresh) return old.has_value() == fresh.has_value() ? "" : "store.url";
  if (old->url != fresh->url) return "store.url";
  if (old->password != fresh->password) return "store.password";
  if (old->schema != fresh->schema) return "store.schema";
  if (old->durability != fresh->durability) return "store.durability";
  if (old->node != fresh->node) return "cluster.node";
  if (old->lease != fresh->lease) return "cluster.lease";
  return old->pause_allowance != fresh->pause_allowance ? "cluster.pause_allowance" : "";
}

// The key of a change that needs a restart; empty where a reload brings all of `fresh` into effect.
std::string fixed_change(const Settings& old, const Settings& fresh) {
  if (reloaded(old, fresh) == fresh) return {};
  if (const std::string key = fixed_change(old.database, fresh.database); !key.empty()) return key;
  if (old.store_path != fresh.store_path) return "store.path";
  if (old.status.listen != fresh.status.listen) return "status.listen";
  if (old.status.allow_remote != fresh.status.allow_remote) return "status.allow_remote";
  if (old.status.allowed_hosts != fresh.status.allowed_hosts) return "status.allowed_hosts";
  if (old.webhook.has_value() != fresh.webhook.has_value()) return "webhook";
  if (old.webhook && old.webhook->listen != fresh.webhook->listen) return "webhook.listen";
  if (old.webhook && old.webhook->trusted_proxies != fresh.webhook->trusted_proxies)
    return "webhook.trusted_proxies";
  return "a key that no reload brings into effect";
}

}  // namespace

LoadOutcome load_for_run(const std::string& path, std::optional<std::string> text) {
  LoadOptions options;
  options.secrets_required = true;
  options.text = std::move(text);
  return load_settings(path, provider_kinds(), options);
}

Result<std::shared_ptr<const Settings>> settled_for_reload(const Settings& old, LoadOutcome outcome,
                                                           const std::string& path) {
  if (!outcome.settings) return Error{ErrorKind::malformed, errors_of(outcome.problems)};
  const std::string key = fixed_change(old, *outcome.settings);
  if (!key.empty())
    return Error{ErrorKind::malformed, path + ": " + key + " changed; restart the daemon for that"};
  return std::make_shared<const Settings>(*std::move(outcome.settings));
}

}  // namespace keeper
