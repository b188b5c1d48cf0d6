// What one vendor's API looks like and how its sessions live: the table from which the engine serves it.
// Immutable once made; any thread. A vendor is one file: its calls, its words, the lifetimes that a start
// asks for, how it shows a session, how its list is paged. Nothing in it knows of faults, switches or the
// ledger.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sandbox/codec.h"
#include "sandbox/remote.h"
#include "sandbox/time.h"
#include "sandbox/wire.h"

namespace sandbox {

// The answer in which a session is shown.
enum class Place { started, read, item };

struct Shown {
  const Remote& remote;
  const VendorSession& session;
  std::string word;  // the vendor's, for the state that is told
  Time created_at;   // as it is told
  std::optional<Time> ended_at;
  Place place;
};

struct VendorCall {
  enum class Does { start, read, list, stop, erase, extend };

  Does does;
  Operation operation;
  const char* method;
  const char* path;  // below the root; {id} stands for one segment
  int status = 200;
  // Null: the session, or the list. Empty: an empty answer.
  const char* body = nullptr;
  // Reads the body into the session, and says what is wrong with it. Null: there is nothing to read.
  std::string (*take)(const Json& body, VendorSession& session, Time now) = nullptr;
};

struct StateWords {
  const char* starting;
  const char* running;
  const char* stopped;
  const char* timed_out;
  const char* failed;
};

// How the query of a list is read; null where the vendor has no such parameter.
struct PageQuery {
  const char* limit = nullptr;
  const char* number = nullptr;  // of the page, from 1
  const char* offset = nullptr;  // of the first item, from 0
  const char* after = nullptr;   // the id of the last item before
  std::size_t usual = 100;       // items in a page that asks for no limit
  std::size_t most = 100;
};

// One page of a list. left: how many items follow it.
struct Page {
  Json items = Json::array();
  std::size_t number = 1;
  std::size_t offset = 0;
  std::size_t limit = 0;
  std::size_t total = 0;
  std::size_t left = 0;
  std::string last_id{};
};

// Where a list has its items, and what an item calls its id and its state.
struct ListShape {
  const char* member;  // empty: the answer is the array
  const char* id;
  const char* state;
  const char* ended;
  const char* live;
};

struct Vendor {
  Provider provider;
  const char* root;
  const char* key_header;  // authorization: a bearer token
  std::size_t id_digits;   // 0: a UUID
  bool forgets;            // what has ended is not known any more
  bool bills_until_erased;
  StateWords words;
  ListShape list;
  PageQuery query;
  std::vector<VendorCall> calls;
  Json (*show)(const Shown& shown);
  bool (*lists)(const Shown& shown, const Request& request);
  bool (*shows_erased)(const Request& request);
  Answer (*page)(Page page);
  Json (*error)(int status, const std::string& message);
};

// All of them, in the order in which they are printed.
const std::vector<Vendor>& vendors();
// Null for a provider with a model of its own.
const Vendor* vendor_of(Provider provider);

const Vendor& browserbase();
const Vendor& e2b();
const Vendor& kernel();
const Vendor& steel();
const Vendor& browser_use();
const Vendor& daytona();

}  // namespace sandbox
