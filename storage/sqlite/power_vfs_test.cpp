#include "storage/sqlite/power_vfs_test.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sqlite3.h>

#include "core/result.hpp"

namespace spreaders::storage::testing {

namespace {

constexpr int64_t kSectorBytes = 512;
constexpr const char* kName = "power";
PowerDisk* g_disk = nullptr;  // the VFS has no better place: SQLite hands it names only

void put(std::string& image, int64_t offset, std::string_view bytes) {
  auto end = static_cast<size_t>(offset) + bytes.size();
  if (image.size() < end) image.resize(end, '\0');
  image.replace(static_cast<size_t>(offset), bytes.size(), bytes);
}

void apply(std::string& image, const PowerDisk::Change& change) {
  if (change.truncation) image.resize(static_cast<size_t>(change.offset), '\0');
  else put(image, change.offset, change.bytes);
}

// Each sector that the change touches reaches the disk or not, on its own.
void apply_sectors(std::string& image, const PowerDisk::Change& change, double share, Rng& rng) {
  if (change.truncation) {
    if (rng.unit() < share) apply(image, change);
    return;
  }
  auto size = static_cast<int64_t>(change.bytes.size());
  for (int64_t at = 0; at < size;) {
    int64_t length = std::min(size - at, kSectorBytes - (change.offset + at) % kSectorBytes);
    if (rng.unit() < share)
      put(image, change.offset + at,
          std::string_view(change.bytes).substr(static_cast<size_t>(at), static_cast<size_t>(length)));
    at += length;
  }
}

}  // namespace

// ---- the model ----

void PowerDisk::cut_after(int64_t operations) {
  std::lock_guard lock(mutex_);
  left_ = operations;
}

PowerDisk::Counts PowerDisk::counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

bool PowerDisk::spend(Kind kind) {
  if (counts_.cut) return false;
  if (left_-- <= 0) {
    counts_.cut = true;
    counts_.cut_in_database = kind == Kind::kDatabase;
    return false;
  }
  ++counts_.operations;
  return true;
}

std::shared_ptr<PowerDisk::Inode> PowerDisk::open(const std::string& path) {
  std::lock_guard lock(mutex_);
  if (counts_.cut) return std::make_shared<Inode>();  // nothing is made any more
  auto& inode = names_[path];
  if (!inode) inode = std::make_shared<Inode>();
  return inode;
}

bool PowerDisk::change(Inode& inode, Kind kind, Change change) {
  std::lock_guard lock(mutex_);
  if (!spend(kind)) return false;
  if (kind == Kind::kDatabase) ++counts_.database_writes;
  change.number = ++next_change_;
  inode.pending.push_back(std::move(change));
  return true;
}

bool PowerDisk::sync(Inode& inode, Kind kind, bool with_directory) {
  std::lock_guard lock(mutex_);
  if (!spend(kind)) return false;
  if (kind == Kind::kLog) ++counts_.log_syncs;
  for (const auto& change : inode.pending) apply(inode.durable, change);
  inode.pending.clear();
  if (with_directory) durable_names_ = names_;
  return true;
}

bool PowerDisk::remove(const std::string& path, bool with_directory) {
  std::lock_guard lock(mutex_);
  if (!spend(Kind::kJournal)) return false;
  names_.erase(path);
  if (with_directory) durable_names_ = names_;
  return true;
}

void PowerDisk::lose_power(Survives survives, Rng& rng) {
  std::lock_guard lock(mutex_);
  Names kept = durable_names_;
  auto survives_name = [&] { return survives != Survives::kNothing && rng.below(2) == 0; };
  for (const auto& [path, inode] : names_) {
    auto durable = durable_names_.find(path);
    if ((durable == durable_names_.end() || durable->second != inode) && survives_name()) kept[path] = inode;
  }
  for (const auto& [path, inode] : durable_names_) {
    if (!names_.contains(path) && survives_name()) kept.erase(path);
  }
  int64_t last_kept = static_cast<int64_t>(rng.below(static_cast<uint64_t>(next_change_) + 1));
  double share = rng.unit();
  std::filesystem::remove_all(directory_);
  std::filesystem::create_directory(directory_);
  names_.clear();
  for (const auto& [path, inode] : kept) {
    auto found = std::make_shared<Inode>();
    found->durable = inode->durable;
    counts_.lost_changes += static_cast<int64_t>(inode->pending.size());
    for (const auto& change : inode->pending) {
      if (survives == Survives::kPrefix && change.number <= last_kept) apply(found->durable, change);
      if (survives == Survives::kSectors) apply_sectors(found->durable, change, share, rng);
    }
    std::ofstream(path, std::ios::binary) << found->durable;
    names_[path] = found;
  }
  durable_names_ = names_;
  left_ = INT64_MAX;
  counts_.cut = counts_.cut_in_database = false;
}

// ---- the VFS ----

namespace {

struct PowerFile {
  sqlite3_file base;
  std::shared_ptr<PowerDisk::Inode>* inode;  // null: not kept track of
  PowerDisk::Kind kind;
  bool sync_directory;
  sqlite3_file* real;  // behind this struct
};

PowerFile& of(sqlite3_file* file) { return *reinterpret_cast<PowerFile*>(file); }
const sqlite3_io_methods& real_of(sqlite3_file* file) { return *of(file).real->pMethods; }
sqlite3_vfs* real_vfs(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }

int close_file(sqlite3_file* file) {
  int code = real_of(file).xClose(of(file).real);
  delete of(file).inode;
  return code;
}
int read_file(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
  return real_of(file).xRead(of(file).real, to, size, offset);
}
int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
  PowerFile& self = of(file);
  if (self.inode != nullptr) {
    PowerDisk::Change change{.offset = offset,
                             .bytes = std::string(static_cast<const char*>(from), static_cast<size_t>(size))};
    if (!g_disk->change(**self.inode, self.kind, std::move(change))) return SQLITE_IOERR_WRITE;
  }
  return real_of(file).xWrite(self.real, from, size, offset);
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  PowerFile& self = of(file);
  if (self.inode != nullptr &&
      !g_disk->change(**self.inode, self.kind, {.truncation = true, .offset = size, .bytes = {}}))
    return SQLITE_IOERR_TRUNCATE;
  return real_of(file).xTruncate(self.real, size);
}
int sync_file(sqlite3_file* file, int) {
  PowerFile& self = of(file);
  if (self.inode == nullptr) return SQLITE_OK;
  if (!g_disk->sync(**self.inode, self.kind, self.sync_directory)) return SQLITE_IOERR_FSYNC;
  self.sync_directory = false;
  return SQLITE_OK;  // the model's word is enough; the real disk need not be waited for
}
int size_of_file(sqlite3_file* file, sqlite3_int64* size) { return real_of(file).xFileSize(of(file).real, size); }
int lock_file(sqlite3_file* file, int level) { return real_of(file).xLock(of(file).real, level); }
int unlock_file(sqlite3_file* file, int level) { return real_of(file).xUnlock(of(file).real, level); }
int check_lock(sqlite3_file* file, int* held) { return real_of(file).xCheckReservedLock(of(file).real, held); }
int control_file(sqlite3_file* file, int op, void* argument) {
  return real_of(file).xFileControl(of(file).real, op, argument);
}
int sector_size(sqlite3_file*) { return kSectorBytes; }
// What ordinary disks promise, and the model keeps: bytes beside those that are written stay as they are.
int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }
int map_shared(sqlite3_file* file, int page, int size, int extend, void volatile** at) {
  return real_of(file).xShmMap(of(file).real, page, size, extend, at);
}
int lock_shared(sqlite3_file* file, int offset, int count, int flags) {
  return real_of(file).xShmLock(of(file).real, offset, count, flags);
}
void barrier_shared(sqlite3_file* file) { real_of(file).xShmBarrier(of(file).real); }
int unmap_shared(sqlite3_file* file, int remove) { return real_of(file).xShmUnmap(of(file).real, remove); }

