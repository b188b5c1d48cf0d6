#include <pthread.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <optional>

#include "sandbox/sandbox.h"
#include "sandbox/vendors/vendor.h"

namespace {

// HOST:PORT, with brackets around an IPv6 host.
std::optional<sandbox::Address> parse_address(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return std::nullopt;
  const std::string port = text.substr(colon + 1);
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != port.npos)
    return std::nullopt;
  sandbox::Address address{text.substr(0, colon), std::stoi(port)};
  if (address.host.front() == '[' && address.host.back() == ']') {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  if (address.port > 65535) return std::nullopt;
  return address;
}

std::string check_address(const std::string& text) {
  return parse_address(text) ? "" : "'" + text + "' is not HOST:PORT, as in 127.0.0.1:8480";
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

void announce(const sandbox::Sandbox& server, const sandbox::Keys& keys) {
  std::cout << "listening on " << server.api_url() << "\n"
            << "control on " << server.control_url() << "\n"
            << "sonoran_cms: Authorization: Bearer " << joined(keys.sonoran) << "\n"
            << "notte: Authorization: Bearer " << joined(keys.notte) << "\n"
            << "videosdk: api key " << keys.videosdk_key << ", secret " << keys.videosdk_secret << "\n";
  for (const sandbox::Vendor& vendor : sandbox::vendors()) {
    const bool is_bearer = vendor.key_header == std::string("authorization");
    std::cout << name_of(vendor.provider) << ": " << server.api_url() << vendor.root << ", "
              << vendor.key_header << (is_bearer ? ": Bearer " : ": ") << joined(keys.vendors) << "\n";
  }
  std::cout << std::flush;
}

int serve(const sandbox::Address& api, const sandbox::Address& control, const sandbox::Keys& keys) {
  // Blocked in every thread, and then waited for in this one.
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  sandbox::Sandbox server(api, control, keys);
  server.start();
  announce(server, keys);
  int signal = 0;
  sigwait(&ending, &signal);
  server.stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Serves the APIs of VideoSDK Agent Cloud, Notte and Sonoran CMS locally, with signed webhooks, and "
      "those "
      "of Browserbase, E2B, Kernel, Steel, Browser Use and Daytona.");
  app.footer(
      "The control plane moves the clock (POST /advance), ends remotes, and sets faults and switches;\n"
      "GET /faults on it lists every switch, GET /webhooks every setting of the deliveries.");
  std::string api = "127.0.0.1:8480";
  std::string control = "127.0.0.1:8481";
  sandbox::Keys keys;
  app.add_option("--listen", api, "address of the APIs; port 0 takes a free one")->check(check_address);
  app.add_option("--control", control, "address of the control plane")->check(check_address);
  app.add_option("--notte-key", keys.notte, "accepted by Notte; may be given more than once");
  app.add_option("--sonoran-key", keys.sonoran, "accepted by Sonoran CMS; each is a community of its own");
  app.add_option("--videosdk-key", keys.videosdk_key, "the apikey claim of VideoSDK tokens");
  app.add_option("--videosdk-secret", keys.videosdk_secret, "signs VideoSDK tokens");
  app.add_option("--vendor-key", keys.vendors,
                 "accepted by each of the six others; may be given more than once");
  app.option_defaults()->always_capture_default();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    return serve(*parse_address(api), *parse_address(control), keys);
  } catch (const std::exception& error) {
    std::cerr << "provider-sandbox: " << error.what() << "\n";
    return 1;
  }
}
