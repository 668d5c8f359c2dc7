// What only PostgreSQL has: row-level security, connections that die, several engines on one database.
#include <barrier>
#include <gtest/gtest.h>
#include <thread>

#include "storage/storage.hpp"
#include "tests/support/postgres_server.hpp"

namespace spreaders::storage {
namespace {

const std::string kA = "wsp_a";
const std::string kB = "wsp_b";

class Postgres : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = testing::shared_postgres();
    if (server_ == nullptr) GTEST_SKIP() << testing::kNoPostgres;
    url_ = server_->make_database();
    storage_ = open(8);
    for (const auto& workspace : {kA, kB}) ASSERT_TRUE(add(*storage_, workspace, "lst_1").ok());
  }
  std::unique_ptr<Storage> open(int connections, int64_t statement_timeout_ms = 30'000) {
    auto opened =
        open_postgres({.url = url_, .connections = connections, .statement_timeout_ms = statement_timeout_ms});
    EXPECT_TRUE(opened.ok()) << opened.error().text();
    EXPECT_TRUE((*opened)->migrate().ok());
    return std::move(*opened);
  }
  static Result<int64_t> add(Storage& storage, const std::string& workspace, const std::string& id) {
    return storage.write(Scope::of(workspace), [&](Tx& tx) { return add(tx, workspace, id); });
  }
  static Result<int64_t> add(Tx& tx, const std::string& workspace, const std::string& id) {
    return tx.execute("INSERT INTO list (workspace_id, id, name, created_at) VALUES ($1, $2, $2, 0)", {workspace, id});
  }
  std::string administer(const std::string& sql) { return testing::PostgresServer::administer(url_, sql); }
  void kill_backends() {
    administer(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'spreaders' AND datname = "
        "current_database()");
  }

  testing::PostgresServer* server_ = nullptr;
  std::string url_;
  std::unique_ptr<Storage> storage_;
};

TEST_F(Postgres, AQueryWithoutAFilterSeesOneWorkspace) {
  auto seen = storage_->read(Scope::of(kA), [](Tx& tx) { return tx.query("SELECT workspace_id FROM list"); });
  ASSERT_EQ(seen->size(), 1U);
  EXPECT_EQ((*seen)[0][0].text(), kA);
  auto asked = storage_->read(Scope::of(kA),
                              [](Tx& tx) { return tx.query("SELECT id FROM list WHERE workspace_id = $1", {kB}); });
  EXPECT_TRUE(asked->empty());
  auto all = storage_->read(Scope::system(), [](Tx& tx) { return tx.query("SELECT id FROM list"); });
  EXPECT_EQ(all->size(), 2U);
}

TEST_F(Postgres, ForeignRowsCannotBeChangedOrMade) {
  auto changed = storage_->write(
      Scope::of(kA), [](Tx& tx) { return tx.execute("UPDATE list SET name = 'mine' WHERE workspace_id = $1", {kB}); });
  EXPECT_EQ(*changed, 0);
  auto removed = storage_->write(
      Scope::of(kA), [](Tx& tx) { return tx.execute("DELETE FROM list WHERE workspace_id = workspace_id"); });
  EXPECT_EQ(*removed, 1) << "only its own";
  auto made = storage_->write(Scope::of(kA), [](Tx& tx) { return add(tx, kB, "lst_2"); });
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code, Code::kPermissionDenied);
  std::vector<Values> rows{{kB, "lst_3", "x", 0}};
  auto many = storage_->write(Scope::of(kA), [&](Tx& tx) {
    return tx.insert_many("list", {"workspace_id", "id", "name", "created_at"}, rows);
  });
  EXPECT_EQ(many.error().code, Code::kPermissionDenied);
  auto moved = storage_->write(Scope::of(kB), [](Tx& tx) {
    return tx.execute("UPDATE list SET workspace_id = $1 WHERE workspace_id = $2", {kA, kB});
  });
  EXPECT_EQ(moved.error().code, Code::kPermissionDenied);
  EXPECT_EQ(administer("SELECT string_agg(workspace_id || ' ' || name, ', ') FROM list"), "wsp_b lst_1");
}

