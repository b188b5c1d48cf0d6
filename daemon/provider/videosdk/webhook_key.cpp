#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <vector>

#include "base/digest.h"
#include "base/file_reader.h"
#include "net/encoding.h"
#include "provider/videosdk/videosdk_webhook.h"

namespace keeper {
namespace {

constexpr std::size_t pem_bytes_max = 16U << 10U;
constexpr Millis cache_read_limit = std::chrono::seconds{2};
constexpr std::chrono::seconds fetch_every{60};
constexpr std::chrono::seconds fetch_every_without_key{5};
constexpr std::chrono::hours previous_for{24};

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(OSSL_DECODER_CTX* context) const { OSSL_DECODER_CTX_free(context); }
};
using PublicKey = std::unique_ptr<EVP_PKEY, Free>;
using Context = std::unique_ptr<EVP_PKEY_CTX, Free>;

std::string trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const std::size_t first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(space) - first + 1)) + "\n";
}

PublicKey decode(const std::string& pem) {
  EVP_PKEY* key = nullptr;
  // No structure is named: both SPKI and PKCS#1 are read.
  const std::unique_ptr<OSSL_DECODER_CTX, Free> decoder(OSSL_DECODER_CTX_new_for_pkey(
      &key, "PEM", nullptr, "RSA", OSSL_KEYMGMT_SELECT_PUBLIC_KEY, nullptr, nullptr));
  const auto* bytes = reinterpret_cast<const unsigned char*>(pem.data());
  std::size_t count = pem.size();
  if (decoder) static_cast<void>(OSSL_DECODER_from_data(decoder.get(), &bytes, &count));
  ERR_clear_error();
  return PublicKey(key);
}

Context make_context(EVP_PKEY* key) {
  Context context(EVP_PKEY_CTX_new(key, nullptr));
  const bool usable = context && EVP_PKEY_verify_init(context.get()) == 1 &&
                      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
                      EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1;
  return usable ? std::move(context) : nullptr;
}

}  // namespace

// Contexts cost 10 µs to make and are used by one thread at a time.
struct WebhookKey::Contexts {
  PublicKey key;
  std::size_t modulus_bytes = 0;
  Locked<std::vector<Context>> idle;
};

WebhookKey::WebhookKey(std::string pem) : pem_(std::move(pem)), contexts_(std::make_unique<Contexts>()) {}
WebhookKey::~WebhookKey() = default;

Result<std::shared_ptr<WebhookKey>> WebhookKey::parse(std::string_view pem) {
  if (pem.size() > pem_bytes_max) return Error{ErrorKind::malformed, "the webhook key is too large"};
  std::shared_ptr<WebhookKey> key(new WebhookKey(trimmed(pem)));
  Contexts& contexts = *key->contexts_;
  contexts.key = decode(key->pem_);
  if (!contexts.key || EVP_PKEY_is_a(contexts.key.get(), "RSA") != 1) {
    return Error{ErrorKind::malformed, "the webhook key is not an RSA public key in PEM"};
  }
  const int bits = EVP_PKEY_get_bits(contexts.key.get());
  if (bits < 2048 || bits > 8192) {
    return Error{ErrorKind::malformed,
                 "the webhook key has " + std::to_string(bits) + " bits, not 2048 to 8192"};
  }
  contexts.modulus_bytes = static_cast<std::size_t>(EVP_PKEY_get_size(contexts.key.get()));
  return key;
}

bool WebhookKey::verifies(std::string_view body, std::string_view signature) {
  if (signature.size() > contexts_->modulus_bytes * 2) return false;
  const auto raw = decode_base64(signature);
  if (!raw || raw->size() != contexts_->modulus_bytes) return false;
  const Sha256 digest = sha256(body);
  Context context = contexts_->idle.with([](std::vector<Context>& idle) {
    Context last;
    if (!idle.empty()) {
      last = std::move(idle.back());
      idle.pop_back();
    }
    return last;
  });
  if (!context) context = make_context(contexts_->key.get());
  if (!context) return false;
  const bool verified = EVP_PKEY_verify(context.get(), reinterpret_cast<const unsigned char*>(raw->data()),
                                        raw->size(), digest.data(), digest.size()) == 1;
  if (!verified) ERR_clear_error();
  contexts_->idle.with([&](std::vector<Context>& idle) { idle.push_back(std::move(context)); });
  return verified;
}

