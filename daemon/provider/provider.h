// Provider: the interface of one account at a provider, as the workers call it. Each function carries out one
// effect with calls that end within the request timeout in total; no thread waits for them. Any thread may
// call it, several at once; the provider and the effect must live until the task has ended. An implementation
// never repeats a start and never decides anything: what follows from an answer is the core's to say.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/confirmation.h"
#include "base/task.h"
#include "core/effect.h"
#include "settings/settings.h"

namespace keeper {

struct Reply {
  Result<std::vector<Remote>> remotes;
  std::optional<Wall> provider_now;  // from the answer's Date: whole seconds
  // find, list: the provider showed that nothing is missing: each page was read, to one that is the last by
  // its own word. A list that is not whole proves no absence.
  bool whole = false;
  std::size_t passed_over = 0;  // items of a list that could not be read
};

// no_call: the provider has no read that needs no session.
enum class Checked { accepted, no_call };

class Provider {
 public:
  virtual ~Provider() = default;

  // One remote. maybe_applied: it may be there, find it first. `confirmation`: must admit the start; null:
  // nothing has to.
  virtual Task<Reply> start(const Effect& effect, Confirmation* confirmation) = 0;
  // All candidates for an ambiguous start; none, in a whole list: it is absent.
  virtual Task<Reply> find(const Effect& effect) = 0;
  virtual Task<Reply> observe(const Effect& effect) = 0;
  // One remote whose last_activity_at and heartbeat_error say whether it counted.
  virtual Task<Reply> keep_alive(const Effect& effect) = 0;
  // One remote: ended once the provider confirmed it. gone is as good. `confirmation`: must admit the call
  // that ends it; null: nothing has to.
  virtual Task<Reply> stop(const Effect& effect, Confirmation* confirmation) = 0;
  // No remote: what one left that has ended is gone. gone is as good. Called where Traits::has_cleanup.
  virtual Task<Reply> clean_up(const Effect& effect);
  // Every remote that has not ended, tagged ones with their tag; strangers among them.
  virtual Task<Reply> list(const Effect& effect) = 0;

  // One harmless read that shows whether the credentials are accepted.
  virtual Task<Result<Checked>> check();
};

struct ProviderContext {
  std::string webhook_public_url;  // without a trailing slash; empty: no webhook is subscribed to
  // The environment, for ${NAME} in `session.env`; asked at each start. Called from the workers' threads.
  std::function<std::optional<std::string>(const std::string&)> environment;
  Secret webhook_token{};  // ends the webhook's path; empty: nothing does
};

// Reads no file and makes no call; an unusable base_url or ca_file is an error of each call.
std::unique_ptr<Provider> make_provider(const ProviderSettings& settings, const ProviderContext& context);

// `confirmation` outlives the task.
Task<Reply> carry_out(Provider& provider, const Effect& effect, Confirmation* confirmation = nullptr);

}  // namespace keeper
