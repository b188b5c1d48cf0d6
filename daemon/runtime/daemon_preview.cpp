#include <future>
#include <utility>

#include "core/preview.h"
#include "runtime/daemon.h"
#include "runtime/settings_file.h"

namespace keeper {
namespace {

// The loop may be at work on a round, its commit included.
constexpr Seconds preview_limit{30};

}  // namespace

Result<Preview> Daemon::preview(std::string text, const std::string& name) {
  if (const std::string why = not_leading(); !why.empty()) return Error{ErrorKind::storage, why};
  const std::shared_ptr<const Settings> old = loaded().settings;
  const std::string path = name.empty() ? old->path : name;
  const auto fresh = settled_for_reload(*old, load_for_run(path, std::move(text)), path);
  if (!fresh) return fresh.error();
  const auto told = std::make_shared<std::promise<Result<Preview>>>();
  std::future<Result<Preview>> done = told->get_future();
  inbox_.ask([told, config = (*fresh)->config](const Keeper* keeper, const SpentIn& spent, Now now) {
    if (!keeper) {
      told->set_value(
          Error{ErrorKind::storage, "the store cannot be written now, so what would follow is not known"});
      return;
    }
    told->set_value(preview_of(*keeper, config, now, spent));
  });
  if (!wait_for(done, BootClock::now() + preview_limit)) {
    return Error{ErrorKind::storage, "the loop did not answer within " + to_text(preview_limit)};
  }
  return done.get();
}

}  // namespace keeper
