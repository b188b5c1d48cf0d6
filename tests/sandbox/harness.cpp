#include "sandbox/harness.h"

#include <openssl/bio.h>
#include <openssl/decoder.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

namespace sandbox::test {
namespace {

Reply exchange(const std::string& url, const std::string& method, const std::string& target,
               const std::string& body, const httplib::Headers& headers) {
  httplib::Client client(url);
  client.set_read_timeout(10);
  httplib::Request request;
  request.method = method;
  request.path = target;
  request.headers = headers;
  request.body = body;
  if (!body.empty()) request.set_header("Content-Type", "application/json");
  const auto result = client.send(request);
  if (!result) return {};
  Reply reply{result->status, result->body, nullptr, result->headers};
  if (auto json = parse_json(result->body)) reply.body = std::move(*json);
  return reply;
}

}  // namespace

Reply Running::call(const std::string& method, const std::string& target, const std::string& body,
                    const httplib::Headers& headers) {
  return exchange(sandbox_.api_url(), method, target, body, headers);
}

Reply Running::videosdk(const std::string& method, const std::string& target, const std::string& body) {
  const Time now = real_now();
  const std::string token = mint_token("sandbox-key", "sandbox-secret", now, now + std::chrono::hours(1));
  return call(method, target, body, {{"Authorization", token}});
}

Reply Running::control(const std::string& method, const std::string& target, const Json& body) {
  return exchange(sandbox_.control_url(), method, target, body.is_null() ? "" : dump(body), {});
}

void Running::advance(double seconds) {
  REQUIRE(control("POST", "/advance", {{"seconds", seconds}}).status == 200);
}

Json Running::remote(const std::string& id) {
  const Json remotes = control("GET", "/remotes").body.at("remotes");
  for (const Json& row : remotes) {
    if (row.at("id") == id) return row;
  }
  return nullptr;
}

std::string Running::start_notte(const std::string& body) {
  const Reply reply = call("POST", "/sessions/start", body);
  REQUIRE(reply.status == 200);
  return reply.body.at("session_id");
}

std::string Running::start_videosdk(const std::string& endpoint, const std::vector<std::string>& suffixes) {
  Json body = {{"deploymentId", "d-1"}, {"tag", "v1.0"}, {"metaData", {{"k", "v"}}}};
  if (!endpoint.empty()) {
    Json events = Json::array();
    for (const std::string& suffix : suffixes) events.push_back("ai-deployment-session-" + suffix);
    body["webhook"] = {{"endPoint", endpoint}, {"events", events}};
  }
  const Reply reply = videosdk("POST", "/ai/v1/ai-deployment-sessions/start", dump(body));
  REQUIRE(reply.status == 200);
  return reply.body.at("data").at("sessionId");
}

Receiver::Receiver()
    : server_("127.0.0.1", 0, [this](const httplib::Request& in, httplib::Response& out) {
        const std::lock_guard lock(mutex_);
        if (refusals_ > 0) {
          --refusals_;
          out.status = refusal_status_;
          return;
        }
        const auto body = parse_json(in.body).value_or(Json::object());
        deliveries_.push_back({body.value("webhookType", ""),
                               body.value("data", Json::object()).value("sessionId", ""), in.body,
                               in.get_header_value("videosdk-signature")});
        out.status = 200;
        arrived_.notify_all();
      }) {
  server_.start();
}

std::vector<Receiver::Delivery> Receiver::wait_for(std::size_t count) {
  std::unique_lock lock(mutex_);
  const auto enough = [&] { return deliveries_.size() >= count; };
  const bool came =
      arrived_.wait_until(lock, std::chrono::system_clock::now() + std::chrono::seconds(10), enough);
  REQUIRE(came);
  return deliveries_;
}

std::vector<Receiver::Delivery> Receiver::received() {
  const std::lock_guard lock(mutex_);
  return deliveries_;
}

void Receiver::refuse(int times, int status) {
  const std::lock_guard lock(mutex_);
  refusals_ = times;
  refusal_status_ = status;
}

std::vector<std::string> types_of(const std::vector<Receiver::Delivery>& deliveries) {
  std::vector<std::string> types;
  for (const auto& delivery : deliveries) types.push_back(delivery.type);
  return types;
}

bool verifies(const std::string& pem, const std::string& body, const std::string& signature, bool pss) {
  EVP_PKEY* raw = nullptr;
  OSSL_DECODER_CTX* decoder =
      OSSL_DECODER_CTX_new_for_pkey(&raw, "PEM", nullptr, "RSA", EVP_PKEY_PUBLIC_KEY, nullptr, nullptr);
  BIO* source = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  const bool decoded = OSSL_DECODER_from_bio(decoder, source) == 1;
  BIO_free(source);
  OSSL_DECODER_CTX_free(decoder);
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(raw, EVP_PKEY_free);
  if (!decoded || signature.size() % 4 != 0) return false;
  std::string bytes(signature.size(), '\0');
  const int decoded_length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                             reinterpret_cast<const unsigned char*>(signature.data()),
                                             static_cast<int>(signature.size()));
  if (decoded_length < 256) return false;
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_PKEY_CTX* parameters = nullptr;
  if (EVP_DigestVerifyInit(context.get(), &parameters, EVP_sha256(), nullptr, key.get()) != 1) return false;
  if (pss && EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) != 1) return false;
  return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(bytes.data()), 256,
                          reinterpret_cast<const unsigned char*>(body.data()), body.size()) == 1;
}

void wait_until(const std::function<bool()>& condition) {
  for (int i = 0; i < 1000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  REQUIRE(condition());
}

}  // namespace sandbox::test
