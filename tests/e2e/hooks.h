// Deliveries of our own making to a real daemon: a key that its configuration pins, bodies signed with it,
// and https.
#pragma once

#include <httplib.h>

#include <memory>
#include <string>

#include "e2e/programs.h"
#include "net/certificates.h"
#include "sandbox/signer.h"

namespace keeper::e2e {

struct Signed {
  std::string body;
  std::string signature;
};

class Hooks {
 public:
  // Pins the key in the stage's configuration; write_plans() makes it known.
  explicit Hooks(Stage& stage);

  // A delivery that no other is equal to, of a session that nobody knows.
  Signed next();
  // Its status, 0 without an answer.
  static int send(httplib::Client& client, const Signed& delivery, const std::string& path = "/hooks/agents");
  static int send(httplib::SSLClient& client, const Signed& delivery,
                  const std::string& path = "/hooks/agents");

 private:
  sandbox::Signer signer_;
  int count_ = 0;
};

// A client that believes in this certificate alone.
std::unique_ptr<httplib::SSLClient> https_client(int port, const std::filesystem::path& certificate);

// Writes NAME.pem and NAME.key, for 127.0.0.1.
test::Certificate write_certificate(const std::filesystem::path& directory, const std::string& name);

// A stage whose daemon is to take deliveries by https, with a certificate of its own, which is returned.
// Before write_plans().
std::filesystem::path use_https(Stage& stage);

}  // namespace keeper::e2e
