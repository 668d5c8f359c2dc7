// A disk that loses its power, for tests of the SQLite path. While the VFS is installed it is SQLite's default, so that
// production code runs on it unchanged. It writes through to real files (what a running system sees) and keeps for each
// file what a sync has made durable and what was changed since; for the directory, which names were durable. After
// `cut_after` operations every write, sync and delete fails, as if the machine had stopped; lose_power() then leaves
// the directory as it would be found.
//
// The model: a sync of a file makes all earlier changes to that file durable, nothing else does. A name that was made
// or deleted is durable when SQLite syncs the directory (on Unix: with the first sync of a new journal or log, and with
// a synced delete). Of what was not synced nothing, a prefix, or any sectors of 512 bytes survive.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/random.hpp"

namespace spreaders::storage::testing {

enum class Survives : uint8_t { kNothing, kPrefix, kSectors };

class PowerDisk {
 public:
  // Files of `directory` are kept track of; only one disk exists at a time.
  explicit PowerDisk(std::string directory);
  ~PowerDisk();
  PowerDisk(const PowerDisk&) = delete;
  PowerDisk& operator=(const PowerDisk&) = delete;

  // The power goes at the operation after `operations` more.
  void cut_after(int64_t operations);
  // All connections must be closed. Rebuilds the directory from what was durable and what survives, with the power on
  // again.
  void lose_power(Survives survives, Rng& rng);

  struct Counts {
    int64_t operations = 0;  // writes, truncations, syncs, deletes
    int64_t log_syncs = 0;   // of the write-ahead log
    int64_t database_writes = 0;
    int64_t lost_changes = 0;  // not synced when the power went
    bool cut = false;
    bool cut_in_database =
        false;  // the operation that failed was on the database file itself: a checkpoint, or its creation
  };
  [[nodiscard]] Counts counts() const;

  struct Change {
    int64_t number = 0;  // in the order of all changes to all files
    bool truncation = false;
    int64_t offset = 0;  // or the new size
    std::string bytes;
  };
  struct Inode {
    std::string durable;
    std::vector<Change> pending;
  };
  enum class Kind : uint8_t { kDatabase, kLog, kJournal };

  // For the VFS. Those that answer bool say false when the power is gone.
  [[nodiscard]] bool tracks(const std::string& path) const { return path.starts_with(directory_ + "/"); }
  std::shared_ptr<Inode> open(const std::string& path);
  bool change(Inode& inode, Kind kind, Change change);
  bool sync(Inode& inode, Kind kind, bool with_directory);
  bool remove(const std::string& path, bool with_directory);

 private:
  using Names = std::map<std::string, std::shared_ptr<Inode>>;
  bool spend(Kind kind);

  std::string directory_;
  mutable std::mutex mutex_;
  Names names_, durable_names_;
  int64_t left_ = INT64_MAX;
  int64_t next_change_ = 0;
  Counts counts_;
};

}  // namespace spreaders::storage::testing
