#include "net/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace keeper {
namespace {

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> parsed{};
  return inet_pton(AF_INET, host.c_str(), parsed.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), parsed.data()) == 1;
}

bool is_hashed(const std::string& directory) {
  std::error_code failed;
  for (auto each = std::filesystem::directory_iterator(directory, failed);
       !failed && each != std::filesystem::directory_iterator(); each.increment(failed)) {
    if (each->path().extension() == ".0") return true;
  }
  return false;
}

// A hashed directory is read one authority at a time, when it is needed; the bundle costs 40 ms and 1 MB at
// once.
bool trust_system(X509_STORE* store) {
  const char* file = std::getenv(X509_get_default_cert_file_env());
  const char* chosen = std::getenv(X509_get_default_cert_dir_env());
  const std::string directory = chosen != nullptr ? chosen : X509_get_default_cert_dir();
  if (file == nullptr && is_hashed(directory)) return X509_STORE_load_path(store, directory.c_str()) == 1;
  return X509_STORE_set_default_paths(store) == 1;
}

std::string reason_of_queue() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "connection closed";
}

}  // namespace

Result<SslContext> make_tls_context(const std::string& ca_file) {
  SslContext context(SSL_CTX_new(TLS_client_method()));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    return Error{ErrorKind::denied, "OpenSSL cannot make a TLS client: " + reason_of_queue()};
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context.get(), SSL_MODE_AUTO_RETRY | SSL_MODE_RELEASE_BUFFERS);
  constexpr std::string_view http = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(http.data()),
                          static_cast<unsigned>(http.size()));
  ERR_clear_error();
  X509_STORE* store = SSL_CTX_get_cert_store(context.get());
  if (ca_file.empty()) {
    if (!trust_system(store))
      return Error{ErrorKind::denied, "the system's certificate authorities cannot be read"};
  } else if (X509_STORE_load_file(store, ca_file.c_str()) != 1) {
    return Error{ErrorKind::denied, "ca_file " + ca_file + " cannot be read as PEM: " + reason_of_queue()};
  }
  return context;
}

Ssl make_tls_client(SSL_CTX* context, int socket, const std::string& host) {
  Ssl ssl(SSL_new(context));
  if (!ssl || SSL_set_fd(ssl.get(), socket) != 1) return nullptr;
  X509_VERIFY_PARAM* expected = SSL_get0_param(ssl.get());
  X509_VERIFY_PARAM_set_hostflags(expected,
                                  X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (is_address(host)) {
    if (X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) != 1) return nullptr;
  } else if (X509_VERIFY_PARAM_set1_host(expected, host.data(), host.size()) != 1 ||
             SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                      const_cast<char*>(host.c_str())) != 1) {
    return nullptr;
  }
  SSL_set_connect_state(ssl.get());
  return ssl;
}

std::string tls_failure(const SSL* ssl) {
  const long verified = SSL_get_verify_result(ssl);
  if (verified != X509_V_OK) return X509_verify_cert_error_string(verified);
  return reason_of_queue();
}

}  // namespace keeper