VideoSdkWebhooks::VideoSdkWebhooks(const ProviderSettings& settings, std::string cache_file)
    : name_(settings.name),
      is_pinned_(!settings.webhook_public_key.empty()),
      cache_file_(std::move(cache_file)),
      token_(settings),
      api_(settings, [this] { return token_.at(wall_now()); }) {
  if (!is_pinned_) {
    load_cache();
  } else if (auto key = WebhookKey::parse(settings.webhook_public_key)) {
    install(std::move(*key));
  }
}

void VideoSdkWebhooks::load_cache() {
  if (cache_file_.empty()) return;
  const auto pem = FileReader(cache_read_limit).read(cache_file_, pem_bytes_max, cache_file_);
  if (!pem) return;
  if (auto key = WebhookKey::parse(*pem)) install(std::move(*key));
}

// A lost cache costs one fetch, so its failures are not reported.
void VideoSdkWebhooks::save_cache(const std::string& pem) const {
  if (cache_file_.empty()) return;
  const std::string beside = cache_file_ + ".new";
  std::ofstream file(beside, std::ios::binary | std::ios::trunc);
  file << pem;
  file.close();
  if (!file || std::rename(beside.c_str(), cache_file_.c_str()) != 0)
    static_cast<void>(::unlink(beside.c_str()));
}

void VideoSdkWebhooks::install(std::shared_ptr<WebhookKey> key) {
  keys_.with([&](Keys& keys) {
    if (keys.current && keys.current->pem() == key->pem()) return;
    keys.previous = std::move(keys.current);
    keys.previous_until = Clock::now() + previous_for;
    keys.current = std::move(key);
  });
}

bool VideoSdkWebhooks::verify(std::string_view body, std::string_view signature) {
  const Keys known = keys_.with([](Keys& keys) { return keys; });
  if (known.current && known.current->verifies(body, signature)) {
    if (known.previous) {
      keys_.with([&](Keys& keys) {
        if (keys.current == known.current) keys.previous.reset();
      });
    }
    return true;
  }
  return known.previous && Clock::now() < known.previous_until && known.previous->verifies(body, signature);
}

bool VideoSdkWebhooks::may_refresh() const {
  return !is_pinned_ && keys_.with([](const Keys& keys) { return Clock::now() >= keys.next_fetch; });
}

bool VideoSdkWebhooks::has_key() const {
  return keys_.with([](const Keys& keys) { return keys.current != nullptr; });
}

Status VideoSdkWebhooks::refresh() {
  const bool is_due = !is_pinned_ && keys_.with([](Keys& keys) {
    const auto now = Clock::now();
    if (now < keys.next_fetch) return false;
    keys.next_fetch = now + (keys.current ? fetch_every : fetch_every_without_key);
    return true;
  });
  if (!is_due) return Error{ErrorKind::exhausted, "the webhook key was fetched a moment ago, or is pinned"};
  Visit visit = api_.begin();
  const ProviderCall call{Purpose::read, "GET", "/v2/public/rsa-public-key"};
  const ProviderAnswer answer = wait(api_.ask(visit, call));
  if (answer.status == 401) token_.forget();
  if (!answer.json) return answer.json.error();
  auto key = WebhookKey::parse(text_at(*answer.json, "publicKey").value_or(""));
  if (!key) return api_.explain(visit, call, key.error());
  save_cache((*key)->pem());
  install(std::move(*key));
  return Done{};
}

bool VideoSdkWebhooks::verify_or_refresh(std::string_view body, std::string_view signature) {
  if (verify(body, signature)) return true;
  if (!may_refresh() || !refresh()) return false;
  return verify(body, signature);
}

WebhookVerifier::Authenticity VideoSdkWebhooks::authenticity(std::string_view body, const HeaderOf& header) {
  const std::string_view signature = header("videosdk-signature");
  const bool had_key = has_key();
  if (verify_or_refresh(body, signature)) return Authenticity::genuine;
  return had_key || signature.empty() ? Authenticity::forged : Authenticity::no_key;
}

Result<Delivery> VideoSdkWebhooks::read(std::string body, Wall received_at) const {
  return videosdk_delivery(std::move(body), name_, received_at);
}

std::shared_ptr<WebhookVerifier> make_videosdk_webhooks(const ProviderSettings& settings,
                                                        const std::string& cache_file) {
  return std::make_shared<VideoSdkWebhooks>(settings, cache_file);
}

}  // namespace keeper
