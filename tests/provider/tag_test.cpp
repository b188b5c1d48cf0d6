#include "provider/tag.h"

#include <algorithm>

#include "catch.h"

using namespace keeper;

namespace {

const InstanceId this_store{"fedcba9876543210fedcba9876543210"};
const SessionId tagged{"0123456789abcdef0123456789abcdef"};
const std::string old_form = this_store.str() + "/" + tagged.str();

}  // namespace

TEST_CASE("a tag is what providers take for a label: 63 characters of a-z, 0-9 and the hyphen") {
  const std::string tag = start_tag(this_store, tagged);
  CHECK(tag == "0123456789abcdef0123456789abcdef-fedcba9876543210fedcba98765432");
  CHECK(tag.size() == 63);
  CHECK(tag.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos);
}

TEST_CASE("a tag names its session whole, and cut as far as its instance is still known") {
  const std::string tag = start_tag(this_store, tagged);
  for (std::size_t size = 41; size <= tag.size(); ++size) {
    INFO(size);
    CHECK(session_of_tag(tag.substr(0, size), this_store, {}) == tagged);
  }
  CHECK_FALSE(session_of_tag(tag.substr(0, 40), this_store, {}));
  // Who looks for it knows it by less.
  CHECK(session_of_tag(tag.substr(0, 32), this_store, tagged) == tagged);
  CHECK(session_of_tag("0123456789ABCDEF0123456789ABCDEF-FEDCBA9876543210", this_store, {}) == tagged);
}

TEST_CASE("the tags of releases before are read, whole and cut") {
  CHECK(session_of_tag(old_form, this_store, {}) == tagged);
  for (std::size_t size = 57; size < old_form.size(); ++size) {
    INFO(size);
    CHECK(session_of_tag(old_form.substr(0, size), this_store, {}) ==
          SessionId{tagged.str().substr(0, size - 33)});
  }
  CHECK_FALSE(session_of_tag(old_form.substr(0, 50), this_store, {}));
  std::string other = old_form;
  std::replace(other.begin(), other.end(), '/', '-');
  CHECK(session_of_tag(other, this_store, {}) == tagged);
}

TEST_CASE("the tags of another instance, and what is no tag, name nothing") {
  const InstanceId staging{"00000000000000000000000000000000"};
  CHECK_FALSE(session_of_tag(start_tag(staging, tagged), this_store, {}));
  CHECK_FALSE(session_of_tag(start_tag(staging, tagged), this_store, tagged));
  CHECK_FALSE(session_of_tag(staging.str() + "/" + tagged.str(), this_store, tagged));
  for (const char* text : {"", "-", "v1.0", "0123456789abcdef0123456789abcdef", "somebody's own label"}) {
    CHECK_FALSE(session_of_tag(text, this_store, {}));
  }
}

TEST_CASE("a UUID of ours has the shape of version 4, and names its session and no other store's") {
  const std::string uuid = start_uuid(this_store, tagged);
  CHECK(uuid == "01234567-89ab-4cde-9f01-234567fedcba");
  const auto named = session_of_tag(uuid, this_store, {});
  REQUIRE(named);
  CHECK(named->str() == tagged.str().substr(0, 24));
  CHECK(session_of_tag("01234567-89AB" + uuid.substr(13), this_store, tagged) == tagged);
  CHECK(start_uuid(this_store, SessionId{std::string(32, 'a')}) != uuid);
  CHECK_FALSE(session_of_tag(uuid, InstanceId{std::string(32, 'a')}, {}));
  CHECK_FALSE(session_of_tag("01234567-89ab-4cde-9f01-234567fedcbb", this_store, tagged));
  CHECK_FALSE(session_of_tag("01234567-89ab-5cde-9f01-234567fedcba", this_store, tagged));
}
