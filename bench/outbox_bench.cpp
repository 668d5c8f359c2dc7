// Mails a second with the guarantees on: intents in SQLite (synchronous=FULL), claimed in a committed transaction
// before the first byte, a MIME message built for each, results recorded. Beside it stands the same smtp-source as for
// smtp_bench.
//
//   outbox_bench <host> <port> <connections> <count> <size>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <nlohmann/json.hpp>

#include "events/outbox.hpp"
#include "integrations/email/mime.hpp"
#include "integrations/email/smtp.hpp"
#include "tests/support/temp_dir.hpp"

using namespace spreaders;

namespace {

constexpr int kIntentsPerCommit = 500;

class AllowAll : public storage::SendGuard {
 public:
  Result<std::vector<std::string>> refusals(storage::Tx&, const std::string&, const std::string&, bool,
                                            const std::vector<storage::Recipient>& recipients) override {
    return std::vector<std::string>(recipients.size());
  }
};

class MailSender : public events::Sender {
 public:
  MailSender(email::SmtpServer server, size_t size) : server_(std::move(server)) {
    while (html_.size() + 160 < size) html_ += "<p>The autumn jackets are here, warm and light.</p>\r\n";
  }
  Result<std::shared_ptr<void>> prepare(const std::vector<events::OutboxItem>&) override {
    return std::shared_ptr<void>();
  }
  events::SendReport send(const events::OutboxItem& item, void*) override {
    const auto mail = email::build_mime({.from_name = "Bench",
                                         .from_email = "a@b.example",
                                         .to_name = "",
                                         .to_email = item.address,
                                         .reply_to = "",
                                         .subject = "Autumn",
                                         .html = html_,
                                         .text = "",
                                         .message_id = item.vendor_ref + "@b.example",
                                         .date = {},
                                         .headers = {},
                                         .envelope_from = ""});
    if (!mail) return {events::Sent::kRejected, mail.error().message};
    auto connection = borrow();
    if (!connection) return {events::Sent::kDeferred, "no connection"};
    const auto outcome = connection->send({"a@b.example", item.address}, *mail);
    if (outcome.kind != email::SendOutcome::kAccepted) return {events::Sent::kUnknown, "not accepted"};
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
    return {events::Sent::kAccepted};
  }
  std::optional<bool> was_accepted(const events::OutboxItem&) override { return std::nullopt; }

 private:
  std::unique_ptr<email::SmtpConnection> borrow() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        return connection;
      }
    }
    auto connection = std::make_unique<email::SmtpConnection>();
    return connection->open(server_).ok() ? std::move(connection) : nullptr;
  }
  email::SmtpServer server_;
  std::string html_ = "<p>Hello</p>";
  std::mutex mutex_;
  std::vector<std::unique_ptr<email::SmtpConnection>> idle_;
};

Result<void> fill(storage::Storage& storage, const std::string& workspace, int count, Instant now) {
  for (int begin = 0; begin < count; begin += kIntentsPerCommit) {
    std::vector<events::Intent> intents;
    for (int i = begin; i < std::min(count, begin + kIntentsPerCommit); ++i) {
      events::Intent intent;
      intent.idem = "run_bench:send:" + std::to_string(i);
      intent.run_id = "run_bench";
      intent.contact_id = "con_" + std::to_string(i);
      intent.channel = "email";
      intent.connection_id = "cnn_bench";
      intent.address = "reader" + std::to_string(i) + "@c.example";
      intent.payload = "{}";
      intents.push_back(std::move(intent));
    }
    TRY(storage.write(storage::Scope::of(workspace),
                      [&](storage::Tx& tx) { return events::enqueue(tx, workspace, intents, now, system_ids()); }));
  }
  return {};
}

Result<bool> measure(const email::SmtpServer& server, int connections, int count, size_t size) {
  const std::string workspace = "wsp_bench";
  testing::TempDir directory;
  auto storage = TRY(storage::open_sqlite({.path = directory.path() + "/bench.db"}));
  TRY(storage->migrate());
  TRY(fill(*storage, workspace, count, system_clock().now()));
  AllowAll guard;
  MailSender sender(server, size);
  events::DispatcherOptions options;
  options.workers = connections;
  events::Dispatcher dispatcher(*storage, system_clock(), guard, options, "bench");
  dispatcher.add_sender("email", sender);
  const int64_t begin_ms = monotonic_ms();
  while (TRY(dispatcher.run_once()) > 0) {
  }
  const double seconds = static_cast<double>(monotonic_ms() - begin_ms) / 1000;
  const auto sums = TRY(storage->read(
      storage::Scope::of(workspace), [&](storage::Tx& tx) { return events::account_run(tx, workspace, "run_bench"); }));
  std::printf("%lld of %d accepted, %.2f s, %.0f mails/s\n", static_cast<long long>(sums.accepted), count, seconds,
              static_cast<double>(sums.accepted) / seconds);
  return sums.accepted == count;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: outbox_bench <host> <port> <connections> <count> <size>\n");
    return 2;
  }
  email::SmtpServer server;
  server.host = argv[1];
  server.port = static_cast<uint16_t>(std::atoi(argv[2]));
  server.tls = email::SmtpTls::kNone;
  const auto done = measure(server, std::atoi(argv[3]), std::atoi(argv[4]), static_cast<size_t>(std::atoi(argv[5])));
  if (done.ok()) return *done ? 0 : 1;
  std::fprintf(stderr, "%s\n", done.error().text().c_str());
  return 1;
}
