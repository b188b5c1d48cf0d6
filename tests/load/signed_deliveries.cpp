#include "load/signed_deliveries.h"

#include <fstream>
#include <random>
#include <stdexcept>
#include <thread>

#include "sandbox/signer.h"

namespace keeper::load {
namespace {

constexpr std::size_t body_bytes = 600;

std::string body_of(const std::string& id) {
  std::string body = R"({"webhookType":"ai-deployment-session-started","data":{"sessionId":"session-)" + id +
                     R"(","roomId":"abcd-efgh-ijkl","agentId":"a1b2c3","deploymentId":"d4e5f6","metadata":")";
  body.append(body_bytes - std::min(body_bytes, body.size() + 3), 'x');
  return body + "\"}}";
}

// The same for the same `n`.
std::string uuid(int n) {
  std::mt19937_64 random(static_cast<std::uint64_t>(n));
  std::string id(36, '-');
  for (std::size_t i = 0; i < id.size(); ++i) {
    if (i != 8 && i != 13 && i != 18 && i != 23) id[i] = "0123456789abcdef"[random() % 16];
  }
  return id;
}

std::ofstream opened(const std::string& path) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  if (!file) throw std::runtime_error(path + " cannot be written");
  return file;
}

}  // namespace

void make(const std::string& directory, int count, bool rising) {
  const sandbox::Signer signer;
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  opened(directory + "/public.pem") << signer.spki_pem();
  std::vector<std::string> parts(cores);
  {
    std::vector<std::jthread> threads;
    for (unsigned core = 0; core < cores; ++core) {
      threads.emplace_back([&signer, &part = parts[core], core, cores, count, rising] {
        for (int n = static_cast<int>(core); n < count; n += static_cast<int>(cores)) {
          const std::string id = rising ? "load-" + std::to_string(n) : uuid(n);
          const std::string body = body_of(id);
          part += id + "\t" + signer.sign(body, sandbox::Padding::pkcs1) + "\t" + body + "\n";
        }
      });
    }
  }
  std::ofstream file = opened(directory + "/deliveries");
  for (const std::string& part : parts) file << part;
  if (!file.flush()) throw std::runtime_error(directory + "/deliveries cannot be written");
}

std::vector<SignedDelivery> read(const std::string& directory) {
  std::ifstream file(directory + "/deliveries", std::ios::binary);
  std::vector<SignedDelivery> all;
  SignedDelivery one;
  while (std::getline(file, one.id, '\t') && std::getline(file, one.signature, '\t') &&
         std::getline(file, one.body)) {
    all.push_back(one);
  }
  if (all.empty()) throw std::runtime_error(directory + "/deliveries cannot be read; make it first");
  return all;
}

}  // namespace keeper::load
