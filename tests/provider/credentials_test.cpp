#include "provider/credentials.h"

#include <algorithm>

#include "provider/provider_api.h"
#include "provider/support.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;

TEST_CASE("each secret of a provider is among its credentials, also as a query has it") {
  ProviderSettings settings;
  settings.api_key = Secret{"planted key"};
  settings.secret = Secret{"planted-secret"};
  settings.token = Secret{"planted-token"};
  settings.proxy = Secret{"http://user:planted@proxy:3128"};
  settings.description.credentials = {{"other", Secret{"planted&other"}}};
  const std::vector<Secret> all = credentials_of(settings);
  for (const char* text : {"planted key", "planted%20key", "planted-secret", "planted-token",
                           "http://user:planted@proxy:3128", "planted&other", "planted%26other"}) {
    INFO(text);
    CHECK(std::find(all.begin(), all.end(), Secret{text}) != all.end());
  }
}

TEST_CASE("what is no credential of a provider takes no words out of its texts") {
  ProviderSettings settings = settings_for(ProviderType{"notte"}, "http://127.0.0.1:1");
  settings.api_key = Secret{"abc"};
  settings.proxy = Secret{"none"};
  const ProviderApi api(settings, [] { return std::string(); });
  CHECK(api.harmless(api.begin(), "none of abc") == "none of abc");
}

TEST_CASE("a credential that holds another one leaves nothing of itself in a text") {
  ProviderSettings settings = settings_for(ProviderType{"notte"}, "http://127.0.0.1:1");
  settings.api_key = Secret{"abcd"};
  settings.secret = Secret{"abcd-efgh"};
  const ProviderApi api(settings, [] { return std::string(); });
  CHECK(api.harmless(api.begin(), "x abcd-efgh y") == "x [secret] y");
}
