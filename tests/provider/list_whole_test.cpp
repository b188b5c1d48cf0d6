// Which lists are shown to be whole. Only such a list proves that something is absent.
#include "net/fake_server.h"
#include "provider/support.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;

namespace {

std::string json_objects(const std::string& id, int count, int from = 0) {
  std::string text;
  for (int n = from; n < from + count; ++n) {
    text += (text.empty() ? "" : ",") + ("{\"" + id + "\":\"r" + std::to_string(n)) +
            "\",\"status\":\"running\"}";
  }
  return text;
}

// The list that a server gives whose pages are these.
Reply list_of(const ProviderSettings& settings_without_url, const std::vector<std::string>& pages) {
  FakeServer server([&](const Received& request, Wire& wire) {
    const std::size_t at = request.target.find("page=");
    const std::size_t page = at == std::string::npos ? 1 : std::stoul(request.target.substr(at + 5));
    wire.send(reply(200, pages.at(std::min(page, pages.size()) - 1)));
  });
  ProviderSettings settings = settings_without_url;
  settings.base_url = server.url();
  return waiting_provider(settings, {})->list(effect_of(EffectKind::list));
}

bool is_whole(const ProviderSettings& settings, const std::vector<std::string>& pages) {
  const Reply reply = list_of(settings, pages);
  REQUIRE(reply.remotes.ok());
  return reply.whole;
}

ProviderSettings described_at(const std::string& path, NextPage next = {}) {
  ProviderSettings settings = settings_for(ProviderType{"http"}, "");
  settings.description.id = {"/id"};
  settings.description.list = {DescribedCall{"GET", path, "", "/items", {}, std::move(next)}};
  return settings;
}

std::string described_page(int count, const std::string& more = "") {
  return R"({"items":[)" + json_objects("id", count) + "]" + more + "}";
}

}  // namespace

TEST_CASE("a list of VideoSDK is whole when its count or an empty or short page says so") {
  const ProviderSettings settings = settings_for(ProviderType{"videosdk"}, "");
  const auto page = [](int count, int from, const std::string& info) {
    return R"({"data":[)" + json_objects("sessionId", count, from) + R"(],"pageInfo":)" + info + "}";
  };
  CHECK(is_whole(settings, {page(2, 0, R"({"perPage":2,"totalItems":3})"),
                            page(1, 2, R"({"perPage":2,"totalItems":3})")}));
  CHECK(is_whole(settings, {page(0, 0, "{}")}));
  CHECK(is_whole(settings, {page(1, 0, R"({"perPage":10})")}));
  CHECK(is_whole(settings, {page(2, 0, "{}"), page(0, 0, "{}")}));
  // Its count is larger than what it shows: a page ended early, or is missing.
  CHECK_FALSE(is_whole(settings, {page(2, 0, R"({"perPage":2,"totalItems":5})"),
                                  page(0, 0, R"({"perPage":2,"totalItems":5})")}));
  CHECK_FALSE(is_whole(settings, {page(2, 0, R"({"perPage":2,"totalItems":5})")}));
  // A server that gives the same full page again and again.
  CHECK_FALSE(is_whole(settings, {page(100, 0, "{}")}));
}

TEST_CASE("what a cut list of VideoSDK does not show is not gone") {
  FakeServer server([](const Received& request, Wire& wire) {
    const bool list = request.target.find("page=") != std::string::npos;
    wire.send(list ? reply(200, R"({"data":[{"sessionId":"x"}],"pageInfo":{"perPage":1,"totalItems":9}})")
                   : reply(404, "{}"));
  });
  const auto provider = waiting_provider(settings_for(ProviderType{"videosdk"}, server.url()), {});
  const Reply reply = provider->observe(effect_of(EffectKind::observe, "a"));
  REQUIRE_FALSE(reply.remotes.ok());
  CHECK(reply.remotes.error().kind != ErrorKind::gone);
}

TEST_CASE("a list of Notte is whole when it says that no page follows") {
  const ProviderSettings settings = settings_for(ProviderType{"notte"}, "");
  const auto page = [](int count, const std::string& more) {
    return R"({"items":[)" + json_objects("session_id", count) + "]" + more + "}";
  };
  CHECK(is_whole(settings, {page(2, R"(,"has_next":false)")}));
  CHECK_FALSE(is_whole(settings, {page(2, "")}));
  CHECK_FALSE(is_whole(settings, {page(50, R"(,"has_next":true)"), page(0, R"(,"has_next":true)")}));
}

TEST_CASE("a described list without pages is whole unless it is as long as a page") {
  CHECK(is_whole(described_at("/all"), {described_page(3)}));
  CHECK_FALSE(is_whole(described_at("/all"), {described_page(20)}));
  CHECK_FALSE(is_whole(described_at("/all"), {described_page(100)}));
  CHECK(is_whole(described_at("/all?limit=200"), {described_page(100)}));
  CHECK_FALSE(is_whole(described_at("/all?limit=7"), {described_page(7)}));
  CHECK_FALSE(is_whole(described_at("/all?state=up&pageSize=5"), {described_page(6)}));
  CHECK(is_whole(described_at("/all?account=5"), {described_page(6)}));
  CHECK(is_whole(described_at("/all", {NextPage::Form::whole}), {described_page(100)}));
}

TEST_CASE("the age that a cache tells is added to an answer's Date") {
  const auto date_of = [](const std::string& headers) {
    FakeServer server([&](const Received&, Wire& wire) {
      wire.send(reply(200, R"({"items":[],"has_next":false})",
                      "Date: Fri, 20 Nov 2026 10:00:00 GMT\r\n" + headers));
    });
    const auto provider = waiting_provider(settings_for(ProviderType{"notte"}, server.url()), {});
    return provider->list(effect_of(EffectKind::list)).provider_now;
  };
  CHECK(date_of("") == wall("2026-11-20T10:00:00Z"));
  CHECK(date_of("Age: 3600\r\n") == wall("2026-11-20T11:00:00Z"));
  CHECK(date_of("Age: old\r\n") == wall("2026-11-20T10:00:00Z"));
}
