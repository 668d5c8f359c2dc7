// Events a second over HTTP, each acknowledged after an fsync, beside the floor: the same rows written in bulk by
// nobody but the database.
//
//   ingest_bench [connections] [events]      {"single_per_s":..,"batch_per_s":..,"floor_per_s":..,"commits":..}
//
// single: one event a request, one request under way on each connection. batch: 100 events a request. The load is made
// in this process and takes part of its cores. Floor: insert_many of 1000 rows a transaction, synchronous=FULL.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "core/bytes.hpp"
#include "core/log.hpp"
#include "doors/ingest/ingest_routes.hpp"
#include "mcp-server/test_support.hpp"
#include "services/accounts/accounts.hpp"
#include "tests/support/temp_dir.hpp"

using namespace spreaders;

namespace {

constexpr int kConnections = 64;
constexpr int kEvents = 40'000;
constexpr int kPerBatch = 100;
constexpr int kRowsPerCommit = 1000;
constexpr int kPeople = 5000;
constexpr const char* kTime = "2026-03-01T10:00:00Z";

std::string properties_of(int n) {
  return R"({"order_id":"o)" + std::to_string(n) +
         R"(","revenue":89.5,"currency":"USD","products":[{"sku":"jacket-1",)"
         R"("price":89.5,"quantity":1,"name":"Autumn jacket, warm and light"}]})";
}

std::string event_of(const std::string& run, int n) {
  return R"({"type":"track","event":"Order Completed","messageId":")" + run + std::to_string(n) + R"(","userId":"u)" +
         std::to_string(n % kPeople) + R"(","timestamp":")" + kTime + R"(","properties":)" + properties_of(n) +
         R"(,"context":{"library":{"name":"bench","version":"1"}}})";
}

std::string body_of(const std::string& run, int from, int count) {
  if (count == 1) return event_of(run, from);
  std::string body = R"({"batch":[)";
  for (int n = from; n < from + count; ++n) body += (n == from ? "" : ",") + event_of(run, n);
  return body + "]}";
}

double per_second(int64_t begin_ms, int events) {
  return events * 1000.0 / static_cast<double>(std::max<int64_t>(monotonic_ms() - begin_ms, 1));
}

// Negative when something was not acknowledged.
double load(uint16_t port, const std::string& key, const std::string& run, int connections, int events,
            int per_request) {
  std::vector<std::vector<std::string>> requests(static_cast<size_t>(connections));
  const std::vector<std::pair<std::string, std::string>> headers{{"Authorization", "Basic " + base64(key + ":")},
                                                                 {"Content-Type", "application/json"}};
  for (int from = 0, i = 0; from < events; from += per_request, ++i) {
    requests[static_cast<size_t>(i % connections)].push_back(testing::http_request(
        "POST", per_request == 1 ? "/v1/track" : "/v1/batch", body_of(run, from, per_request), headers));
  }
  std::atomic<int> refused = 0;
  const int64_t begin_ms = monotonic_ms();
  {
    std::vector<std::jthread> threads;
    for (const auto& mine : requests) {
      threads.emplace_back([&refused, &mine, port] {
        testing::RawClient client(port);
        for (const auto& request : mine) {
          if (client.ask(request).status != 200) ++refused;
        }
      });
    }
  }
  return refused == 0 ? per_second(begin_ms, events) : -1;
}

Result<double> floor_of(int events) {
  testing::TempDir directory;
  auto storage = TRY(storage::open_sqlite({.path = directory.path() + "/floor.db"}));
  TRY(storage->migrate());
  const Instant at = TRY(parse_instant(kTime));
  const int64_t begin_ms = monotonic_ms();
  for (int from = 0; from < events; from += kRowsPerCommit) {
    TRY(storage->write(storage::Scope::of("wsp_bench"), [&](storage::Tx& tx) {
      std::vector<storage::Values> rows;
      for (int n = from; n < std::min(events, from + kRowsPerCommit); ++n)
        rows.push_back({"wsp_bench", "m" + std::to_string(n), "track", "Order Completed", nullptr,
                        "u" + std::to_string(n % kPeople), at, at, properties_of(n),
                        R"({"library":{"name":"bench","version":"1"}})", "key_bench"});
      return tx.insert_many("event",
                            {"workspace_id", "message_id", "type", "name", "contact_id", "user_id", "at", "received_at",
                             "properties", "context", "source"},
                            rows);
    }));
  }
  return per_second(begin_ms, events);
}

Result<void> measure(int connections, int events) {
  testing::TempDir directory;
  auto storage = TRY(storage::open_sqlite({.path = directory.path() + "/bench.db"}));
  TRY(storage->migrate());
  auto workspace = TRY(services::ensure_workspace(*storage, system_clock(), {}));
  auto made = TRY(storage->write(storage::Scope::of(workspace.id), [&](storage::Tx& tx) {
    return services::create_api_key(tx, workspace.id, {workspace.owner_id, "bench", services::KeyKind::kWriteKey, {}},
                                    system_clock().now(), system_ids());
  }));
  services::Tracking tracking{Secret("0123456789abcdef0123456789abcdef"), "https://news.example.org"};
  services::EventWriter writer(*storage, system_clock(), {tracking, system_ids()});
  HttpServer server(HttpServerOptions{});
  constexpr double kNoLimit = 1e9;
  doors::add_routes(server, doors::ingest_routes(*storage, system_clock(), system_ids(), writer,
                                                 {.requests_per_second = kNoLimit,
                                                  .burst = kNoLimit,
                                                  .requests_per_second_of_address = kNoLimit,
                                                  .burst_of_address = kNoLimit}));
  TRY(server.start());
  const std::string key = made.secret.reveal();
  const double single = load(server.port(), key, "s", connections, events, 1);
  const auto commits = writer.counts.commits.load();
  const double batch = load(server.port(), key, "b", std::min(connections, 8), events, kPerBatch);
  server.stop();
  if (single < 0 || batch < 0 || writer.counts.recorded != 2 * static_cast<uint64_t>(events))
    return internal("not every event was acknowledged and recorded");
  const double floor = TRY(floor_of(events));
  std::printf("{\"single_per_s\": %.0f, \"batch_per_s\": %.0f, \"floor_per_s\": %.0f, \"commits\": %llu}\n", single,
              batch, floor, static_cast<unsigned long long>(commits));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  set_log_level(LogLevel::kError);
  const auto done = measure(argc > 1 ? std::atoi(argv[1]) : kConnections, argc > 2 ? std::atoi(argv[2]) : kEvents);
  if (done.ok()) return 0;
  std::fprintf(stderr, "%s\n", done.error().text().c_str());
  return 1;
}
