// Deliveries over https: served by the daemon itself, and behind the reverse proxies of config/reverse-proxy.
#include <csignal>
#include <fstream>

#include "catch.h"
#include "e2e/hooks.h"

using namespace keeper::e2e;
using std::chrono::seconds;
namespace fs = std::filesystem;

namespace {

void replace(std::string& text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  INFO(what);
  REQUIRE(at != std::string::npos);
  text.replace(at, what.size(), with);
}

std::string example(const std::string& name) {
  return read_file(fs::path(KEEPER_SOURCE_DIR) / "config/reverse-proxy" / name);
}

std::string program(const std::string& path) {
  const fs::path found = fs::path(KEEPER_PROGRAMS) / path;
  INFO("run tests/install-packages --unpack build/programs");
  REQUIRE(fs::exists(found));
  return found.string();
}

std::size_t recorded(Stage& stage) {
  return get_json(stage.status_port, "/api/v1/deliveries?limit=1000")
      .value_or(Json{{"deliveries", Json::array()}})["deliveries"]
      .size();
}

// What a provider must see, whatever stands between it and the keeper.
void check_deliveries(Stage& stage, Hooks& hooks, int port, const fs::path& certificate) {
  const auto client = https_client(port, certificate);
  client->set_keep_alive(true);
  REQUIRE(eventually(seconds{20}, [&] { return Hooks::send(*client, {"{}", "bad"}) == 401; }));
  const std::size_t before = recorded(stage);
  const Signed once = hooks.next();
  CHECK(Hooks::send(*client, once) == 200);
  CHECK(Hooks::send(*client, once) == 200);
  for (int i = 0; i < 20; ++i) CHECK(Hooks::send(*client, hooks.next()) == 200);
  CHECK(recorded(stage) == before + 21);
  CHECK(Hooks::send(*client, {once.body + " ", once.signature}) == 401);
  CHECK(Hooks::send(*client, once, "/hooks/nobody") == 404);
  CHECK(Hooks::send(*client, once, "/api/v1/status") == 404);
  CHECK(Hooks::send(*client, {std::string(64 * 1024 + 1, 'x'), once.signature}) == 413);
}

// From a client that sends the body without waiting for anything, as none of ours does.
void check_too_large(Stage& stage, int port, const fs::path& certificate) {
  const std::string body = (stage.directory / "large").string();
  std::ofstream(body) << std::string(64 * 1024 + 1, 'x');
  for (int i = 0; i < 5; ++i) {
    Child curl({"/usr/bin/curl", "-s", "-o", "/dev/null", "-w", "%{http_code} ", "--cacert",
                certificate.string(), "-H", "Expect:", "--data-binary", "@" + body,
                "https://127.0.0.1:" + std::to_string(port) + "/hooks/agents"},
               {}, stage.directory / "curl.log");
    CHECK(curl.wait(seconds{20}) == 0);
  }
  CHECK(read_file(stage.directory / "curl.log") == "413 413 413 413 413 ");
}

// Whatever version and framing a sender uses, and whatever the proxy makes of it: each delivery is recorded
// once, and told as known when it comes again.
void check_framings(Stage& stage, Hooks& hooks, int port, const fs::path& certificate) {
  using Options = std::vector<std::string>;
  const std::vector<Options> versions{{"--http1.0", "--no-alpn"}, {"--http1.1"}, {"--http2"}};
  const std::vector<Options> framings{{},
                                      {"-H", "Expect: 100-continue"},
                                      {"-H", "Content-Encoding: identity"},
                                      {"-H", "Content-Length:", "-H", "Transfer-Encoding: chunked"},
                                      {"-H", "Content-Length:"}};
  for (const Options& version : versions) {
    for (const Options& framing : framings) {
      const bool no_length = framing.size() > 1 && framing[1] == "Content-Length:";
      // HTTP/1.0 has no chunks, HTTP/1.1 needs them without a length, and HTTP/2 has frames instead.
      if (no_length && version[0] == "--http1.0") continue;
      if (no_length && (framing.size() > 2) != (version[0] == "--http1.1")) continue;
      const Signed delivery = hooks.next();
      const std::string body = (stage.directory / "framed").string();
      std::ofstream(body) << delivery.body << std::flush;
      const std::size_t before = recorded(stage);
      const fs::path log = stage.directory / "framed.log";
      fs::remove(log);
      for (int i = 0; i < 2; ++i) {
        Options words{"/usr/bin/curl",
                      "-s",
                      "-w",
                      "%{http_code} %{http_version}\n",
                      "--cacert",
                      certificate.string(),
                      "-H",
                      "videosdk-signature: " + delivery.signature,
                      "-H",
                      "Content-Type: application/json",
                      "--data-binary",
                      "@" + body};
        words.insert(words.end(), version.begin(), version.end());
        words.insert(words.end(), framing.begin(), framing.end());
        words.push_back("https://127.0.0.1:" + std::to_string(port) + "/hooks/agents");
        Child curl(words, {}, log);
        CHECK(curl.wait(seconds{20}) == 0);
      }
      const std::string said = "200 " + version[0].substr(6, 1);
      CAPTURE(version, framing, read_file(log));
      CHECK(recorded(stage) == before + 1);
      CHECK(read_file(log).starts_with("{\"status\":\"held\"}" + said));
      CHECK(read_file(log).find("{\"status\":\"duplicate\"}" + said) != std::string::npos);
    }
  }
}

// `server` is the example, or one like it.
std::unique_ptr<Child> start_nginx(Stage& stage, int port, std::string server) {
  const std::string here = stage.directory.string();
  write_certificate(stage.directory, "hooks");
  replace(server, "127.0.0.1:8471", "127.0.0.1:" + std::to_string(stage.webhook_port));
  replace(server, "listen 443 ssl", "listen 127.0.0.1:" + std::to_string(port) + " ssl http2");
  replace(server, "/etc/ssl/hooks.example.org.pem", here + "/hooks.pem");
  replace(server, "/etc/ssl/private/hooks.example.org.key", here + "/hooks.key");
  std::ofstream conf(stage.directory / "nginx.conf");
  conf << "daemon off;\nmaster_process off;\npid " << here
       << "/nginx.pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n";
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
    conf << kind << "_temp_path " << here << "/nginx_" << kind << ";\n";
  }
  conf << server << "}\n" << std::flush;
  return std::make_unique<Child>(
      std::vector<std::string>{program("usr/sbin/nginx"), "-p", here, "-c", here + "/nginx.conf"},
      std::map<std::string, std::string>{}, stage.directory / "nginx.log");
}

