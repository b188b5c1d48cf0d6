// Notte (docs.notte.cc), both dialects. In the current one sessions are read, listed and stopped by their id.
// Any operation restarts the idle clock of a session, and a read does not. There is no field for a tag. Any
// thread may call it.
#pragma once

#include <functional>

#include "provider/provider_api.h"

namespace keeper {

// A SessionResponse of either dialect; without an id where it has none. `native_status` and `detail` are
// still foreign text.
Remote notte_reading(const Json& session);
// The same. Errors: malformed, without an id.
Result<Remote> notte_remote(const Json& session);

// A 200 with a top-level `detail`, which Notte's own clients take for a failure, and a 529. An OddAnswer, of
// both dialects.
std::optional<Error> notte_odd_answer(HttpResponse& response, const Json* json, Purpose purpose, Wall now);

class Notte final : public Provider {
 public:
  explicit Notte(const ProviderSettings& settings);

  Task<Reply> start(const Effect& effect, Confirmation* confirmation) override;
  Task<Reply> find(const Effect& effect) override;
  Task<Reply> observe(const Effect& effect) override;
  Task<Reply> keep_alive(const Effect& effect) override;
  Task<Reply> stop(const Effect& effect, Confirmation* confirmation) override;
  Task<Reply> list(const Effect& effect) override;
  Task<Result<Checked>> check() override;

 private:
  using Wanted = std::function<bool(const Json&)>;

  Task<Reply> walk_active(const Effect& effect, const Wanted& wanted);
  Task<Result<Remote>> read(Visit& visit, const Effect& effect);
  // Whether a start that was refused with 402 waits for the period or for money, to be added to the error's
  // text; empty where it is not told.
  Task<std::string> shortage(Visit& visit);
  Result<Remote> mapped(const Visit& visit, const ProviderCall& call, const Json& session) const;
  Remote harmless(const Visit& visit, Remote remote) const;

  ProviderApi api_;
};

// The legacy dialect: start, close, and operations that carry the session along. No read and no list.
class NotteLegacy final : public Provider {
 public:
  explicit NotteLegacy(const ProviderSettings& settings);

  Task<Reply> start(const Effect& effect, Confirmation* confirmation) override;
  Task<Reply> find(const Effect& effect) override;
  Task<Reply> observe(const Effect& effect) override;
  Task<Reply> keep_alive(const Effect& effect) override;
  Task<Reply> stop(const Effect& effect, Confirmation* confirmation) override;
  Task<Reply> list(const Effect& effect) override;

 private:
  Task<Result<Remote>> touch(Visit& visit, const Effect& effect);

  ProviderApi api_;
};

std::unique_ptr<Provider> make_notte(const ProviderSettings& settings, const ProviderContext& context);

}  // namespace keeper
