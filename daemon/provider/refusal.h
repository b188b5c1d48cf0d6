// What an answer means that is not the expected one: its kind of error, its text, and how long to wait.
// Statuses are judged here by what HTTP says of them; what one provider says otherwise is in that provider's
// folder (OddAnswer). The functions keep no state, and any thread may call them.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "net/http_client.h"
#include "net/retry_after.h"
#include "provider/answer_json.h"

namespace keeper {

// What the call does there. start: makes a remote, must not be repeated blindly. change: may be repeated.
enum class Purpose { start, read, change };

// The provider's own words, from JSON (message, error, detail ... in the shapes of all three), text or HTML.
// Not yet printable and not yet free of secrets.
std::string text_of(const HttpResponse& response);
std::string text_in(const Json& answer);

// A page for a browser, such as a proxy's or a firewall's, which no API sends: nothing was carried out.
bool is_page(const HttpResponse& response);

// For any answer that is no success. `what` is the provider's text alone.
Error refusal(const HttpResponse& response, Purpose purpose, Wall now);

// For a 2xx that is not the answer that was asked for.
Error misunderstood(Purpose purpose, std::string what);

// For a stop that was refused though a read still shows the session: it is asked for again.
Error contradicted(Error error);

}  // namespace keeper
