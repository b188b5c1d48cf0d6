#include "probe/redaction.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.h"
#include "provider/answer_json.h"

namespace keeper::probe {
namespace {

constexpr std::string_view secret_mark = "[secret]";
constexpr std::string_view url_mark = "[url]";

std::string letters_of(const std::string& name) {
  std::string letters;
  for (const char c : lower_case(name)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) letters += c;
  }
  return letters;
}

// A page's cursor is a token by name alone, and an idempotency key is made from a session's id.
bool is_harmless_name(const std::string& letters) {
  return letters.starts_with("next") || letters.starts_with("xnext") ||
         letters.find("cursor") != std::string::npos || letters == "idempotencykey" ||
         letters == "paginationkey";
}

bool is_secret_name(const std::string& name) {
  const std::string letters = letters_of(name);
  if (letters.empty() || is_harmless_name(letters)) return false;
  constexpr std::array<std::string_view, 11> parts{"token",      "secret",    "password", "passwd",
                                                   "apikey",     "authoriz",  "cookie",   "credential",
                                                   "privatekey", "signature", "jwt"};
  constexpr std::array<std::string_view, 11> whole{"auth",    "key",      "accesskey",       "signingkey",
                                                   "env",     "envs",     "environment",     "proxy",
                                                   "proxies", "userdata", "extrahttpheaders"};
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return letters.find(part) != std::string::npos; }) ||
         std::find(whole.begin(), whole.end(), letters) != whole.end();
}

bool is_url_part(char c) {
  constexpr std::string_view ends = " \t\r\n\"'<>\\`";
  return static_cast<unsigned char>(c) > 0x20U && ends.find(c) == std::string_view::npos;
}

bool is_scheme_part(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
         c == '.';
}

// From the scheme to the first character that no URL holds.
std::string without_urls(std::string text) {
  for (std::size_t at = text.find("://"); at != std::string::npos; at = text.find("://", at)) {
    std::size_t begin = at;
    while (begin > 0 && is_scheme_part(text[begin - 1])) --begin;
    std::size_t end = at;
    while (end < text.size() && is_url_part(text[end])) ++end;
    text.replace(begin, end - begin, url_mark);
    at = begin + url_mark.size();
  }
  return text;
}

bool is_token_part(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == '.';
}

// The base64 of {" begins so: a JSON Web Token.
std::string without_tokens(std::string text) {
  for (std::size_t at = text.find("eyJ"); at != std::string::npos; at = text.find("eyJ", at + 1)) {
    std::size_t end = at;
    while (end < text.size() && is_token_part(text[end])) ++end;
    if (std::count(text.begin() + static_cast<std::ptrdiff_t>(at),
                   text.begin() + static_cast<std::ptrdiff_t>(end), '.') < 1)
      continue;
    text.replace(at, end - at, secret_mark);
  }
  return text;
}

}  // namespace

void Redaction::add_secret(const std::string& secret) {
  constexpr std::size_t length_min = 4;
  for (const std::string& form : {secret, encode_percent(secret)}) {
    if (form.size() < length_min || std::find(secrets_.begin(), secrets_.end(), form) != secrets_.end())
      continue;
    secrets_.push_back(form);
  }
  // Of two secrets the longer one first, so that nothing of it is left beside the shorter one.
  std::stable_sort(secrets_.begin(), secrets_.end(),
                   [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
}

std::string Redaction::text(std::string text) const {
  for (const std::string& secret : secrets_) {
    for (std::size_t at = text.find(secret); at != std::string::npos;
         at = text.find(secret, at + secret_mark.size()))
      text.replace(at, secret.size(), secret_mark);
  }
  return without_tokens(without_urls(std::move(text)));
}

std::string Redaction::header(const std::string& name, const std::string& value) const {
  return is_secret_name(name) ? std::string(secret_mark) : text(value);
}

// The depth of an answer is bounded by its reader.
void Redaction::redact(Json& value, const std::string& name) const {
  const bool is_secret = is_secret_name(name);
  if (value.is_object()) {
    Json clean = Json::object();
    for (auto& [key, member] : value.items()) {
      // What lies below a secret name is secret, whatever it is called itself.
      redact(member, is_secret ? name : key);
      clean[text(key)] = std::move(member);
    }
    value = std::move(clean);
  } else if (value.is_array()) {
    for (Json& item : value) redact(item, name);
  } else if (value.is_string()) {
    value = is_secret ? std::string(secret_mark) : text(value.get<std::string>());
  }
}

}  // namespace keeper::probe
