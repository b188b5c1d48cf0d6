#include "core/storable.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "base/text.h"

namespace keeper {
namespace {

template <class Tag>
void clean(Id<Tag>& id) {
  if (is_storable(id.str())) return;
  std::string text = id.str();
  make_storable(text);
  id = Id<Tag>(std::move(text));
}

void clean(Error& error) { make_storable(error.what); }

void clean(Remote& remote) {
  clean(remote.id);
  if (remote.tag) clean(*remote.tag);
  for (std::string* text :
       {&remote.native_status, &remote.detail, &remote.heartbeat_error, &remote.other_starter}) {
    make_storable(*text);
  }
}

struct Clean {
  void operator()(Tick&) const {}
  void operator()(ConfigLoaded&) const {}
  void operator()(ShutdownAsked&) const {}
  void operator()(PeriodCounted&) const {}
  void operator()(Delivered& event) const {
    DeliveryRow& row = event.row;
    make_storable(row.key);
    make_storable(row.type);
    clean(row.remote_id);
  }
  void operator()(OperatorAsked& event) const {
    clean(event.plan);
    clean(event.session);
    make_storable(event.reason);
  }
  void operator()(Noticed& event) const {
    make_storable(event.subject);
    make_storable(event.text);
  }
  void operator()(Posted& event) const {
    make_storable(event.message);
    if (event.outcome) return;
    Error error = event.outcome.error();
    clean(error);
    event.outcome = std::move(error);
  }
  void operator()(Answer& event) const {
    if (event.remotes) {
      for (Remote& remote : *event.remotes) clean(remote);
      return;
    }
    Error error = event.remotes.error();
    clean(error);
    event.remotes = std::move(error);
  }
};

}  // namespace

bool is_storable(std::string_view text) {
  const auto is_plain = [](char c) { return static_cast<unsigned char>(c) - 1U < 0x7fU; };
  while (true) {
    text.remove_prefix(
        static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_plain) - text.begin()));
    if (text.empty()) return true;
    const std::size_t length = text.front() == '\0' ? 0 : sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
}

void make_storable(std::string& text) {
  if (is_storable(text)) return;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string clean;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t length = rest.front() == '\0' ? 0 : sequence_length(rest);
    if (length == 0) {
      const auto byte = static_cast<unsigned char>(rest.front());
      clean += {'\\', 'x', digits[byte >> 4U], digits[byte & 0xfU]};
    }
    clean += rest.substr(0, length);
    rest.remove_prefix(std::max<std::size_t>(length, 1));
  }
  text = std::move(clean);
}

void make_storable(Event& event) { std::visit(Clean{}, event); }

}  // namespace keeper
