#include "store/faulty_disk.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace keeper::kit {

// SQLite's callbacks; they live in one friend so that the disk's inside stays its own.
struct DiskCalls {
  struct Open {
    sqlite3_file head;
    FaultyDisk* disk;
    FaultyDisk::File* file;
    bool is_log;
  };

  static Open& self(sqlite3_file* file) { return *reinterpret_cast<Open*>(file); }
  static FaultyDisk& disk(sqlite3_vfs* vfs) { return *static_cast<FaultyDisk*>(vfs->pAppData); }

  static int close(sqlite3_file* file) {
    --self(file).file->opened;
    return SQLITE_OK;
  }

  static int read(sqlite3_file* file, void* to, int length, sqlite3_int64 at) {
    const std::string& live = self(file).file->live;
    const auto offset = static_cast<std::size_t>(at);
    const auto wanted = static_cast<std::size_t>(length);
    const std::size_t there = offset < live.size() ? std::min(wanted, live.size() - offset) : 0;
    if (there > 0) std::memcpy(to, live.data() + offset, there);
    if (there == wanted) return SQLITE_OK;
    std::memset(static_cast<char*>(to) + there, 0, wanted - there);
    return SQLITE_IOERR_SHORT_READ;
  }

  static int change(sqlite3_file* file, FaultyDisk::Write write) {
    const int code = self(file).disk->step(false);
    if (code != SQLITE_OK) return code;
    FaultyDisk::File& content = *self(file).file;
    if (self(file).disk->full_ && write.offset + write.bytes.size() > content.live.size()) return SQLITE_FULL;
    FaultyDisk::apply(content.live, write);
    self(file).file->pending.push_back(std::move(write));
    return SQLITE_OK;
  }

  static int write(sqlite3_file* file, const void* from, int length, sqlite3_int64 at) {
    const std::string bytes(static_cast<const char*>(from), static_cast<std::size_t>(length));
    return change(file, {false, static_cast<std::size_t>(at), bytes});
  }

  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    return change(file, {true, static_cast<std::size_t>(size), {}});
  }

  static int sync(sqlite3_file* file, int) {
    FaultyDisk& disk = *self(file).disk;
    FaultyDisk::File& content = *self(file).file;
    ++disk.syncs_;
    const int code = disk.step(true);
    if (code != SQLITE_OK) {
      if (disk.has_power() && disk.fault_ == Fault::failed_sync) content.pending.clear();
      return code;
    }
    if (disk.lies_) return SQLITE_OK;
    // What a failed sync dropped is not brought back by a later one that has nothing of it to write.
    for (const FaultyDisk::Write& write : content.pending) FaultyDisk::apply(content.durable, write);
    content.pending.clear();
    return SQLITE_OK;
  }

  static int size(sqlite3_file* file, sqlite3_int64* bytes) {
    *bytes = static_cast<sqlite3_int64>(self(file).file->live.size());
    return SQLITE_OK;
  }

  static int lock(sqlite3_file*, int) { return SQLITE_OK; }
  static int reserved(sqlite3_file*, int* held) {
    *held = 0;
    return SQLITE_OK;
  }
  static int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
  static int sector(sqlite3_file*) { return 4096; }
  static int traits(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

  static int map(sqlite3_file* file, int region, int bytes, int extend, void volatile** memory) {
    auto& shared = self(file).file->shared;
    *memory = nullptr;
    while (extend != 0 && shared.size() <= static_cast<std::size_t>(region)) {
      shared.push_back(std::make_unique<std::vector<char>>(static_cast<std::size_t>(bytes)));
    }
    if (static_cast<std::size_t>(region) < shared.size()) {
      *memory = shared[static_cast<std::size_t>(region)]->data();
    }
    return SQLITE_OK;
  }
  static int shared_lock(sqlite3_file*, int, int, int) { return SQLITE_OK; }
  static void barrier(sqlite3_file*) {}
  static int unmap(sqlite3_file* file, int) {
    self(file).file->shared.clear();
    return SQLITE_OK;
  }

  static int open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
    static const sqlite3_io_methods methods{2,           close,   read,     write,   truncate, sync,   size,
                                            lock,        lock,    reserved, control, sector,   traits, map,
                                            shared_lock, barrier, unmap,    nullptr, nullptr};
    FaultyDisk& on = disk(vfs);
    file->pMethods = nullptr;  // SQLite closes what has some
    if (on.refuses_) return SQLITE_CANTOPEN;
    const std::string path = name != nullptr ? name : "anonymous " + std::to_string(++on.anonymous_);
    FaultyDisk::File& content = on.file(path);
    ++content.opened;
    new (file) Open{{&methods}, &on, &content, (flags & SQLITE_OPEN_WAL) != 0};
    if (out_flags != nullptr) *out_flags = flags;
    return SQLITE_OK;
  }

  static int remove(sqlite3_vfs* vfs, const char* name, int) {
    FaultyDisk& on = disk(vfs);
    if (!on.has_power()) return SQLITE_IOERR_DELETE;
    on.files_.erase(name);
    return SQLITE_OK;
  }

  static int access(sqlite3_vfs* vfs, const char* name, int, int* found) {
    const auto at = disk(vfs).files_.find(name);
    *found = at != disk(vfs).files_.end() && !at->second->live.empty() ? 1 : 0;
    return SQLITE_OK;
  }

  static int full_name(sqlite3_vfs*, const char* name, int bytes, char* to) {
    sqlite3_snprintf(bytes, to, "%s", name);
    return SQLITE_OK;
  }
};