const sqlite3_io_methods kMethods = {
    2,           close_file,     read_file,    write_file,   truncate_file, sync_file,       size_of_file,
    lock_file,   unlock_file,    check_lock,   control_file, sector_size,   characteristics, map_shared,
    lock_shared, barrier_shared, unmap_shared, nullptr,      nullptr};

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  auto* self = new (file) PowerFile{};
  self->real = reinterpret_cast<sqlite3_file*>(self + 1);
  int code = real_vfs(vfs)->xOpen(real_vfs(vfs), name, self->real, flags, flags_out);
  if (code != SQLITE_OK) return code;
  self->base.pMethods = &kMethods;
  constexpr int journals = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL;
  if (name == nullptr || (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | journals)) == 0 || !g_disk->tracks(name))
    return SQLITE_OK;
  self->kind = (flags & SQLITE_OPEN_MAIN_DB) != 0 ? PowerDisk::Kind::kDatabase
               : (flags & SQLITE_OPEN_WAL) != 0   ? PowerDisk::Kind::kLog
                                                  : PowerDisk::Kind::kJournal;
  self->sync_directory =
      (flags & SQLITE_OPEN_CREATE) != 0 && self->kind != PowerDisk::Kind::kDatabase;  // as os_unix.c does
  self->inode = new std::shared_ptr<PowerDisk::Inode>(g_disk->open(name));
  return SQLITE_OK;
}
int delete_file(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  bool shared_memory = std::string_view(name).ends_with("-shm");
  if (!shared_memory && g_disk->tracks(name) && std::filesystem::exists(name) &&
      !g_disk->remove(name, sync_directory != 0))
    return SQLITE_IOERR_DELETE;
  return real_vfs(vfs)->xDelete(real_vfs(vfs), name, 0);
}

}  // namespace

PowerDisk::PowerDisk(std::string directory) : directory_(std::move(directory)) {
  CHECK(g_disk == nullptr, "one disk at a time");
  g_disk = this;
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs* real = sqlite3_vfs_find(nullptr);
    sqlite3_vfs made = *real;  // names, times and randomness stay the real ones
    made.zName = kName;
    made.szOsFile = static_cast<int>(sizeof(PowerFile)) + real->szOsFile;
    made.pAppData = real;
    made.xOpen = open_file;
    made.xDelete = delete_file;
    return made;
  }();
  sqlite3_vfs_register(&vfs, 1);
}

PowerDisk::~PowerDisk() {
  sqlite3_vfs_unregister(sqlite3_vfs_find(kName));
  g_disk = nullptr;
}

}  // namespace spreaders::storage::testing
