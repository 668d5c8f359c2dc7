// What was acknowledged is there after the power was lost at any moment: several writers in group commits, checkpoints,
// the making of the file, recovery that is itself cut short. The same walk has to catch settings that do not wait for
// the disk.
#include <filesystem>
#include <gtest/gtest.h>
#include <set>
#include <thread>

#include "core/log.hpp"
#include "storage/sqlite/power_vfs_test.hpp"
#include "storage/storage.hpp"
#include "tests/support/temp_dir.hpp"

namespace spreaders::storage {
namespace {

using storage::testing::PowerDisk;
using storage::testing::Survives;

constexpr Survives kAll[] = {Survives::kNothing, Survives::kPrefix, Survives::kSectors};
constexpr size_t kPartBytes = 9'000;  // of a row: several pages, so that a checkpoint is never far

// Every job writes two rows that say the same; one without the other is a torn transaction.
std::string body_of(const std::string& id) {
  std::string body;
  while (body.size() < kPartBytes) body += id + ";";
  return body;
}

struct Findings {
  int64_t acknowledged = 0, lost = 0, torn = 0, broken = 0;
  [[nodiscard]] int64_t wrong() const { return lost + torn + broken; }
};

// A machine with one disk and one database that lives until the power goes, again and again.
class Machine {
 public:
  explicit Machine(std::string synchronous = SqliteOptions{}.synchronous)
      : synchronous_(std::move(synchronous)), disk_(directory_.path()) {
    set_log_level(LogLevel::kOff);
  }
  ~Machine() { set_log_level(LogLevel::kInfo); }

  PowerDisk& disk() { return disk_; }
  [[nodiscard]] const Findings& findings() const { return findings_; }

  // Opens the database and writes from `threads` threads until `jobs` are done or the power is gone.
  void live(int threads, int jobs) {
    ++life_;
    auto storage = open(directory_.file("spreaders.db"));
    if (!storage.ok()) {
      if (!disk_.counts().cut) ++findings_.broken;
      return;
    }
    auto made = (*storage)->write(Scope::system(), [](Tx& tx) {
      return tx.execute(
          "CREATE TABLE IF NOT EXISTS power (workspace_id TEXT NOT NULL, id TEXT NOT NULL, part BIGINT NOT NULL, body "
          "TEXT NOT NULL, PRIMARY KEY (id, part))");
    });
    if (!made.ok()) return;
    has_table_ = true;
    std::vector<std::jthread> writers;
    for (int thread = 0; thread < threads; ++thread) {
      writers.emplace_back([&, thread] {
        for (int job = 0; job < jobs; ++job) {
          if (!write_one(**storage, std::to_string(life_) + "/" + std::to_string(thread) + "/" + std::to_string(job)))
            return;
        }
      });
    }
  }