// Deliveries that come while the daemon is away are refused, and taken when it is back.
void check_restart(Stage& stage, Hooks& hooks, int port, const fs::path& certificate) {
  stage.kill_daemon();
  const auto client = https_client(port, certificate);
  const Signed delivery = hooks.next();
  const int refused = Hooks::send(*client, delivery);
  CHECK((refused == 502 || refused == 503));
  stage.start_daemon();
  REQUIRE(stage.ready());
  CHECK(eventually(seconds{20}, [&] { return Hooks::send(*client, delivery) == 200; }));
}

}  // namespace

TEST_CASE(
    "https of the daemon's own: a reload takes a renewed certificate and refuses one that does not fit") {
  Stage stage(idle_plan);
  Hooks hooks(stage);
  const fs::path chain = use_https(stage);
  stage.write_plans(idle_plan);
  stage.start_daemon();
  REQUIRE(stage.ready());
  check_deliveries(stage, hooks, stage.webhook_port, chain);
  check_too_large(stage, stage.webhook_port, chain);

  const fs::path old = stage.directory / "old.pem";
  fs::copy_file(chain, old);
  write_certificate(stage.directory, "hooks");
  stage.daemon->send(SIGHUP);
  CHECK(eventually(seconds{20}, [&] {
    return Hooks::send(*https_client(stage.webhook_port, chain), hooks.next()) == 200;
  }));
  CHECK(Hooks::send(*https_client(stage.webhook_port, old), hooks.next()) == 0);

  write_certificate(stage.directory, "other");
  fs::copy_file(stage.directory / "other.key", stage.directory / "hooks.key",
                fs::copy_options::overwrite_existing);
  std::string output;
  CHECK(stage.run_cli({"reload"}, &output) != 0);
  INFO(output);
  CHECK(output.find("keeper.yaml:") != std::string::npos);
  CHECK(output.find("the key in key_file does not belong to the certificate") != std::string::npos);
  CHECK(output.find("PRIVATE KEY") == std::string::npos);
  CHECK(Hooks::send(*https_client(stage.webhook_port, chain), hooks.next()) == 200);
}

