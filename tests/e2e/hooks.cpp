#include "e2e/hooks.h"

#include <fstream>

namespace keeper::e2e {
namespace {

int status_of(const httplib::Result& answer) { return answer ? answer->status : 0; }

httplib::Headers headers_of(const Signed& delivery) { return {{"videosdk-signature", delivery.signature}}; }

}  // namespace

Hooks::Hooks(Stage& stage) {
  const std::filesystem::path key = stage.directory / "hooks.public.pem";
  std::ofstream(key) << signer_.spki_pem();
  stage.agents_lines += "    webhook_public_key_file: " + key.string() + "\n";
}

Signed Hooks::next() {
  const std::string body =
      R"({"webhookType":"ai-deployment-session-started","data":{"sessionId":"session-of-nobody-)" +
      std::to_string(++count_) + "\"}}";
  return {body, signer_.sign(body, sandbox::Padding::pkcs1)};
}

int Hooks::send(httplib::Client& client, const Signed& delivery, const std::string& path) {
  return status_of(client.Post(path.c_str(), headers_of(delivery), delivery.body, "application/json"));
}

int Hooks::send(httplib::SSLClient& client, const Signed& delivery, const std::string& path) {
  return status_of(client.Post(path.c_str(), headers_of(delivery), delivery.body, "application/json"));
}

std::unique_ptr<httplib::SSLClient> https_client(int port, const std::filesystem::path& certificate) {
  auto client = std::make_unique<httplib::SSLClient>("127.0.0.1", port);
  client->set_ca_cert_path(certificate.c_str());
  client->enable_server_certificate_verification(true);
  client->set_connection_timeout(5);
  client->set_read_timeout(20);
  return client;
}

test::Certificate write_certificate(const std::filesystem::path& directory, const std::string& name) {
  test::CertificateOptions options;
  options.common_name = "127.0.0.1";
  options.names = "IP:127.0.0.1,DNS:hooks.example.org";
  options.is_authority = true;
  const test::Certificate made = test::make_certificate(options);
  std::ofstream(directory / (name + ".pem")) << test::pem_of(made);
  std::ofstream(directory / (name + ".key")) << test::key_pem_of(made);
  return made;
}

std::filesystem::path use_https(Stage& stage) {
  write_certificate(stage.directory, "hooks");
  const std::filesystem::path certificate = stage.directory / "hooks.pem";
  stage.webhook_lines = "  tls: {certificate_file: " + certificate.string() +
                        ", key_file: " + (stage.directory / "hooks.key").string() + "}\n";
  return certificate;
}

}  // namespace keeper::e2e
