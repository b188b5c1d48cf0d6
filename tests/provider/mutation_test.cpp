#include <random>

#include "provider/notte/notte.h"
#include "provider/sonoran_cms/sonoran_cms.h"
#include "provider/support.h"
#include "provider/videosdk/videosdk.h"
#include "provider/videosdk/videosdk_webhook.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;

namespace {

const std::vector<std::string> goldens{"legacy_start_200.json",    "notte_422.json",
                                       "notte_429.json",           "notte_503.json",
                                       "notte_list_200.json",      "notte_session_active.json",
                                       "sonoran_429_gateway.json", "sonoran_problem_401.json",
                                       "sonoran_start_201.json",   "videosdk_details_200.json",
                                       "videosdk_end_200.json",    "videosdk_list_200.json",
                                       "videosdk_start_200.json",  "videosdk_webhook_started.json"};

using Random = std::mt19937;

std::size_t below(Random& random, std::size_t limit) {
  return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
}

// Values that a hostile or careless provider puts where another is due.
const std::vector<std::string> odd_values{"null",
                                          "true",
                                          "-1",
                                          "1e400",
                                          "18446744073709551616",
                                          "\"\"",
                                          "[]",
                                          "{}",
                                          "[[[[]]]]",
                                          "\"\\u0000\"",
                                          "0.5",
                                          "9223372036854775807",
                                          "\"9999-99-99T99:99:99Z\"",
                                          "\"session-\"",
                                          "{\"message\":{\"message\":1}}"};

std::string mutated(std::string text, Random& random) {
  for (std::size_t i = below(random, 4) + 1; i > 0; --i) {
    const std::size_t at = below(random, text.size());
    const std::size_t colon = text.find(':', at);
    switch (below(random, 4)) {
      case 0:
        text[at] = static_cast<char>(text[at] ^ (1 << below(random, 8)));
        break;
      case 1:
        text.erase(at, below(random, 20) + 1);
        break;
      case 2:
        text.insert(at, text.substr(below(random, text.size()), 30));
        break;
      case 3:
        if (colon != std::string::npos) {
          const std::size_t end = std::min(text.find_first_of(",}\n", colon), text.size());
          text.replace(colon + 1, end - colon - 1, odd_values[below(random, odd_values.size())]);
        }
        break;
    }
    if (text.empty()) text = "{";
  }
  return text;
}

void check_remote(const Result<Remote>& remote) {
  if (!remote) return;
  const bool good = !remote->id.empty() && remote->id.str().size() <= 512 &&
                    is_terminal(remote->state) == (remote->progress == Progress::ended) &&
                    (!remote->idle_timeout || *remote->idle_timeout > Millis::zero());
  if (!good) FAIL("an impossible remote: " << remote->id.str());
}

}  // namespace

TEST_CASE("no answer, however wrong, is more than an error") {
  Random random(20261121);
  int understood = 0;
  for (int round = 0; round < 6000; ++round) {
    const std::string text = mutated(golden(goldens[below(random, goldens.size())]), random);
    INFO(round << ": " << text);
    const HttpResponse response{
        static_cast<int>(100 + below(random, 500)), text, {{"Retry-After", text}}, {}};
    for (const Purpose purpose : {Purpose::start, Purpose::read, Purpose::change}) {
      const Error error = refusal(response, purpose, Wall{});
      if (error.retry_after && *error.retry_after > Seconds{3600}) FAIL("waits too long");
      if (purpose == Purpose::start && error.kind == ErrorKind::gone) FAIL("a start cannot be gone");
    }
    static_cast<void>(videosdk_delivery(text, ProviderName{"p"}, Wall{}));
    const auto json = parse_json(text);
    if (!json) continue;
    ++understood;
    for (const Json* part : {&*json, &member(*json, "data")}) {
      check_remote(notte_remote(*part));
      check_remote(videosdk_remote(*part));
      check_remote(sonoran_remote(*part));
    }
  }
  CHECK(understood > 500);
}