TEST_CASE("behind nginx as in the example, deliveries keep their meaning") {
  Stage stage(idle_plan);
  Hooks hooks(stage);
  stage.write_plans(idle_plan);
  stage.start_daemon();
  REQUIRE(stage.ready());
  const int port = free_port();
  const auto nginx = start_nginx(stage, port, example("nginx.conf"));
  check_deliveries(stage, hooks, port, stage.directory / "hooks.pem");
  check_framings(stage, hooks, port, stage.directory / "hooks.pem");
  check_too_large(stage, port, stage.directory / "hooks.pem");
  check_restart(stage, hooks, port, stage.directory / "hooks.pem");
}

TEST_CASE("behind nginx that passes bodies on unbuffered, or speaks HTTP/1.0, each framing is taken") {
  Stage stage(idle_plan);
  Hooks hooks(stage);
  stage.write_plans(idle_plan);
  stage.start_daemon();
  REQUIRE(stage.ready());
  std::string server = example("nginx.conf");
  SECTION("unbuffered: what has no length goes on in chunks") {
    replace(server, "proxy_http_version 1.1;", "proxy_http_version 1.1; proxy_request_buffering off;");
  }
  SECTION("as nginx does it where nothing is said") {
    replace(server, "proxy_http_version 1.1;", "");
    replace(server, "proxy_set_header Connection \"\";", "");
    replace(server, "proxy_set_header Host $host;", "");
  }
  const int port = free_port();
  const auto nginx = start_nginx(stage, port, server);
  REQUIRE(eventually(seconds{20}, [&] {
    return Hooks::send(*https_client(port, stage.directory / "hooks.pem"), {"{}", "bad"}) == 401;
  }));
  check_framings(stage, hooks, port, stage.directory / "hooks.pem");
}

TEST_CASE("behind Caddy as in the example, deliveries keep their meaning") {
  Stage stage(idle_plan);
  Hooks hooks(stage);
  stage.write_plans(idle_plan);
  stage.start_daemon();
  REQUIRE(stage.ready());
  const int port = free_port();
  const std::string here = stage.directory.string();
  write_certificate(stage.directory, "hooks");
  std::string server = example("Caddyfile");
  replace(server, "127.0.0.1:8471", "127.0.0.1:" + std::to_string(stage.webhook_port));
  replace(server, "\nhooks.example.org {",
          "\nhttps://127.0.0.1:" + std::to_string(port) + " {\n\tbind 127.0.0.1\n\ttls " + here +
              "/hooks.pem " + here + "/hooks.key");
  std::ofstream(stage.directory / "Caddyfile") << "{\n\tadmin off\n\tauto_https disable_redirects\n}\n"
                                               << server;
  Child caddy({program("usr/bin/caddy"), "run", "--adapter", "caddyfile", "--config", here + "/Caddyfile"},
              {{"HOME", here}}, stage.directory / "caddy.log");
  check_deliveries(stage, hooks, port, stage.directory / "hooks.pem");
  check_framings(stage, hooks, port, stage.directory / "hooks.pem");
  check_too_large(stage, port, stage.directory / "hooks.pem");
  check_restart(stage, hooks, port, stage.directory / "hooks.pem");
}
