// Redaction: what may stand in a trace. Credentials, tokens, cookies, the environment of a session and every
// URL are taken out; ids, states, times and numbers stay, which is what an adapter reads. It prefers to take
// out too much. What was taken out once stays as it is, so that a trace can be redacted again. One thread at
// a time.
//
//   {"cdp_url": "wss://x?token=abc", "status": "active"}   ->   {"cdp_url": "[url]", "status": "active"}
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace keeper::probe {

using Json = nlohmann::json;

class Redaction {
 public:
  // A text that is taken out wherever it stands, also percent-encoded. One under four bytes would take out
  // ordinary words, and is not.
  void add_secret(const std::string& secret);

  std::string text(std::string text) const;
  // Of a header's value, by the header's name.
  std::string header(const std::string& name, const std::string& value) const;
  // The value of a member, by the member's name; empty for the whole.
  void redact(Json& value, const std::string& name = {}) const;

 private:
  std::vector<std::string> secrets_;
};

}  // namespace keeper::probe
