// A signature's header and a body: what is not the one signature of the one body is refused.
#include <fstream>
#include <sstream>

#include "fuzz/fuzz.h"
#include "net/encoding.h"
#include "provider/answer_json.h"
#include "provider/videosdk/videosdk_webhook.h"

namespace {

using namespace keeper;
using namespace keeper::fuzz;

std::string content(const std::string& name) {
  std::ifstream file(std::string(KEEPER_SOURCE_DIR "/tests/fuzz/") + name);
  std::ostringstream text;
  text << file.rdbuf();
  require(!text.str().empty(), "the harness has its files");
  return text.str();
}

struct Parts {
  std::string_view signature, body;
};

Parts split(std::string_view text) {
  const std::size_t line = std::min(text.find('\n'), text.size());
  return {text.substr(0, line), text.substr(std::min(line + 1, text.size()))};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto key = WebhookKey::parse(content("hooks.public.pem")).value();
  static const std::string genuine = content("seeds/signature/base64");
  static const Parts known = split(genuine);
  static const bool works = key->verifies(known.body, known.signature);
  require(works, "the genuine one verifies");
  const auto [signature, body] = split(text_of(data, size));
  if (!key->verifies(body, signature)) return 0;
  // PKCS#1 v1.5 is deterministic: there is one signature of a body, and nobody here has the key for another.
  require(body == known.body, "only the signed body verifies");
  require(decode_base64(signature) == decode_base64(known.signature), "only its signature does");
  return 0;
}
