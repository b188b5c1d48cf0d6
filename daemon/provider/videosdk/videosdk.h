// VideoSDK Agent Cloud (docs.videosdk.live, agent-cloud). Sessions are read, listed and ended by their id,
// and carry the keeper's tag in their metadata. No call keeps one alive. Any thread may call it.
#pragma once

#include "provider/provider_api.h"
#include "provider/videosdk/access_token.h"

namespace keeper {

// An object of start, end, details or list; without an id where it has none. `native_status` is still foreign
// text.
Remote videosdk_reading(const Json& session);
// The same. Errors: malformed, without an id.
Result<Remote> videosdk_remote(const Json& session);

class Videosdk final : public Provider {
 public:
  Videosdk(const ProviderSettings& settings, ProviderContext context);

  Task<Reply> start(const Effect& effect, Confirmation* confirmation) override;
  Task<Reply> find(const Effect& effect) override;
  Task<Reply> observe(const Effect& effect) override;
  Task<Reply> keep_alive(const Effect& effect) override;
  Task<Reply> stop(const Effect& effect, Confirmation* confirmation) override;
  Task<Reply> list(const Effect& effect) override;
  Task<Result<Checked>> check() override;

 private:
  using See = std::function<bool(const Json&)>;
  using Picks = std::function<bool(const Remote&)>;

  Task<ProviderAnswer> ask(Visit& visit, const ProviderCall& call);
  Result<std::string> start_body(Visit& visit, const Effect& effect) const;
  Result<Remote> mapped(const Visit& visit, const ProviderCall& call, const Json& session) const;
  Task<Result<Remote>> read(Visit& visit, const Effect& effect);
  Task<Result<Remote>> look_in_list(Visit& visit, const Effect& effect);
  // Every listed session goes to `see`, until it answers true. Ok only if the list was read to its end, or to
  // that.
  Task<Reply> collect(const Effect& effect, const Picks& wanted, const Picks& enough);
  Task<Result<bool>> walk_list(Visit& visit, const See& see);

  const ProviderName name_;
  const ProviderContext context_;
  AccessToken token_;
  ProviderApi api_;
};

std::unique_ptr<Provider> make_videosdk(const ProviderSettings& settings, const ProviderContext& context);

}  // namespace keeper