TEST_F(Postgres, WithoutASettingNothingIsSeen) {
  // The role of the program, on a connection that never said whose rows it wants, and on one whose transaction has
  // ended.
  EXPECT_EQ(administer("SET ROLE spreaders; SELECT count(*) FROM list"), "0");
  EXPECT_EQ(administer("SET ROLE spreaders; BEGIN; SELECT set_config('app.workspace', '*', true); COMMIT; SELECT "
                       "count(*) FROM list"),
            "0");
  EXPECT_EQ(
      administer("SET ROLE spreaders; BEGIN; SELECT set_config('app.workspace', '*', true); SELECT count(*) FROM list"),
      "2");
}

TEST_F(Postgres, EveryTableIsWalled) {
  EXPECT_GT(std::stoi(administer(
                "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")),
            20);
  EXPECT_EQ(
      administer(
          "SELECT string_agg(relname, ', ') FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN "
          "('r', 'p') "
          "AND NOT (relrowsecurity AND relforcerowsecurity AND (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid "
          "AND polcmd = '*' AND polqual IS NOT NULL AND polwithcheck IS NOT NULL) = 1)"),
      "");
}

TEST_F(Postgres, ARoleThatIgnoresTheWallIsRefused) {
  auto super = open_postgres({.url = testing::PostgresServer::as_superuser(url_)});
  ASSERT_FALSE(super.ok());
  EXPECT_EQ(super.error().code, Code::kNotConfigured);
  EXPECT_NE(super.error().message.find("superuser"), std::string::npos);
  administer("CREATE ROLE passer LOGIN BYPASSRLS");
  std::string url = url_;
  url.replace(url.find("user=spreaders"), 14, "user=passer");
  auto passer = open_postgres({.url = url});
  administer("DROP ROLE passer");
  ASSERT_FALSE(passer.ok());
  EXPECT_NE(passer.error().message.find("BYPASSRLS"), std::string::npos);
}

TEST_F(Postgres, ABadUrlIsNamedWithoutItsPassword) {
  for (const char* url :
       {"postgres://user:hunter2@[/db", "host=/nowhere user=x password=hunter2 dbname=y", "nonsense hunter2"}) {
    auto opened = open_postgres({.url = url});
    ASSERT_FALSE(opened.ok()) << url;
    EXPECT_EQ((opened.error().text() + opened.error().detail).find("hunter2"), std::string::npos)
        << opened.error().text() << opened.error().detail;
  }
}

TEST_F(Postgres, DeadConnectionsAreReplaced) {
  // Fill the pool, then let the server close every connection of it.
  std::barrier together(4);
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      EXPECT_TRUE(storage_
                      ->read(Scope::of(kA),
                             [&](Tx& tx) -> Result<void> {
                               TRY(tx.query("SELECT COUNT(workspace_id) FROM list"));
                               together.arrive_and_wait();
                               return {};
                             })
                      .ok());
    });
  }
  for (auto& reader : readers) reader.join();
  kill_backends();
  auto next = add(*storage_, kA, "lst_2");
  EXPECT_TRUE(next.ok()) << next.error().text();
  auto seen = storage_->read(Scope::of(kA), [](Tx& tx) { return tx.query("SELECT workspace_id FROM list"); });
  ASSERT_TRUE(seen.ok());
  EXPECT_EQ(seen->size(), 2U);
}

TEST_F(Postgres, AConnectionLostInATransactionStoresNothing) {
  int runs = 0;
  auto done = storage_->write(Scope::of(kA), [&](Tx& tx) -> Result<void> {
    ++runs;
    TRY(add(tx, kA, "lst_2"));
    kill_backends();
    (void)add(tx, kA, "lst_3");  // a body that overlooks the failure must not be taken for a success
    (void)add(tx, kA, "lst_4");
    return {};
  });
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, Code::kUnavailable);
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(administer("SELECT count(*) FROM list WHERE workspace_id = 'wsp_a'"), "1");
}

TEST_F(Postgres, AConnectionLostAtTheCommitIsUnknown) {
  auto done = storage_->write(Scope::of(kA), [&](Tx& tx) -> Result<void> {
    TRY(add(tx, kA, "lst_2"));
    kill_backends();
    return {};
  });
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, Code::kOutcomeUnknown);
}

TEST_F(Postgres, AnOverlookedFailureIsNoSuccess) {
  bool acted = false;
  auto done = storage_->write(Scope::of(kA), [&](Tx& tx) -> Result<void> {
    tx.after_commit([&] { acted = true; });
    TRY(add(tx, kA, "lst_2"));
    (void)add(tx, kA, "lst_2");
    return {};
  });
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, Code::kConflict);
  EXPECT_FALSE(acted);
  EXPECT_TRUE(add(*storage_, kA, "lst_2").ok());
}

