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

// What only a restart can change; empty if nothing of it did.
std::string fixed_change(const Settings& old, const Settings& fresh) {
  if (old.store_path != fresh.store_path) return "store.path";
  if (old.status.listen != fresh.status.listen) return "status.listen";
  if (old.status.allow_remote != fresh.status.allow_remote) return "status.allow_remote";
  if (old.status.allowed_hosts != fresh.status.allowed_hosts) return "status.allowed_hosts";
  if (old.webhook.has_value() != fresh.webhook.has_value()) return "webhook";
  if (old.webhook && old.webhook->listen != fresh.webhook->listen) return "webhook.listen";
  if (old.webhook && old.webhook->trusted_proxies != fresh.webhook->trusted_proxies)
    return "webhook.trusted_proxies";
  return {};
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
