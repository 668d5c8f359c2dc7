// For the tests of the doors: a real HTTP server on a free port over a fresh database with one message in its outbox.
#pragma once

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "doors/pages/route.hpp"
#include "events/outbox.hpp"
#include "mcp-server/test_support.hpp"
#include "services/accounts/accounts.hpp"
#include "services/audience/contacts.hpp"
#include "services/tracking/tracking.hpp"
#include "tests/support/temp_dir.hpp"

namespace spreaders::doors {

class DoorTest : public ::testing::Test {
 protected:
  using Answer = ::spreaders::testing::RawClient::Answer;
  using Headers = std::vector<std::pair<std::string, std::string>>;

  void SetUp() override {
    auto opened = storage::open_sqlite({.path = directory.path() + "/test.db", .synchronous = "OFF"});
    ASSERT_TRUE(opened.ok()) << opened.error().text();
    database = std::move(*opened);
    auto migrated = database->migrate();
    ASSERT_TRUE(migrated.ok()) << migrated.error().text();
    auto made = services::ensure_workspace(*database, clock, {});
    ASSERT_TRUE(made.ok()) << made.error().text();
    workspace = made->id;
    owner = made->owner_id;
    message = add_message("ana@example.org");
  }
  // Runs `body` in a writing transaction; a failure fails the test and gives a default value.
  template <class Body>
  auto write(Body&& body) {
    auto result = database->write(storage::Scope::of(workspace), std::forward<Body>(body));
    using Value = typename decltype(result)::Value;
    if (!result.ok()) ADD_FAILURE() << result.error().text() << " " << result.error().detail;
    return result.ok() ? std::move(*result) : Value{};
  }
  // Rows of the test's workspace in "table" or "table WHERE condition".
  int64_t count(const std::string& from) {
    return write([&](storage::Tx& tx) -> Result<int64_t> {
      bool limited = from.find("WHERE") != std::string::npos;
      auto rows = TRY(
          tx.query("SELECT COUNT(*) FROM " + from + (limited ? " AND" : " WHERE") + " workspace_id = $1", {workspace}));
      return rows[0][0].integer();
    });
  }
  services::MessageRef add_message(const std::string& address) {
    return write([&](storage::Tx& tx) -> Result<services::MessageRef> {
      auto added = TRY(audience::upsert_contact(tx, workspace, {.email = address}, clock.now(), {ids}));
      events::Intent intent{.idem = "test:" + address,
                            .campaign_id = "cmp_1",
                            .contact_id = added.contact.id,
                            .channel = "email",
                            .connection_id = "con_1",
                            .address = address,
                            .payload = "{}"};
      TRY(events::enqueue(tx, workspace, {&intent, 1}, clock.now(), ids));
      auto row =
          TRY(tx.query_one("SELECT id FROM outbox WHERE workspace_id = $1 AND idem = $2", {workspace, intent.idem}));
      return services::MessageRef{workspace, (*row)[0].text()};
    });
  }
  services::CreatedKey add_key(services::KeyKind kind) {
    services::NewKey wanted{owner, "test", kind, {}};
    if (kind != services::KeyKind::kWriteKey) wanted.scopes = {"*"};
    return write([&](storage::Tx& tx) { return services::create_api_key(tx, workspace, wanted, clock.now(), ids); });
  }
  void serve(std::vector<Route> routes) {
    server = std::make_unique<HttpServer>(HttpServerOptions{});
    add_routes(*server, std::move(routes));
    auto started = server->start();
    ASSERT_TRUE(started.ok()) << started.error().message;
  }
  Answer ask(const std::string& method, const std::string& target, const std::string& body = {},
             const Headers& headers = {}) {
    ::spreaders::testing::RawClient client(server->port());
    client.send(::spreaders::testing::http_request(method, target, body, headers));
    return client.answer(method == "HEAD");
  }
  // The path and query of a public address.
  std::string local(const std::string& url) const { return url.substr(tracking.public_url.size()); }
  static Headers basic(const std::string& user, const std::string& password = "") {
    return {{"Authorization", "Basic " + base64(user + ":" + password)}};
  }
  int64_t events_named(const std::string& name) { return count("event WHERE name = '" + name + "'"); }

  ::spreaders::testing::TempDir directory;
  std::unique_ptr<storage::Storage> database;
  VirtualClock clock{{1'764'000'000'000'000}};
  SequenceIds ids{7};
  audience::Journal journal{ids};
  std::string workspace;
  services::Tracking tracking{Secret("0123456789abcdef0123456789abcdef"), "https://news.example.org"};
  std::string owner;
  services::MessageRef message;
  std::unique_ptr<HttpServer> server;
};

}  // namespace spreaders::doors