TEST_F(Postgres, DeadlocksAreRunAgain) {
  // Two system transactions lock two rows in opposite order. One is chosen to lose and runs again.
  std::barrier together(2);
  std::atomic<int> runs = 0;
  auto swap = [&](const std::string& first, const std::string& second) {
    bool met = false;
    return storage_->write(Scope::system(), [&](Tx& tx) -> Result<void> {
      ++runs;
      TRY(tx.execute("UPDATE list SET description = description || 'x' WHERE workspace_id = $1", {first}));
      if (!std::exchange(met, true)) together.arrive_and_wait();
      TRY(tx.execute("UPDATE list SET description = description || 'x' WHERE workspace_id = $1", {second}));
      return {};
    });
  };
  Result<void> other;
  std::thread thread([&] { other = swap(kB, kA); });
  Result<void> one = swap(kA, kB);
  thread.join();
  EXPECT_TRUE(one.ok() && other.ok());
  EXPECT_GE(runs, 3) << "there was no deadlock";  // both may lose on a loaded machine
  EXPECT_EQ(administer("SELECT string_agg(description, ' ') FROM list"), "xx xx");
}

TEST_F(Postgres, TwoEnginesClaimEachRowOnce) {
  constexpr int kRows = 400;
  std::vector<Values> rows;
  for (int i = 0; i < kRows; ++i)
    rows.push_back({i % 2 == 0 ? kA : kB, "tok_" + std::to_string(i), "run_1", "n", "ready", 0});
  ASSERT_TRUE(
      storage_
          ->write(
              Scope::system(),
              [&](Tx& tx) {
                return tx.insert_many("token", {"workspace_id", "id", "run_id", "node_id", "state", "due_at"}, rows);
              })
          .ok());
  auto second = open(4);
  std::atomic<int> claimed = 0;
  auto claim = [&](Storage& storage, const std::string& owner) {
    for (;;) {
      auto got = storage.write(Scope::system(), [&](Tx& tx) {
        return tx.query(
            "UPDATE token SET lease_owner = $1, state = 'leased' WHERE (workspace_id, id) IN (SELECT workspace_id, id "
            "FROM token "
            "WHERE state = 'ready' AND due_at <= $2 ORDER BY due_at LIMIT 7 FOR UPDATE SKIP LOCKED) RETURNING id",
            {owner, 1});
      });
      ASSERT_TRUE(got.ok()) << got.error().detail;
      if (got->empty()) return;
      claimed += static_cast<int>(got->size());
    }
  };
  std::thread one([&] { claim(*storage_, "one"); });
  std::thread two([&] { claim(*second, "two"); });
  one.join();
  two.join();
  EXPECT_EQ(claimed, kRows);
}

TEST_F(Postgres, TwoEnginesMayMigrateAtOnce) {
  url_ = server_->make_database();
  std::vector<std::thread> starts;
  for (int i = 0; i < 4; ++i) starts.emplace_back([&] { (void)open(2); });
  for (auto& start : starts) start.join();
}

TEST_F(Postgres, ASlowStatementIsStopped) {
  auto quick = open(2, 100);
  auto slow = quick->read(Scope::system(), [](Tx& tx) { return tx.query("SELECT pg_sleep(20)"); });
  ASSERT_FALSE(slow.ok());
  EXPECT_EQ(slow.error().code, Code::kUnavailable);
  EXPECT_TRUE(add(*quick, kA, "lst_2").ok()) << "the connection is fine";
}

TEST_F(Postgres, WhatPostgresCannotHoldIsRefused) {
  auto nul = add(*storage_, kA, std::string("a\0b", 3));
  EXPECT_EQ(nul.error().code, Code::kInvalidArgument);
  auto torn = add(*storage_, kA, "\xc3");
  EXPECT_EQ(torn.error().code, Code::kInvalidArgument);
}

TEST_F(Postgres, BackupNamesTheTool) {
  auto backup = storage_->backup_to("anywhere");
  EXPECT_EQ(backup.error().code, Code::kUnsupported);
  EXPECT_NE(backup.error().message.find("pg_dump"), std::string::npos);
}

}  // namespace
}  // namespace spreaders::storage
