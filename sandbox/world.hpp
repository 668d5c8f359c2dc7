// The whole sandbox in one object: SMTP server, mailbox, shop and readers, on 127.0.0.1 and nowhere else.
//
//   auto world = TRY(sandbox::World::start({.clock = &clock}));
//   send to 127.0.0.1:world->smtp_port(); look at world->http_base();
//   world->set_ingest("http://127.0.0.1:8080", write_key);   // where the shop reports orders
//   for (Bounce& bounce : world->take_bounces()) ...          // what the product's bounce mailbox would get
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/secret.hpp"
#include "core/time.hpp"
#include "net/http_server.hpp"
#include "sandbox/mail_store.hpp"
#include "sandbox/readers.hpp"
#include "sandbox/shop.hpp"
#include "sandbox/smtp_server.hpp"

namespace spreaders::sandbox {

struct WorldOptions {
  Clock* clock = nullptr;  // nullptr = system_clock(); stamps the mails, so readers follow it too
  SmtpOptions smtp = {};
  MailStoreOptions mails = {};
  ReaderOptions readers = {};
  ShopOptions shop = {};
  net::HttpServerOptions http = {};
};

class World {
 public:
  static Result<std::unique_ptr<World>> start(WorldOptions options);
  ~World() { stop(); }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] int smtp_port() const { return smtp_->port(); }
  [[nodiscard]] int http_port() const { return http_->port(); }
  [[nodiscard]] std::string http_base() const { return "http://127.0.0.1:" + std::to_string(http_port()); }
  void set_ingest(std::string base_url, Secret write_key) {
    shop_->set_ingest(std::move(base_url), std::move(write_key));
  }
  void set_faults(const SmtpFaults& faults) { smtp_->set_faults(faults); }
  Readers& readers() { return *readers_; }
  [[nodiscard]] const MailStore& mails() const { return *mails_; }
  [[nodiscard]] SmtpCounts smtp_counts() const { return smtp_->counts(); }
  std::vector<Bounce> take_bounces() { return smtp_->take_bounces(); }
  // What GET /stats answers: one JSON object with mails, smtp, readers and shop.
  [[nodiscard]] std::string stats() const;
  // Ends the listeners; mails, readers and counts stay readable. Safe to call twice.
  void stop();

 private:
  World() = default;
  std::unique_ptr<MailStore> mails_;
  std::unique_ptr<Shop> shop_;
  std::unique_ptr<Readers> readers_;
  std::unique_ptr<SmtpServer> smtp_;
  std::unique_ptr<net::HttpServer> http_;
};

}  // namespace spreaders::sandbox
