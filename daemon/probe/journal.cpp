#include "probe/journal.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/text.h"
#include "provider/answer_json.h"

namespace keeper::probe {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view name_begin = "probe-";
constexpr std::string_view name_end = ".journal";

Error failed(const std::string& path, const std::string& what) {
  return {ErrorKind::storage, printable(path) + ": " + what + ": " + std::strerror(errno)};
}

// A name is durable once its directory is.
Status sync_directory(const std::string& directory) {
  const Descriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.valid() && ::fsync(folder.get()) == 0) return Done{};
  return failed(directory, "cannot be synced");
}

std::string read_all(int file) {
  std::string text;
  char part[4096];
  for (ssize_t length = 0; (length = ::pread(file, part, sizeof part, static_cast<off_t>(text.size()))) > 0;)
    text.append(part, static_cast<std::size_t>(length));
  return text;
}

Json head_json(const JournalHead& head) {
  return {{"journal", 1},
          {"provider", head.provider.str()},
          {"instance", head.instance.str()},
          {"place", head.place},
          {"parameters", head.parameters},
          {"life_ms", head.life ? Json(head.life->count()) : Json()}};
}

}  // namespace

Result<Journal> Journal::create(const std::string& directory, JournalHead head) {
  const std::string path =
      (fs::path(directory) / (std::string(name_begin) + head.instance.str() + std::string(name_end)))
          .string();
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.valid()) {
    Error error = failed(path, "cannot be made");
    error.what +=
        "; what is started must be on disk first: run the probe as a user who can write there, or name "
        "another directory with --state-directory";
    return error;
  }
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return failed(path, "cannot be locked");
  Journal journal(path, std::move(file));
  journal.head_ = std::move(head);
  if (const Status written = journal.append(json_text(head_json(journal.head_))); !written)
    return written.error();
  if (const Status synced = sync_directory(directory); !synced) return synced.error();
  return journal;
}

Result<std::optional<Journal>> Journal::open(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
  if (!file.valid()) return failed(path, "cannot be opened");
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return std::optional<Journal>{};
  const std::string text = read_all(file.get());
  Journal journal(path, std::move(file));
  std::size_t begin = 0;
  // A last line without its end was being written when the probe was killed: what it tells had not happened.
  for (std::size_t end = text.find('\n'); end != std::string::npos;
       begin = end + 1, end = text.find('\n', begin)) {
    if (!journal.take(text.substr(begin, end - begin)))
      return Error{ErrorKind::storage, printable(path) + ": is no journal of a probe"};
  }
  if (begin < text.size() && ::ftruncate(journal.file_.get(), static_cast<off_t>(begin)) != 0)
    return failed(path, "cannot be mended");
  return std::optional<Journal>(std::move(journal));
}

Result<std::vector<Journal>> Journal::left_in(const std::string& directory) {
  std::vector<Journal> left;
  std::error_code trouble;
  for (const auto& entry : fs::directory_iterator(directory, trouble)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(name_begin) || !name.ends_with(name_end)) continue;
    auto journal = open(entry.path().string());
    if (!journal) return journal.error();
    if (*journal) left.push_back(**std::move(journal));
  }
  if (trouble) return Error{ErrorKind::storage, printable(directory) + ": " + trouble.message()};
  return left;
}

Status Journal::append(const std::string& line) {
  const std::string text = line + "\n";
  if (::write(file_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return failed(path_, "cannot be written");
  if (::fdatasync(file_.get()) != 0) return failed(path_, "cannot be synced");
  return Done{};
}

bool Journal::take(const std::string& line) {
  const auto json = parse_json(line);
  if (!json || !json->is_object()) return false;
  if (integer_at(*json, "journal") == 1) {
    head_.provider = ProviderName{text_at(*json, "provider").value_or("")};
    head_.instance = InstanceId{text_at(*json, "instance").value_or("")};
    head_.place = text_at(*json, "place").value_or("");
    head_.parameters = text_at(*json, "parameters").value_or("");
    if (const auto life = integer_at(*json, "life_ms")) head_.life = Millis{*life};
    return true;
  }
  if (head_.provider.empty()) return false;
  for (const Json& id : member(*json, "listed")) listed_.insert(RemoteId{id_text(id)});
  if (json->contains("listed")) return true;
  const auto number = integer_at(*json, "start");
  if (!number || *number < 0) return false;
  const auto at = static_cast<std::size_t>(*number);
  if (const auto session = text_at(*json, "session")) {
    const auto sent = time_at(*json, "at");
    if (!sent || at != starts_.size()) return false;
    starts_.push_back({at, SessionId{*session}, *sent, {}, false});
    return true;
  }
  if (at >= starts_.size()) return false;
  if (const auto remote = text_at(*json, "remote")) starts_[at].remote = RemoteId{*remote};
  if (member(*json, "over") == Json(true)) starts_[at].over = true;
  return true;
}

Status Journal::note_listed(const std::set<RemoteId>& remotes) {
  Json ids = Json::array();
  for (const RemoteId& id : remotes) ids.push_back(id.str());
  listed_ = remotes;
  return append(json_text({{"listed", std::move(ids)}}));
}

Result<std::size_t> Journal::intend(const SessionId& session, Wall now) {
  const std::size_t number = starts_.size();
  const Status written =
      append(json_text({{"start", number}, {"session", session.str()}, {"at", to_rfc3339(now)}}));
  if (!written) return written.error();
  starts_.push_back({number, session, now, {}, false});
  return number;
}

Status Journal::note_remote(std::size_t number, const RemoteId& remote) {
  starts_.at(number).remote = remote;
  return append(json_text({{"start", number}, {"remote", remote.str()}}));
}

Status Journal::note_over(std::size_t number) {
  starts_.at(number).over = true;
  return append(json_text({{"start", number}, {"over", true}}));
}

bool Journal::is_clean() const {
  return std::all_of(starts_.begin(), starts_.end(), [](const Start& start) { return start.over; });
}

Status Journal::close() {
  if (::unlink(path_.c_str()) != 0) return failed(path_, "cannot be removed");
  return sync_directory(fs::path(path_).parent_path().string());
}

}  // namespace keeper::probe
