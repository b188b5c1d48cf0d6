// Journal: what a probe has started, on disk before it is started, so that what a killed probe left can be
// ended. One file for each run, "probe-INSTANCE.journal", of mode 0600, in the directory of the store. Each
// line is a JSON object that is written and synced before the call returns. A lock on the file tells a probe
// that runs from one that was killed. The file goes once nothing of it is left. One thread.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"

namespace keeper::probe {

// Whose sessions they are.
struct JournalHead {
  ProviderName provider;
  InstanceId instance;
  std::string place;
  std::string parameters;      // of the start; the provider's JSON, without secrets
  std::optional<Millis> life;  // how long a session lives that nobody attends to; empty: it may for ever
};

// One start that left, or was about to.
struct Start {
  std::size_t number = 0;
  SessionId session;
  Wall sent;
  std::optional<RemoteId> remote;
  bool over = false;  // its remote has ended, or it made none
};

class Journal {
 public:
  // Errors: storage; the text names the cure.
  static Result<Journal> create(const std::string& directory, JournalHead head);
  // Those of a directory, without those of probes that run. Errors: storage, for a file that cannot be read.
  static Result<std::vector<Journal>> left_in(const std::string& directory);

  // What was listed before the first start is no start's remote.
  Status note_listed(const std::set<RemoteId>& remotes);
  // Before a start leaves. Gives its number.
  Result<std::size_t> intend(const SessionId& session, Wall now);
  Status note_remote(std::size_t number, const RemoteId& remote);
  Status note_over(std::size_t number);
  // Removes the file. Every start must be over.
  Status close();

  const JournalHead& head() const { return head_; }
  const std::vector<Start>& starts() const { return starts_; }
  const std::set<RemoteId>& listed() const { return listed_; }
  const std::string& path() const { return path_; }
  bool is_clean() const;

 private:
  Journal(std::string path, Descriptor file) : path_(std::move(path)), file_(std::move(file)) {}
  static Result<std::optional<Journal>> open(const std::string& path);
  Status append(const std::string& line);
  bool take(const std::string& line);

  std::string path_;
  Descriptor file_;
  JournalHead head_;
  std::vector<Start> starts_;
  std::set<RemoteId> listed_;
};

}  // namespace keeper::probe
