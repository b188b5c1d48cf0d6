// A provider that the configuration describes (type http): its calls, and where its answers say what. It can
// do what was described and no more; without a list or a call that finds a session by an id of ours, a lost
// start cannot be looked up. Any thread may call it.
#pragma once

#include "provider/described/call_template.h"
#include "provider/listing.h"

namespace keeper {

class Described final : public Provider {
 public:
  explicit Described(const ProviderSettings& settings);

  Task<Reply> start(const Effect& effect, Confirmation* confirmation) override;
  Task<Reply> find(const Effect& effect) override;
  Task<Reply> observe(const Effect& effect) override;
  Task<Reply> keep_alive(const Effect& effect) override;
  Task<Reply> stop(const Effect& effect, Confirmation* confirmation) override;
  Task<Reply> clean_up(const Effect& effect) override;
  Task<Reply> list(const Effect& effect) override;
  Task<Result<Checked>> check() override;

 private:
  Remote reading_of(const Visit& visit, const Effect& effect, const Json& item) const;
  Result<Remote> remote_in(const Visit& visit, const ProviderCall& call, const Effect& effect,
                           const Json& item) const;
  Task<Result<Remote>> read(Visit& visit, const Effect& effect);
  Task<Result<Remote>> read_ours(Visit& visit, const Effect& effect);
  ProviderCall list_call(const DescribedCall& described, const Effect& effect, const PagePlace& place) const;
  Task<Result<bool>> walk(Visit& visit, const Effect& effect, const DescribedCall& described,
                          Listing& listing);

  const Description description_;
  const Secret api_key_;
  ProviderApi api_;
};

std::unique_ptr<Provider> make_described(const ProviderSettings& settings, const ProviderContext& context);

}  // namespace keeper
