#include "cli/preview_command.h"

#include <fstream>
#include <iterator>
#include <ostream>

#include "base/text.h"
#include "cli/control.h"
#include "cli/table.h"

namespace keeper {
namespace {

using Json = nlohmann::json;

constexpr const char* preview_path = "/api/v1/preview";

std::optional<std::string> text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  return file && !text.empty() ? std::optional(std::move(text)) : std::nullopt;
}

std::string count_of(const Json& plan, const char* name) {
  const int count = plan.value(name, 0);
  return count == 0 ? "-" : std::to_string(count);
}

std::string word_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? printable(found->get<std::string>(), 300)
                                                     : std::string{};
}

void show(const Json& preview, const Terminal& terminal) {
  Table table({"PLAN~", "START", "STOP", "ROLL OVER", "KEEP", "WHY~"});
  for (const Json& plan : preview.value("plans", Json::array())) {
    const std::string why = word_of(plan, "why");
    table.row({word_of(plan, "plan"), count_of(plan, "start"), count_of(plan, "stop"),
               count_of(plan, "roll_over"), count_of(plan, "keep"), why.empty() ? "unchanged" : why});
  }
  if (table.empty()) {
    terminal.out << "no plans\n";
  } else {
    table.print(terminal.out, terminal.columns, terminal.colour);
  }
  for (const auto& [name, word] :
       {std::pair{"providers_added", "new"}, {"providers_removed", "not in the file"}}) {
    for (const Json& provider : preview.value(name, Json::array())) {
      if (provider.is_string()) {
        terminal.out << "provider " << printable(provider.get<std::string>(), 60) << ": " << word << "\n";
      }
    }
  }
}

}  // namespace

int ask_preview(const Asking& asking, const PreviewRequest& request, const Terminal& terminal) {
  const auto fail = [&](const std::string& what, int code) {
    terminal.err << what << "\n";
    return code;
  };
  const auto text = text_of(request.config);
  if (!text) return fail(request.config + ": cannot be read, or is empty", exit_bad_configuration);
  const Result<Secret> token = control_token(asking.client, request.token_file);
  if (!token) return fail("session-keeper: " + token.error().what, 1);
  const Result<std::string> body =
      asking.client.post_text(preview_path, *token, *text, {{"file", request.config}});
  // The complaints begin with the file's name themselves.
  if (!body && body.error().kind == ErrorKind::malformed)
    return fail(body.error().what, exit_bad_configuration);
  const Result<Json> preview = body ? parse_answer(*body) : Result<Json>(body.error());
  if (!preview) return fail("session-keeper: " + preview.error().what, 1);
  if (asking.json) {
    terminal.out << *body << "\n";
  } else {
    show(*preview, terminal);
  }
  return 0;
}

}  // namespace keeper