FaultyDisk::FaultyDisk() : real_(sqlite3_vfs_find(nullptr)) {
  vfs_ = *real_;
  vfs_.iVersion = 2;
  vfs_.szOsFile = sizeof(DiskCalls::Open);
  vfs_.pNext = nullptr;
  vfs_.zName = "faulty";
  vfs_.pAppData = this;
  vfs_.xOpen = DiskCalls::open;
  vfs_.xDelete = DiskCalls::remove;
  vfs_.xAccess = DiskCalls::access;
  vfs_.xFullPathname = DiskCalls::full_name;
  sqlite3_vfs_register(&vfs_, 1);
}

FaultyDisk::~FaultyDisk() {
  sqlite3_vfs_unregister(&vfs_);
  sqlite3_vfs_register(real_, 1);
}

void FaultyDisk::apply(std::string& content, const Write& write) {
  if (write.truncates) {
    content.resize(std::min(content.size(), write.offset));
    return;
  }
  const std::size_t end = write.offset + write.bytes.size();
  if (content.size() < end) content.resize(end);
  std::copy(write.bytes.begin(), write.bytes.end(),
            content.begin() + static_cast<std::ptrdiff_t>(write.offset));
}

FaultyDisk::File& FaultyDisk::file(const std::string& path) {
  auto& slot = files_[path];
  if (!slot) slot = std::make_unique<File>();
  return *slot;
}

int FaultyDisk::step(bool is_sync) {
  ++operations_;
  if (!has_power()) return is_sync ? SQLITE_IOERR_FSYNC : SQLITE_IOERR_WRITE;
  if (operations_ < fail_at_ || operations_ > fail_at_ + fail_more_) return SQLITE_OK;
  if (fault_ == Fault::failed_sync && !is_sync) return SQLITE_OK;
  ++failures_;
  if (fault_ == Fault::full) return is_sync ? SQLITE_IOERR_FSYNC : SQLITE_FULL;
  return is_sync ? SQLITE_IOERR_FSYNC : SQLITE_IOERR_WRITE;
}

void FaultyDisk::fail_at(int operation, Fault fault, int more) {
  fail_at_ = operation;
  fault_ = fault;
  fail_more_ = more;
}

void FaultyDisk::restore_power(Survival survival, std::mt19937& random) {
  for (auto& [path, file] : files_) {
    std::string after = file->durable;
    for (Write& write : file->pending) {
      if (survival == Survival::none) break;
      if (survival != Survival::all && random() % 2 == 0) continue;
      if (survival == Survival::torn && !write.bytes.empty() && random() % 2 == 0) {
        write.bytes.resize(random() % write.bytes.size());
      }
      apply(after, write);
    }
    file->live = after;
    file->durable = after;
    file->pending.clear();
    file->shared.clear();
  }
  cut_at_ = never;
}

FaultyDisk::Image FaultyDisk::image() const {
  Image image;
  for (const auto& [path, file] : files_) image[path] = file->live;
  return image;
}

void FaultyDisk::load(const Image& image) {
  files_.clear();
  for (const auto& [path, content] : image) {
    file(path).live = content;
    file(path).durable = content;
  }
  operations_ = 0;
  syncs_ = 0;
  failures_ = 0;
  cut_at_ = never;
  heal();
}

}  // namespace keeper::kit
