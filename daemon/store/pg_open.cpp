// How a connection is opened, at which of the hosts that a URL names.
#include <poll.h>

#include <algorithm>

#include "settings/database_url.h"
#include "store/pg.h"

namespace keeper::pg {
namespace {

constexpr const char* default_port = "5432";

// By commas, as libpq's lists are. Nothing for an empty text.
std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; !list.empty() && at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    parts.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

}  // namespace

// libpq itself goes on to the next host only where the one before refuses, and not where it is silent, as a
// machine without power is. Where the parts do not go together, libpq says so.
std::vector<Connection::Place> Connection::places_of(const std::string& url) {
  auto parts = database_url_parts(url);
  if (!parts) throw Failed("the URL " + database_url_fault(url));
  const std::vector<std::string> hosts = split((*parts)["host"]);
  const std::vector<std::string> addresses = split((*parts)["hostaddr"]);
  std::vector<std::string> ports = split((*parts)["port"]);
  const std::size_t count = std::max(hosts.size(), addresses.size());
  if (ports.size() == 1) ports.resize(count, ports.front());
  const auto fits = [count](const std::vector<std::string>& list) {
    return list.empty() || list.size() == count;
  };
  const auto has_gap = [](const std::vector<std::string>& list) {
    return std::find(list.begin(), list.end(), "") != list.end();
  };
  const bool is_plain =
      fits(hosts) && fits(addresses) && fits(ports) && !has_gap(hosts) && !has_gap(addresses);
  if (count < 2 || !is_plain) return {Place{}};
  std::vector<Place> places(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (!hosts.empty()) places[i].host = hosts[i];
    if (!addresses.empty()) places[i].address = addresses[i];
    if (!ports.empty()) places[i].port = ports[i].empty() ? default_port : ports[i];
  }
  return places;
}

std::unique_ptr<Connection> Connection::open(const std::string& url, const std::string& password,
                                             Millis limit) {
  const Mono until = BootClock::now() + limit;
  const std::vector<Place> places = places_of(url);
  std::string why;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Mono now = BootClock::now();
    try {
      return open_at(places[i], url, password,
                     now + (until - now) / static_cast<Millis::rep>(places.size() - i));
    } catch (const Failed& failure) {
      why += (why.empty() ? "" : "; ") + std::string(failure.what());
    }
  }
  throw Failed(why);
}

std::unique_ptr<Connection> Connection::open_at(const Place& place, const std::string& url,
                                                const std::string& password, Mono until) {
  const Mono begun = BootClock::now();
  std::vector<const char*> keys;
  std::vector<const char*> values;
  const auto set = [&](const char* key, const char* value) {
    keys.push_back(key);
    values.push_back(value);
  };
  set("application_name", "session-keeper");
  set("target_session_attrs", "read-write");
  set("tcp_user_timeout", "5000");
  set("keepalives_idle", "5");
  set("keepalives_interval", "2");
  set("keepalives_count", "2");
  // The URL overrules what stands before it, and is overruled by what stands after it and is not empty.
  set("dbname", url.c_str());
  set("client_encoding", "UTF8");
  set("password", password.c_str());
  set("host", place.host.c_str());
  set("hostaddr", place.address.c_str());
  set("port", place.port.c_str());
  set(nullptr, nullptr);
  std::unique_ptr<Connection> opened(new Connection(PQconnectStartParams(keys.data(), values.data(), 1)));
  PGconn* connection = opened->connection_;
  if (connection == nullptr) throw Failed("there is no memory for a connection");
  PQsetNoticeReceiver(connection, note_warning, &opened->warning_);
  if (PQstatus(connection) == CONNECTION_BAD) opened->fail();
  PostgresPollingStatusType step = PGRES_POLLING_WRITING;
  while (step != PGRES_POLLING_OK) {
    if (!wait_for(PQsocket(connection), step == PGRES_POLLING_READING ? POLLIN : POLLOUT, until)) {
      const std::string& name = place.host.empty() ? place.address : place.host;
      throw Failed((name.empty() ? "the database" : name) + " did not answer within " +
                   to_text(until - begun));
    }
    step = PQconnectPoll(connection);
    if (step == PGRES_POLLING_FAILED) opened->fail();
  }
  if (PQsetnonblocking(connection, 1) != 0 || PQenterPipelineMode(connection) != 1) opened->fail();
  opened->end_statements_when_gone(until);
  return opened;
}

// The server then ends a statement whose client has given it up. It would wait for its lock as long as that
// is held otherwise, beside all those that were sent after it.
void Connection::end_statements_when_gone(Mono until) {
  static const std::string text = "SET client_connection_check_interval = 1000";
  try {
    pg::run(*this, text, until - BootClock::now());
  } catch (const Failed& failure) {
    // Not every system's server can.
    if (failure.state().empty()) throw;
  }
}

}  // namespace keeper::pg
