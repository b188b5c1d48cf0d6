#include "net/odd_answers.h"

#include <algorithm>
#include <ctime>
#include <iomanip>
#include <locale>
#include <sstream>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace keeper::test {
namespace {

using enum WireEnd;
using enum Proof;

const std::string json_head = "Content-Type: application/json\r\nDate: @date\r\n";
const std::string rest = json_head + "Content-Length: @length\r\n\r\n@body";
const std::string whole = "HTTP/1.1 200 OK\r\n" + rest;
const std::string chunked = "HTTP/1.1 200 OK\r\n" + json_head + "Transfer-Encoding: chunked\r\n\r\n@chunks";
const std::string planted = "HTTP/1.1 404 Not Found\r\nContent-Length: 16\r\n\r\n{\"planted\":true}";

std::string said(int status, const std::string& headers = "",
                 const std::string& body = "{\"error\":\"odd\"}") {
  return "HTTP/1.1 " + std::to_string(status) + " Said\r\n" + json_head + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

OddAnswer not_acted_on(std::string name, Proof proof, std::string bytes, WireEnd ending = keeps) {
  OddAnswer answer{std::move(name), proof, std::move(bytes), ending};
  answer.acts = false;
  return answer;
}

OddAnswer at_once(std::string name, std::string bytes, WireEnd ending, bool acts) {
  OddAnswer answer{std::move(name), nothing, std::move(bytes), ending};
  answer.unprompted = true;
  answer.acts = acts;
  return answer;
}

using All = std::vector<OddAnswer>;

void add_interim(All& all) {
  const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  all.push_back({"100, then the answer", done, go_on + whole});
  all.push_back({"102, then the answer", done, "HTTP/1.1 102 Processing\r\n\r\n" + whole});
  all.push_back(
      {"103 with headers, then the answer", done,
       "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nRetry-After: 7\r\nContent-Length: 9\r\n\r\n" + whole});
  all.push_back({"103, then a close", nothing, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", closes});
  all.push_back({"1xx without end", nothing, repeated(go_on, 8000), hangs});
  all.push_back({"101 unasked", nothing, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", closes});
}

void add_successes(All& all) {
  all.push_back({"201 with the answer", done, "HTTP/1.1 201 Created\r\n" + rest});
  all.push_back({"202 with the answer", done, "HTTP/1.1 202 Accepted\r\n" + rest});
  all.push_back({"206 with the answer", done, "HTTP/1.1 206 Partial Content\r\n" + rest});
  all.push_back({"299 with the answer", done, "HTTP/1.1 299 Odd\r\n" + rest});
  all.push_back({"200 of 0 bytes", nothing, said(200, "", "")});
  all.push_back({"202 of 0 bytes", nothing, said(202, "", "")});
  all.push_back({"204", nothing, "HTTP/1.1 204 No Content\r\nDate: @date\r\n\r\n"});
  all.push_back({"205", nothing, "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n"});
  all.push_back({"200 {}", nothing, said(200, "", "{}")});
}

void add_redirects(All& all) {
  const auto to = [](int status, const std::string& location) {
    return said(status, "Location: " + location + "\r\n", "");
  };
  for (const int status : {301, 302, 303})
    all.push_back({std::to_string(status) + " within the origin", nothing, to(status, "@target")});
  all.push_back({"303 elsewhere", nothing, to(303, "https://elsewhere.example/")});
  all.push_back(not_acted_on("307 within the origin", done, to(307, "@target")));
  all.push_back(not_acted_on("308 within the origin", done, to(308, "@target")));
  all.push_back(not_acted_on("307 to a target with %2F", done, to(307, "/odd%2Fplace@target")));
  all.push_back({"307 elsewhere", nothing, to(307, "https://elsewhere.example@target")});
  all.push_back({"307 without a scheme", nothing, to(307, "//elsewhere.example@target")});
  all.push_back({"307 to a relative path", nothing, to(307, "elsewhere")});
  all.push_back({"307 to nonsense", nothing, to(307, "http://[::1")});
  all.push_back({"307 without a Location", nothing, said(307, "", "")});
  all.push_back({"307 whose body does not end", nothing,
                 "HTTP/1.1 307 Said\r\nLocation: @target\r\nContent-Length: 900\r\n\r\n", hangs});
  all.push_back({"300", nothing, said(300)});
  all.push_back({"304", nothing, "HTTP/1.1 304 Not Modified\r\nDate: @date\r\n\r\n"});
}

void add_refusals(All& all) {
  for (const int status : {400, 401, 403, 404, 409, 410, 422, 425})
    all.push_back(not_acted_on(std::to_string(status), refused, said(status)));
  for (const int status : {408, 500, 502, 504, 599})
    all.push_back({std::to_string(status), nothing, said(status)});
  all.push_back({"503, Retry-After 40", nothing, said(503, "Retry-After: 40\r\n")});
  all.push_back(
      {"502 with a page of a proxy", nothing,
       "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n<html>bad</html"});
  const auto limited = [&](const std::string& what, const std::string& headers) {
    all.push_back(not_acted_on("429, " + what, refused, said(429, headers)));
  };
  limited("Retry-After 40", "Retry-After: 40\r\n");
  limited("Retry-After as a date", "Retry-After: @imf\r\n");
  limited("Retry-After as in RFC 850", "Retry-After: @rfc850\r\n");
  limited("Retry-After as of asctime", "Retry-After: @asctime\r\n");
  limited("Retry-After -5", "Retry-After: -5\r\n");
  limited("Retry-After 10^12", "Retry-After: 1000000000000\r\n");
  limited("Retry-After twice", "Retry-After: 40\r\nRetry-After: 3\r\n");
  all.push_back(not_acted_on("402", refused, said(402)));
}

void add_dates(All& all) {
  const auto dated = [&](const std::string& what, const std::string& headers) {
    all.push_back({what, done,
                   "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + headers +
                       "Content-Length: @length\r\n\r\n@body"});
  };
  dated("no Date", "");
  dated("a Date of 1970", "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n");
  dated("a Date of an hour ago", "Date: @ago\r\n");
  dated("a Date of an hour ago with its Age", "Date: @ago\r\nAge: 3600\r\n");
  dated("a Date in an hour", "Date: @ahead\r\n");
  dated("a Date that is none", "Date: yesterday\r\n");
}

void add_framings(All& all) {
  const std::string open_head = "HTTP/1.1 200 OK\r\n" + json_head;
  all.push_back({"chunks with extensions and trailers", done,
                 open_head +
                     "Transfer-Encoding: chunked\r\nTrailer: Retry-After\r\n\r\n"
                     "@chunks0;last=\"1\"\r\nRetry-After: 9\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n"});
  all.push_back({"a chunk whose size is no number", nothing,
                 open_head + "Transfer-Encoding: chunked\r\n\r\nZZ\r\n@body\r\n0\r\n\r\n", closes});
  all.push_back({"a chunk of 2^64 bytes", nothing,
                 open_head + "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n@body\r\n0\r\n\r\n",
                 closes});
  all.push_back({"chunks without a last one", nothing, chunked, closes});
  all.push_back({"a Content-Length that is too large", nothing,
                 open_head + "Content-Length: 100000\r\n\r\n@body", closes});
  all.push_back(
      {"a Content-Length that is too small", nothing, open_head + "Content-Length: 1\r\n\r\n@body"});
  all.push_back(
      {"a Content-Length below zero", nothing, open_head + "Content-Length: -1\r\n\r\n@body", closes});
  all.push_back({"a Content-Length of 2^64", done,
                 open_head + "Content-Length: 18446744073709551616\r\n\r\n@body", closes});
  all.push_back({"the same Content-Length twice", done,
                 open_head + "Content-Length: @length\r\nContent-Length: @length\r\n\r\n@body", closes});
  all.push_back({"two Content-Lengths", nothing,
                 open_head + "Content-Length: @length\r\nContent-Length: 3\r\n\r\n@body", closes});
  all.push_back({"chunks and a Content-Length", done,
                 open_head + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n@chunks0\r\n\r\n"});
  all.push_back({"a Transfer-Encoding that nobody knows", nothing,
                 open_head + "Transfer-Encoding: rot13\r\n\r\n@body", closes});
  all.push_back({"no length, ended by a close", done, open_head + "\r\n@body", closes});
  all.push_back({"HTTP/1.0", done, "HTTP/1.0 200 OK\r\n" + json_head + "\r\n@body", closes});
  all.push_back({"HTTP/0.9", nothing, "@body", closes});
  all.push_back({"HTTP/3.1", nothing, "HTTP/3.1 200 OK\r\n" + rest, closes});
  all.push_back(
      {"lines that end in LF alone", done,
       "HTTP/1.1 200 OK\nContent-Type: application/json\nDate: @date\nContent-Length: @length\n\n@body"});
  all.push_back({"Connection: close", done, "HTTP/1.1 200 OK\r\nConnection: close\r\n" + rest, closes});
  all.push_back({"two answers at once", done, whole + planted});
  all.push_back({"two answers, the second later", done, whole + "@pause" + planted});
}

void add_bodies(All& all) {
  const auto of_body = [&](const std::string& what, Proof proof, const std::string& body) {
    all.push_back({what, proof, "HTTP/1.1 200 OK\r\n" + json_head + "\r\n" + body, closes});
  };
  of_body("a byte order mark", done, "\xEF\xBB\xBF@body");
  of_body("each member twice", done, "@doubled");
  of_body("a page of a proxy", nothing, "<html><body>Sign in</body></html>");
  of_body("null", nothing, "null");
  of_body("cut JSON, whole in HTTP", nothing, "{\"a\":[1,2,");
  of_body("more than the cap", nothing, "@body" + std::string(17U << 20U, ' '));
  all.push_back(
      {"gzip unasked", nothing,
       "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 12\r\n\r\n\x1F\x8B\x08garbage.."});
}

void add_heads(All& all) {
  const auto headed = [&](const std::string& what, Proof proof, const std::string& header,
                          WireEnd ending = keeps) {
    all.push_back({what, proof, "HTTP/1.1 200 OK\r\n" + header + rest, ending});
  };
  headed("a folded header", done, "X-Long: one\r\n two\r\n");
  headed("a NUL in a header", nothing, std::string("X-Nul: a") + '\0' + "b\r\n", closes);
  headed("a line without a colon", nothing, "no colon here\r\n", closes);
  headed("a header of 1 MB", nothing, "X-Wide: " + std::string(1U << 20U, 'x') + "\r\n", closes);
  headed("Set-Cookie", done, "Set-Cookie: planted=1; Path=/\r\n");
}

void add_breaks(All& all) {
  all.push_back({"a close before the first byte", nothing, "", closes});
  all.push_back({"a reset before the first byte", nothing, "", resets});
  all.push_back({"silence", nothing, "", hangs});
  all.push_back({"a half-close before the first byte", nothing, "", half_closes});
  all.push_back({"a close in the head", nothing, "HTTP/1.1 200 OK\r\nContent-Ty", closes});
  all.push_back({"a close in the body", nothing,
                 "HTTP/1.1 200 OK\r\n" + json_head + "Content-Length: 900\r\n\r\n{\"", closes});
  all.push_back({"a reset after the head", nothing,
                 "HTTP/1.1 200 OK\r\n" + json_head + "Content-Length: 900\r\n\r\n", resets});
  all.push_back({"a half-close in the body", nothing,
                 "HTTP/1.1 200 OK\r\n" + json_head + "Content-Length: 900\r\n\r\n{\"", half_closes});
  OddAnswer drip{"a body that drips past the deadline", nothing,
                 "HTTP/1.1 200 OK\r\n" + json_head + "Content-Length: 900\r\n\r\n" + std::string(200, ' '),
                 hangs};
  drip.drips = true;
  all.push_back(drip);
  all.push_back(at_once("an answer before the request is read", said(200, "", "{}"), keeps, true));
  all.push_back(at_once("a close before the request is read", "", closes, false));
  all.push_back(at_once("500 and a half-close before the request is read", said(500), half_closes, false));
}

// One of each kind: the others differ from these for starts alone. A late second answer is left out: between
// two calls of the adapters' tests no time passes, so that the next one is on its way before it comes.
void choose_for_every_call(All& all) {
  for (const char* name : {"103 with headers, then the answer",
                           "103, then a close",
                           "1xx without end",
                           "206 with the answer",
                           "200 of 0 bytes",
                           "204",
                           "200 {}",
                           "303 within the origin",
                           "307 within the origin",
                           "307 to a target with %2F",
                           "307 elsewhere",
                           "307 whose body does not end",
                           "304",
                           "401",
                           "404",
                           "410",
                           "408",
                           "425",
                           "500",
                           "503, Retry-After 40",
                           "502 with a page of a proxy",
                           "429, Retry-After 40",
                           "429, Retry-After as in RFC 850",
                           "a Date of 1970",
                           "a Date of an hour ago",
                           "a Date of an hour ago with its Age",
                           "a Date in an hour",
                           "chunks with extensions and trailers",
                           "chunks without a last one",
                           "a Content-Length that is too large",
                           "a Content-Length that is too small",
                           "two Content-Lengths",
                           "no length, ended by a close",
                           "HTTP/0.9",
                           "two answers at once",
                           "each member twice",
                           "a page of a proxy",
                           "null",
                           "cut JSON, whole in HTTP",
                           "more than the cap",
                           "gzip unasked",
                           "a header of 1 MB",
                           "Set-Cookie",
                           "Connection: close",
                           "a close before the first byte",
                           "a reset before the first byte",
                           "silence",
                           "a half-close before the first byte",
                           "a close in the body",
                           "a reset after the head"}) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const OddAnswer& one) { return one.name == name; });
    if (found == all.end()) throw std::logic_error(std::string("no such answer: ") + name);
    found->for_every_call = true;
  }
}

std::string date_text(const char* form, long long seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << std::put_time(&parts, form);
  return text.str();
}

std::string hex(std::size_t number) {
  std::string text;
  for (; number > 0; number /= 16) text.insert(text.begin(), "0123456789abcdef"[number % 16]);
  return text;
}

// In two chunks; a body of less than two bytes in as many chunks as it has bytes.
std::string in_chunks(const std::string& body) {
  std::string text;
  const std::size_t half = body.size() / 2;
  for (const std::string& piece : {body.substr(0, half), body.substr(half)}) {
    if (!piece.empty()) text += hex(piece.size()) + ";x=\"y\"\r\n" + piece + "\r\n";
  }
  return text;
}

std::string doubled(const std::string& body) {
  if (body.size() <= 2 || body.front() != '{' || body.back() != '}') return body;
  return body.substr(0, body.size() - 1) + "," + body.substr(1);
}

}  // namespace

const std::vector<OddAnswer>& odd_answers() {
  static const std::vector<OddAnswer> answers = [] {
    All all;
    for (void (*add)(All&) : {add_interim, add_successes, add_redirects, add_refusals, add_dates,
                              add_framings, add_bodies, add_heads, add_breaks})
      add(all);
    choose_for_every_call(all);
    return all;
  }();
  return answers;
}

std::string filled(const std::string& bytes, const PlainAnswer& plain) {
  const char* const imf = "%a, %d %b %Y %H:%M:%S GMT";
  const std::vector<std::pair<std::string, std::string>> marks{
      {"@body", plain.body},
      {"@length", std::to_string(plain.body.size())},
      {"@chunks", in_chunks(plain.body)},
      {"@doubled", doubled(plain.body)},
      {"@target", plain.target},
      {"@date", date_text(imf, plain.date)},
      {"@ago", date_text(imf, plain.date - 3600)},
      {"@ahead", date_text(imf, plain.date + 3600)},
      {"@imf", date_text(imf, plain.date + 40)},
      {"@rfc850", date_text("%A, %d-%b-%y %H:%M:%S GMT", plain.date + 40)},
      {"@asctime", date_text("%a %b %e %H:%M:%S %Y", plain.date + 40)}};
  std::string text;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t mark = std::min(bytes.find('@', at), bytes.size());
    text.append(bytes, at, mark - at);
    at = mark;
    if (at == bytes.size()) break;
    std::size_t length = 1;
    std::string value = "@";
    for (const auto& [name, stands_for] : marks) {
      if (bytes.compare(at, name.size(), name) == 0)
        std::tie(length, value) = std::pair(name.size(), stands_for);
    }
    text += value;
    at += length;
  }
  return text;
}

void give(const OddAnswer& answer, const PlainAnswer& plain, Wire& wire) {
  const std::size_t pause = std::min(answer.bytes.find("@pause"), answer.bytes.size());
  const std::string bytes = filled(answer.bytes.substr(0, pause), plain);
  if (answer.drips) {
    const std::size_t body = bytes.find("\r\n\r\n") + 4;
    wire.send(bytes.substr(0, body));
    wire.drip(bytes.substr(body), std::chrono::milliseconds{25});
  } else if (!bytes.empty()) {
    wire.send(bytes);
  }
  if (pause < answer.bytes.size()) {
    wire.pause(std::chrono::milliseconds{20});
    wire.send(filled(answer.bytes.substr(pause + 6), plain));
  }
  switch (answer.ending) {
    case keeps:
      return;
    case closes:
      return wire.close();
    case resets:
      // A reset throws away what the other side has not read yet.
      if (!bytes.empty()) wire.pause(std::chrono::milliseconds{100});
      return wire.reset();
    case half_closes:
      return wire.finish();
    case hangs:
      return wire.hold();
  }
}

}  // namespace keeper::test
