// A disk in memory under SQLite, as its default VFS while the object lives: it knows what was synced and what
// was only written, fails on demand, and can lose its power. One thread, one connection to a file at a time.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace keeper::kit {

enum class Survival { none, all, random, torn };  // of what was written since the last sync
enum class Fault { io_error, full, failed_sync };

class FaultyDisk {
 public:
  FaultyDisk();
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  // Writes, truncations and syncs so far.
  int operations() const { return operations_; }
  int syncs() const { return syncs_; }

  // From the operation with this number on nothing happens any more.
  void cut_power_at(int operation) { cut_at_ = operation; }
  bool has_power() const { return cut_at_ == never || operations_ < cut_at_; }

  // After the connections are gone: the files are what survived.
  void restore_power(Survival survival, std::mt19937& random);

  // Only the process died: what was written is still seen.
  void come_back() {
    cut_at_ = never;
    heal();
  }

  // The operation with this number fails, and `more` after it. A failed sync drops what it should have synced
  // from what can survive, while readers still see it, as Linux does.
  void fail_at(int operation, Fault fault, int more = 0);
  // No file can grow any more.
  void fill() { full_ = true; }
  // No file can be opened any more.
  void refuse_to_open() { refuses_ = true; }

  void heal() {
    fail_at_ = never;
    full_ = false;
    refuses_ = false;
  }
  int failures() const { return failures_; }

  // Syncs succeed and do nothing: what a careful test must notice.
  void lie_about_syncs(bool lies) { lies_ = lies; }

  using Image = std::map<std::string, std::string>;
  Image image() const;
  void load(const Image& image);

 private:
  friend struct DiskCalls;

  struct Write {
    bool truncates = false;
    std::size_t offset = 0;
    std::string bytes;
  };
  struct File {
    std::string live;
    std::string durable;
    std::vector<Write> pending;
    std::vector<std::unique_ptr<std::vector<char>>> shared;
    int opened = 0;
  };

  static constexpr int never = 1 << 30;
  static void apply(std::string& content, const Write& write);
  int step(bool is_sync);  // SQLITE_OK, or the code with which the operation fails
  File& file(const std::string& path);

  sqlite3_vfs vfs_{};
  sqlite3_vfs* real_ = nullptr;
  std::map<std::string, std::unique_ptr<File>> files_;
  int anonymous_ = 0;
  int operations_ = 0;
  int syncs_ = 0;
  int failures_ = 0;
  int cut_at_ = never;
  int fail_at_ = never;
  int fail_more_ = 0;
  Fault fault_ = Fault::io_error;
  bool lies_ = false;
  bool full_ = false;
  bool refuses_ = false;
};

}  // namespace keeper::kit