  // The power is lost; looks at a copy of what is found afterwards.
  void lose_power(Survives survives, Rng& rng) {
    disk_.lose_power(survives, rng);
    spreaders::testing::TempDir copy;
    std::filesystem::copy(directory_.path(), copy.path(),
                          std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
    if (!has_table_) return;
    auto storage = open(copy.file("spreaders.db"));
    if (!storage.ok()) {
      ++findings_.broken;
      return;
    }
    auto looked = (*storage)->read(Scope::system(), [&](Tx& tx) -> Result<void> {
      auto whole = TRY(tx.query("PRAGMA integrity_check"));
      if (whole.size() != 1 || whole[0][0].text() != "ok") ++findings_.broken;
      std::map<std::string, int> parts;
      for (const auto& row : TRY(tx.query("SELECT id, body FROM power")))
        parts[row[0].text()] += row[1].text() == body_of(row[0].text()) ? 1 : -9;
      for (const auto& [id, count] : parts) findings_.torn += count == 2 ? 0 : 1;
      for (const auto& id : acknowledged_) findings_.lost += parts.contains(id) ? 0 : 1;
      // What was not acknowledged may be there; from here on it must stay. What was lost is counted once.
      acknowledged_.clear();
      for (const auto& [id, count] : parts) acknowledged_.insert(id);
      return {};
    });
    if (!looked.ok()) ++findings_.broken;
  }

 private:
  Result<std::unique_ptr<Storage>> open(const std::string& path) {
    return open_sqlite({.path = path, .readers = 1, .synchronous = synchronous_});
  }

  bool write_one(Storage& storage, const std::string& id) {
    auto done = storage.write(Scope::system(), [&](Tx& tx) -> Result<void> {
      for (int part : {1, 2})
        TRY(tx.execute("INSERT INTO power (workspace_id, id, part, body) VALUES ('w', $1, $2, $3)",
                       {id, part, body_of(id)}));
      return {};
    });
    if (!done.ok()) return false;
    std::lock_guard lock(mutex_);
    acknowledged_.insert(id);
    ++findings_.acknowledged;
    return true;
  }

  std::string synchronous_;
  spreaders::testing::TempDir directory_;
  PowerDisk disk_;
  int life_ = 0;
  bool has_table_ = false;  // its making was acknowledged
  std::mutex mutex_;
  std::set<std::string> acknowledged_;
  Findings findings_;
};

struct Coverage {
  Findings findings;
  int cuts = 0, cuts_in_checkpoint = 0;
  int64_t log_syncs = 0, lost_changes = 0;
};

// `seeds` machines of several lives each, every life cut at a random operation.
Coverage many_lives(const std::string& synchronous, uint64_t seeds) {
  constexpr int kLives = 4, kThreads = 6, kJobs = 40;
  constexpr uint64_t kOperationsMax = 4'000;  // a life without a cut takes about 3,000
  Coverage sum;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    Rng rng(seed);
    Machine machine(synchronous);
    for (int life = 0; life < kLives; ++life) {
      machine.disk().cut_after(static_cast<int64_t>(rng.below(kOperationsMax)));
      machine.live(kThreads, kJobs);
      auto counts = machine.disk().counts();
      sum.cuts += counts.cut ? 1 : 0;
      sum.cuts_in_checkpoint += counts.cut_in_database && life > 0 ? 1 : 0;
      machine.lose_power(kAll[rng.below(3)], rng);
    }
    sum.log_syncs += machine.disk().counts().log_syncs;
    sum.lost_changes += machine.disk().counts().lost_changes;
    sum.findings.acknowledged += machine.findings().acknowledged;
    sum.findings.lost += machine.findings().lost;
    sum.findings.torn += machine.findings().torn;
    sum.findings.broken += machine.findings().broken;
  }
  return sum;
}

TEST(PowerLoss, WhatWasAcknowledgedSurvives) {
  Coverage sum = many_lives(SqliteOptions{}.synchronous, 12);
  std::printf(
      "power loss: %d cuts (%d in checkpoints), %lld unsynced changes, %lld commits acknowledged: %lld lost, %lld "
      "torn, %lld broken\n",
      sum.cuts, sum.cuts_in_checkpoint, static_cast<long long>(sum.lost_changes),
      static_cast<long long>(sum.findings.acknowledged), static_cast<long long>(sum.findings.lost),
      static_cast<long long>(sum.findings.torn), static_cast<long long>(sum.findings.broken));
  EXPECT_EQ(sum.findings.lost, 0);
  EXPECT_EQ(sum.findings.torn, 0);
  EXPECT_EQ(sum.findings.broken, 0);
  // The walk went where it was meant to go.
  EXPECT_GE(sum.cuts, 40);
  EXPECT_GE(sum.cuts_in_checkpoint, 3);
  EXPECT_GT(sum.lost_changes, 0);
  EXPECT_GT(sum.findings.acknowledged, sum.log_syncs) << "several writers share a commit";
}

TEST(PowerLoss, ASettingThatDoesNotWaitForTheDiskIsCaught) {
  for (const char* planted : {"OFF", "NORMAL"}) {
    Coverage sum = many_lives(planted, 6);
    std::printf("planted synchronous=%s: %lld of %lld acknowledged commits lost, %lld torn, %lld broken\n", planted,
                static_cast<long long>(sum.findings.lost), static_cast<long long>(sum.findings.acknowledged),
                static_cast<long long>(sum.findings.torn), static_cast<long long>(sum.findings.broken));
    EXPECT_GT(sum.findings.lost + sum.findings.broken, 0) << planted;
  }
}

TEST(PowerLoss, ANewDatabaseIsThereOnceItsFirstCommitIsAcknowledged) {
  constexpr int64_t kOperationsMax = 400;
  for (Survives survives : kAll) {
    bool finished = false;
    int64_t operation = 0;
    for (; operation < kOperationsMax && !finished; ++operation) {
      SCOPED_TRACE(operation);
      Rng rng(static_cast<uint64_t>(operation) + 1);
      Machine machine;
      machine.disk().cut_after(operation);
      machine.live(1, 3);
      finished = !machine.disk().counts().cut;
      machine.lose_power(survives, rng);
      EXPECT_EQ(machine.findings().wrong(), 0) << "lost " << machine.findings().lost << ", torn "
                                               << machine.findings().torn << ", broken " << machine.findings().broken;
      // And it can be worked with.
      machine.live(1, 3);
      machine.lose_power(Survives::kNothing, rng);
      EXPECT_EQ(machine.findings().wrong(), 0);
      EXPECT_GE(machine.findings().acknowledged, 3);
    }
    EXPECT_TRUE(finished) << "every operation had its turn";
    EXPECT_GT(operation, 20);
  }
}

TEST(PowerLoss, AMigrationThatWasCutShortIsDoneAgain) {
  set_log_level(LogLevel::kOff);
  constexpr int64_t kStep = 37;
  bool finished = false;
  for (int64_t operation = 0; !finished; operation += kStep) {
    SCOPED_TRACE(operation);
    ASSERT_LT(operation, 20'000);
    Rng rng(static_cast<uint64_t>(operation));
    spreaders::testing::TempDir directory;
    PowerDisk disk(directory.path());
    disk.cut_after(operation);
    auto migrate = [&]() -> Result<int64_t> {
      auto storage = TRY(open_sqlite({.path = directory.file("spreaders.db")}));
      TRY(storage->migrate());
      auto rows =
          TRY(storage->read(Scope::system(), [](Tx& tx) { return tx.query("SELECT COUNT(*) FROM schema_migration"); }));
      return rows[0][0].integer();
    };
    bool acknowledged = migrate().ok();
    finished = !disk.counts().cut;
    disk.lose_power(kAll[rng.below(3)], rng);
    EXPECT_TRUE(!acknowledged || std::filesystem::exists(directory.file("spreaders.db")));
    auto again = migrate();
    ASSERT_TRUE(again.ok()) << again.error().text() << again.error().detail;
    EXPECT_EQ(*again, static_cast<int64_t>(migrations().size()));
  }
  set_log_level(LogLevel::kInfo);
}

}  // namespace
}  // namespace spreaders::storage
