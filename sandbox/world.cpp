#include "sandbox/world.hpp"

#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "sandbox/mailbox.hpp"

namespace spreaders::sandbox {

Result<std::unique_ptr<World>> World::start(WorldOptions options) {
  std::unique_ptr<World> world(new World);
  Clock& clock = options.clock != nullptr ? *options.clock : system_clock();
  world->mails_ = TRY(MailStore::open(std::move(options.mails)));
  world->shop_ = std::make_unique<Shop>(std::move(options.shop));
  world->readers_ = std::make_unique<Readers>(*world->mails_, std::move(options.readers));
  world->smtp_ = TRY(SmtpServer::start(*world->mails_, clock, std::move(options.smtp)));
  std::vector<net::Route> routes = mailbox_routes(*world->mails_, [self = world.get()] { return self->stats(); });
  for (net::Route& route : world->shop_->routes()) routes.push_back(std::move(route));
  world->http_ = TRY(net::HttpServer::start(std::move(routes), options.http));
  return world;
}

std::string World::stats() const {
  const MailTotals mails = mails_->totals();
  const SmtpCounts smtp = smtp_->counts();
  const ReaderCounts readers = readers_->counts();
  return to_text(Json{
      {"mails", mails.mails},
      {"message_ids", mails.message_ids},
      {"doubled", mails.doubled},
      {"bytes", mails.bytes},
      {"smtp",
       {{"connections", smtp.connections},
        {"accepted", smtp.accepted},
        {"tempfailed", smtp.tempfailed},
        {"rejected", smtp.rejected},
        {"cut_accepted", smtp.cut_accepted},
        {"cut_lost", smtp.cut_lost},
        {"bounced", smtp.bounced}}},
      {"readers",
       {{"mails", readers.mails},
        {"opens", readers.opens},
        {"clicks", readers.clicks},
        {"orders", readers.orders},
        {"unsubscribes", readers.unsubscribes},
        {"impossible", readers.impossible},
        {"failed", readers.failed}}},
      {"shop", {{"orders", shop_->orders()}, {"failed_orders", shop_->failed_orders()}}},
  });
}

void World::stop() {
  if (smtp_) smtp_->stop();
  if (http_) http_->stop();
}

}  // namespace spreaders::sandbox
