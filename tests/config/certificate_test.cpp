#include "config/loading.h"
#include "net/certificates.h"

using namespace keeper;
using namespace keeper::test;

namespace {

// What is said of a configuration with this certificate and key; the settings' chain where it loads.
struct Read {
  std::string chain;
  std::string said;
};

Read read(const std::string& chain, const std::string& key) {
  const TemporaryFile chain_file(chain);
  const TemporaryFile key_file(key);
  const LoadOutcome outcome = load_text(
      "webhook:\n  public_url: https://hooks.example.org\n  tls: {certificate_file: " + chain_file.path() +
      ", key_file: " + key_file.path() + "}\n");
  Read result;
  if (outcome.settings && outcome.settings->webhook->certificate)
    result.chain = outcome.settings->webhook->certificate->chain;
  for (const Problem& problem : outcome.problems) result.said += to_line(problem) + "\n";
  return result;
}

Certificate lasting(std::chrono::seconds time) {
  CertificateOptions options;
  options.valid_until_s = time.count();
  return make_certificate(options);
}

}  // namespace

TEST_CASE("a certificate and its key are read, and one that ends soon is warned of in time to renew it") {
  using std::chrono::hours;
  const Certificate good = lasting(hours{24 * 90});
  const Read read_good = read(pem_of(good), key_pem_of(good));
  CHECK(read_good.chain.starts_with("-----BEGIN CERTIFICATE-----"));
  CHECK(read_good.said.empty());
  const Certificate short_lived = lasting(hours{24});
  const Read soon = read(pem_of(short_lived), key_pem_of(short_lived));
  CHECK_FALSE(soon.chain.empty());
  CHECK(soon.said.find(":3:27: warning: 'tls': the certificate expires at ") != std::string::npos);
  const Certificate old = lasting(-std::chrono::minutes{1});
  const Read expired = read(pem_of(old), key_pem_of(old));
  CHECK_FALSE(expired.chain.empty());
  CHECK(expired.said.find("the certificate expired at ") != std::string::npos);
}

TEST_CASE("a key that is not the certificate's is refused, and neither is shown") {
  const Certificate one = lasting(std::chrono::hours{1});
  const Certificate other = lasting(std::chrono::hours{1});
  const Read wrong = read(pem_of(one), key_pem_of(other));
  CHECK(wrong.chain.empty());
  CHECK(wrong.said.find(":3:27: error: 'tls': the key in key_file does not belong to the certificate") !=
        std::string::npos);
  CHECK(wrong.said.find("PRIVATE") == std::string::npos);
  CHECK(read("nonsense", key_pem_of(one)).said.find("has no certificate in PEM form") != std::string::npos);
}
