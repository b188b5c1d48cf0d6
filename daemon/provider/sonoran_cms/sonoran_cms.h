// Sonoran CMS v2 (SonoranCMS-Documentation, api-endpoints-v2). A server has one session at a time, and calls
// name the server and never the session. So the current session is read and compared before it is ended. Any
// thread may call it.
#pragma once

#include "provider/provider_api.h"

namespace keeper {

// The row of an answer's `data`; without an id where it has none.
Remote sonoran_reading(const Json& row);
// The same. Errors: malformed, without an id.
Result<Remote> sonoran_remote(const Json& row);

class Sonoran final : public Provider {
 public:
  explicit Sonoran(const ProviderSettings& settings);

  Task<Reply> start(const Effect& effect, Confirmation* confirmation) override;
  Task<Reply> find(const Effect& effect) override;
  Task<Reply> observe(const Effect& effect) override;
  Task<Reply> keep_alive(const Effect& effect) override;
  Task<Reply> stop(const Effect& effect, Confirmation* confirmation) override;
  Task<Reply> list(const Effect& effect) override;
  Task<Result<Checked>> check() override;

 private:
  struct Target;

  Result<Target> target_of(const Effect& effect) const;
  // The row that the server shows, as it came; null for none.
  Task<Result<Json>> current(Visit& visit, const Target& target);
  Reply shown(const Visit& visit, const Effect& effect, const Json& row) const;
  Task<Result<Remote>> read(Visit& visit, const Target& target, const RemoteId& id);
  Task<Result<Remote>> confirm_end(Visit& visit, const Target& target, const RemoteId& id,
                                   Result<Remote> otherwise);

  const ProviderName name_;
  ProviderApi api_;
};

std::unique_ptr<Provider> make_sonoran_cms(const ProviderSettings& settings, const ProviderContext& context);

}  // namespace keeper
