// Trace: what a probe asked and what it was answered, as JSON lines in a file of mode 0600, without secrets
// (redaction.h). A test replays it through the adapter, which must read the same. Each line is written at
// once, so that a killed probe leaves what it heard. It is the probe's CallRecorder; one thread asks, and the
// adapter's code runs on any.
//
//   {"trace": 1, ...}                    the first line: of which provider and plan
//   {"ask": {"kind": "start", ...}}      an effect
//   {"call": {...}, "answer": {...}}     an HTTP call of it, or "failed" where no answer came
//   {"reading": {...}}                   what the adapter made of it
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "probe/redaction.h"
#include "provider/call_recorder.h"
#include "provider/provider.h"
#include "settings/settings.h"

namespace keeper::probe {

class Trace final : public CallRecorder {
 public:
  // Without a file it only counts calls. `settings`: whose credentials are taken out.
  explicit Trace(const ProviderSettings& settings);

  // The file must not exist. Errors: storage.
  Status open(const std::string& path);
  void add_secret(const std::string& secret);

  void begin(const Json& head);
  void asked(const Effect& effect);
  void ended(const EndedCall& call) override;
  void read(const Reply& reply);

  // What would be written of a value.
  Json redacted(const Json& value) const;

  // Of the calls since the last asked(): their statuses, 0 where no answer came.
  std::vector<int> statuses() const;
  // Whether the last start's call carried an Idempotency-Key.
  bool has_sent_key() const;
  // Why the file is incomplete; empty: it is not.
  std::string trouble() const;

 private:
  void write(Json line);  // with the lock

  mutable std::mutex mutex_;
  Redaction redaction_;
  Descriptor file_;
  std::vector<int> statuses_;
  bool has_sent_key_ = false;
  std::string trouble_;
};

// What an adapter read, as the trace has it; not redacted.
Json reading_json(const Reply& reply);
// An effect, and back. Empty for what is none.
Json effect_json(const Effect& effect);
std::optional<Effect> effect_in(const Json& value);

}  // namespace keeper::probe
